"""Crops of a picture in which every control is known, cut as tools cut them.

Accessibility APIs give the control alone, the control with its label, or its whole row; a test
tool takes a fixed box around a click; people draw a loose box, in which slices of the neighbors
show. A crop is labeled by the one control that it was cut for, and never shows a second one in
another state.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

import numpy as np
from PIL import Image

Box = tuple[float, float, float, float]
"""Left, top, right and bottom, in pixels of the picture."""

OTHER = "other"
HIDDEN = "hidden"
"""Label of a control that something covers, in part or whole: nobody is asked about it."""

COVERED = 0.05
"""Share of a control that may lie under a window, or beyond the screen's edge, before it counts as
hidden."""

MIN_CONTRAST = 45
"""Gray levels between the darkest and the brightest parts of a control; fainter ones go."""

MIN_OTHER_CONTRAST = 20
MIN_SIDE = 6
"""Pixels of the smallest thing that is cut out."""

MAX_ROW_RATIO = 15
"""Width by height of the longest crop; longer rows are trimmed."""

SLICE = 0.3
"""Share of another control's height that may show at an edge. Nothing of it may show beside: a knob
is as much of a switch's width."""

CLICK_SIDES = (32, 48, 64, 96, 128)
"""Pixels of the boxes that tools take around a click."""


@dataclass(frozen=True)
class Control:
    """A control, or for the label `other` a widget or picture that is none.

    `kind` is checkbox, radio, switch, or the widget's name in lower case without a dash; `label` is
    checked, unchecked, other or hidden; `box` is the control alone, `content` the control with its
    label, `row` the whole row as accessibility APIs give it.
    """

    kind: str
    label: str
    box: Box
    content: Box
    row: Box | None


def cut_crops(
    picture: Image.Image, controls: Sequence[Control], name: str, random: Random
) -> Iterator[tuple[str, bytes]]:
    """Yield (<label>/<name>-<kind>-<hash>.png, PNG) of every control that can be seen well."""
    frame = (0.0, 0.0, float(picture.width), float(picture.height))
    for control in (control for control in controls if control.label != HIDDEN):
        areas = [
            trimmed(clipped(area, frame), control, random) for area in draw_areas(control, random)
        ]
        area = next((area for area in areas if shows_alone(area, control, controls)), None)
        if area is None:
            continue
        crop = picture.crop(rounded(area))
        if is_visible(picture, crop, control):
            yield named(crop, control, name)


def named(crop: Image.Image, control: Control, name: str) -> tuple[str, bytes]:
    """(<label>/<name>-<kind>-<hash>.png, PNG) of a control's crop."""
    digest = hashlib.sha256(crop.tobytes()).hexdigest()[:12]
    return f"{control.label}/{name}-{control.kind}-{digest}.png".lower(), shrink(crop)


def draw_areas(control: Control, random: Random) -> list[Box]:
    """Areas to cut, the one drawn at random first, then what shows less and less."""
    scale = scale_of(control)
    alone = spread(control.box, random, 0, 6 * scale)
    label = spread(control.content, random, 1, random.choice([3, 8, 16]) * scale)
    row = spread(control.row or control.content, random, 0, 3 * scale)
    loose = spread(control.row or control.content, random, 2, 16 * scale)
    ways = {
        "alone": alone,
        "label": label,
        "part": spread(part_of(control, random), random, 1, 8 * scale),
        "row": row,
        "loose": loose,
        "click": around_click(control.box, random),
    }
    weights = [2, 3, 1, 3 if control.row else 0, 2, 1]
    (drawn,) = random.choices(list(ways.values()), weights)
    return [drawn, label, spread(control.content, random, 0, 2), alone]


def scale_of(control: Control) -> float:
    """About how many pixels a pixel of the page has, 1 to 3, by the control's height."""
    return min(3.0, max(1.0, (control.box[3] - control.box[1]) / 16))


def spread(box: Box, random: Random, least: float, most: float) -> Box:
    """A box with margins drawn one by one."""
    left, top, right, bottom = (random.uniform(least, most) for _ in range(4))
    return box[0] - left, box[1] - top, box[2] + right, box[3] + bottom


