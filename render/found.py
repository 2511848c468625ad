"""Cut out of the detector's screenshots what the detector finds on them, true and false.

python -m render.found

The classifier decides what of it is a control, and most of what deceives the detector is nothing
that a person would have drawn as an example: a piece of an icon, a letter, a corner of a frame.
So its false alarms are learned as `other`, its controls as the finder cuts them out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from random import Random

from tqdm import tqdm

from checkstate.core import paths
from checkstate.core.files import write_archive
from checkstate.core.tables import PAGES, name_with_page
from checkstate.core.types import KINDS
from checkstate.data.scenes import Screenshot, load_screenshots
from checkstate.runtime.finder import LABELS, Box, Finder, around
from checkstate.stage.runner import run_stage
from render.cutting import HIDDEN, OTHER, Control, named, overlap, shows_alone, size
from render.pages import HERE

THRESHOLD = 0.1
"""Confidence of the least sure of what is learned; users ask for a third and more."""

SAME, APART = 0.5, 0.1
"""IoU with a control from which a box is its, and up to which it is a false alarm."""

EACH = 12
"""Controls, and as many false alarms, of a screenshot, at most."""


def main() -> None:
    """Read find/data/train.zip and the finder; write render/crops/found.zip."""
    finder = Finder(paths.FINDER)
    screenshots = load_screenshots(paths.scenes("train"))
    crops = (
        crop for each in tqdm(screenshots, unit="screenshot") for crop in crops_of(each, finder)
    )
    write_archive(HERE / "crops/found.zip", dict(crops).items())


def crops_of(screenshot: Screenshot, finder: Finder) -> Iterator[tuple[str, bytes]]:
    """Yield (<label>/<library>-<kind>-<page and hash>.png, PNG) of what shows one thing alone."""
    library, number = screenshot.name.removesuffix(".png").rsplit("-", 1)
    picture = screenshot.picture()
    controls = known(screenshot)
    found = finder.boxes(picture, THRESHOLD)
    numbers = Random(screenshot.name)
    numbers.shuffle(found)
    left = Counter({True: EACH, False: EACH})
    for box, kind, _ in found:
        label = judged(box, controls)
        area = around(box, picture, numbers.choice(LABELS))
        control = Control(kind.name if label != OTHER else "found", label, box, box, None)
        if label != HIDDEN and left[label == OTHER] and shows_alone(area, control, controls):
            left[label == OTHER] -= 1
            path, png = named(picture.crop(area), control, library)
            yield name_with_page(path, int(number) % PAGES), png


def known(screenshot: Screenshot) -> list[Control]:
    """The controls of a screenshot; one that is ignored counts as hidden."""
    boxes = screenshot.boxes
    return [
        Control(KINDS[kind], HIDDEN if ignored else state, (box := tuple(corners)), box, None)
        for corners, kind, ignored, state in zip(
            boxes.corners.tolist(), boxes.kinds, boxes.ignored, screenshot.states, strict=True
        )
    ]


def judged(box: Box, controls: list[Control]) -> str:
    """The state of the control that a box shows, `other` for none, `hidden` when in doubt."""
    shared = [(iou(box, control.box), control.label) for control in controls]
    most, label = max(shared, default=(0.0, OTHER))
    if most >= SAME:
        return label
    return HIDDEN if most > APART else OTHER


def iou(first: Box, second: Box) -> float:
    """Intersection over union of two boxes."""
    both = overlap(first, second)
    return both / (size(first) + size(second) - both)


if __name__ == "__main__":
    run_stage(main)