def part_of(control: Control, random: Random) -> Box:
    """The control with a part of its label: crops often end in the middle of a word."""
    left, top, right, bottom = control.content
    return (
        random.uniform(left, max(left, control.box[0])),
        min(top, control.box[1]),
        random.uniform(min(control.box[2], right), right),
        max(bottom, control.box[3]),
    )


def around_click(box: Box, random: Random) -> Box:
    """A box of fixed size, square or 2:1, around a point on the control, which stays whole."""
    width, height = box[2] - box[0], box[3] - box[1]
    shapes = [(side, side / flat) for side in CLICK_SIDES for flat in (1, 2)]
    fitting = [shape for shape in shapes if shape[0] >= width and shape[1] >= height]
    wide, high = random.choice(fitting or [(width, height)])
    x = random.uniform(box[0] + width / 4, box[2] - width / 4)
    y = random.uniform(box[1] + height / 4, box[3] - height / 4)
    left = min(max(x - wide / 2, box[2] - wide), box[0])
    top = min(max(y - high / 2, box[3] - high), box[1])
    return left, top, left + wide, top + high


def clipped(area: Box, frame: Box) -> Box:
    """An area inside the picture."""
    return (
        max(area[0], frame[0]),
        max(area[1], frame[1]),
        min(area[2], frame[2]),
        min(area[3], frame[3]),
    )


def trimmed(area: Box, control: Control, random: Random) -> Box:
    """An area that is not too long: of a longer one, a piece with the control anywhere in it.

    The piece holds the control's label too where there is room for it.
    """
    left, top, right, bottom = area
    if right - left <= MAX_ROW_RATIO * (bottom - top):
        return area
    width = random.uniform(MAX_ROW_RATIO / 2, MAX_ROW_RATIO) * (bottom - top)
    content = clipped(control.content, area)
    kept = content if content[2] - content[0] <= width else control.box
    start = random.uniform(max(left, kept[2] - width), min(kept[0], right - width))
    return start, top, start + width, bottom


def shows_alone(area: Box, control: Control, controls: Sequence[Control]) -> bool:
    """Whether an area holds its control whole, and no second one that contradicts its label."""
    whole = overlap(area, control.box) > 0.999 * size(control.box)
    if min(area[2] - area[0], area[3] - area[1]) < MIN_SIDE or not whole:
        return False
    return all(
        other is control
        or other.label in {control.label, OTHER}
        or overlap(area, other.box) == 0
        or is_slice(clipped(other.box, area), other.box)
        for other in controls
    )


def is_slice(part: Box, box: Box) -> bool:
    """Whether a part of a control is too low to tell its state."""
    return part[3] - part[1] <= SLICE * (box[3] - box[1])


def size(box: Box) -> float:
    """Square pixels of a box."""
    return max(0.0, box[2] - box[0]) * max(0.0, box[3] - box[1])


def overlap(first: Box, second: Box) -> float:
    """Square pixels that two boxes share."""
    return size(clipped(first, second))


def rounded(area: Box) -> tuple[int, int, int, int]:
    """Whole pixels."""
    left, top, right, bottom = (round(side) for side in area)
    return left, top, right, bottom


def is_visible(picture: Image.Image, crop: Image.Image, control: Control) -> bool:
    """Whether a person could tell the control, or the widget, from its background."""
    if control.label == OTHER:
        return contrast(crop) >= MIN_OTHER_CONTRAST
    left, top, right, bottom = rounded(control.box)
    edge = 2  # pixels of the background beside it
    around = picture.crop((left - edge, top - edge, right + edge, bottom + edge))
    return contrast(around) >= MIN_CONTRAST


def contrast(image: Image.Image) -> float:
    """Gray levels, in the strongest channel, between the 2nd and the 98th percentile."""
    if not image.width * image.height:
        return 0.0
    low, high = np.percentile(np.asarray(image).reshape(-1, 3), [2, 98], axis=0)
    return float((high - low).max())


def shrink(image: Image.Image) -> bytes:
    """Encode as PNG without loss, with a palette where at most 256 colors are used."""
    colors: Any = image.getcolors(256)
    if colors:
        palette = [value for _, color in sorted(colors) for value in color]
        reference = Image.new("P", (1, 1))
        reference.putpalette(palette)
        small = image.quantize(palette=reference, dither=Image.Dither.NONE)
        if small.convert("RGB").tobytes() == image.tobytes():
            image = small
    buffer = io.BytesIO()
    image.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()
