"""Screenshots with the boxes of their controls, and tiles of them to learn from."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.random import Generator
from PIL import Image

from checkstate.core import paths
from checkstate.core.errors import UserError
from checkstate.core.files import read_archive
from checkstate.core.types import Floats, Indices, Pixels
from checkstate.runtime.images import read_image

MIN_SEEN = 0.6
"""Share of a control's area that must lie in a tile for the detector to look for it there."""

MIN_SIDE = 6
"""Pixels; what is smaller in a tile is neither wanted nor minded."""

ON_CONTROL = 0.7
"""Share of the tiles that are laid around some control; the others lie anywhere."""


@dataclass(frozen=True)
class Boxes:
    """The controls of a picture: `corners` float32 [n, 4] as left, top, right and bottom in pixels,
    `kinds` int64 [n], and `ignored` bool [n] for what is hidden in part and so not asked for."""

    corners: Floats
    kinds: Indices
    ignored: np.ndarray[tuple[int], np.dtype[np.bool_]]


@dataclass(frozen=True)
class Screenshot:
    """One picture of an archive, not decoded yet; `states` has a control's label each."""

    archive: Path
    name: str
    boxes: Boxes
    states: list[str]

    def picture(self) -> Image.Image:
        """Decode it, as RGB."""
        (member,) = read_archive(self.archive, [self.name])
        return read_image(member)


def load_screenshots(archive: Path) -> list[Screenshot]:
    """The screenshots of an archive with COCO annotations; raises UserError when it is none."""
    try:
        (member,) = read_archive(archive, [paths.ANNOTATIONS])
        coco = json.load(member)
        controls: dict[int, list[dict[str, object]]] = {i["id"]: [] for i in coco["images"]}
        for control in coco["annotations"]:
            controls[control["image_id"]].append(control)
        return [
            Screenshot(
                archive,
                image["file_name"],
                boxes_of(controls[image["id"]]),
                [str(control["state"]) for control in controls[image["id"]]],
            )
            for image in coco["images"]
        ]
    except (UserError, OSError, KeyError, TypeError, ValueError) as error:
        raise UserError(
            f"{archive}: no archive of screenshots; `python -m render.scenes`"
        ) from error


def boxes_of(annotations: list[dict[str, object]]) -> Boxes:
    """Arrays from COCO's left, top, width and height."""
    flat = np.array([a["bbox"] for a in annotations], np.float32).reshape(-1, 4)
    return Boxes(
        np.concatenate([flat[:, :2], flat[:, :2] + flat[:, 2:]], axis=1),
        np.array([a["category_id"] for a in annotations], np.int64),
        np.array([a["iscrowd"] for a in annotations], bool),
    )


def tiles(
    screenshot: Screenshot, count: int, side: int, octaves: tuple[float, float], random: Generator
) -> Iterator[tuple[Pixels, Boxes]]:
    """Yield square tiles of a screenshot, each at a scale of its own, with the boxes in them.

    A tile is uint8 [side, side, 3]. What lies beyond the screenshot has one color.
    """
    picture = screenshot.picture()
    wanted = np.flatnonzero(~screenshot.boxes.ignored)
    for _ in range(count):
        scale = 2.0 ** random.uniform(*octaves)
        reach = side / scale
        if len(wanted) and random.random() < ON_CONTROL:
            left, top, right, bottom = screenshot.boxes.corners[random.choice(wanted)]
            middle = np.array([(left + right) / 2, (top + bottom) / 2])
            corner = middle - reach * random.uniform(0.1, 0.9, 2)
        else:
            room = np.array(picture.size) - reach
            corner = random.uniform(np.minimum(room, 0), np.maximum(room, 1))
        x, y = (int(value) for value in np.round(corner))
        yield cut_tile(picture, screenshot.boxes, (x, y), round(reach), side, random)


def cut_tile(
    picture: Image.Image,
    boxes: Boxes,
    corner: tuple[int, int],
    reach: int,
    side: int,
    random: Generator,
) -> tuple[Pixels, Boxes]:
    """A square of `reach` pixels at a corner, brought to `side` pixels, with what lies in it."""
    x, y = corner
    canvas = Image.new("RGB", (reach, reach), tuple(int(v) for v in random.integers(0, 256, 3)))
    part = picture.crop(
        (max(x, 0), max(y, 0), min(x + reach, picture.width), min(y + reach, picture.height))
    )
    canvas.paste(part, (max(-x, 0), max(-y, 0)))
    tile = canvas.resize((side, side), Image.Resampling.BILINEAR, reducing_gap=2.0)
    moved = (boxes.corners - np.array([x, y, x, y], np.float32)) * (side / reach)
    seen = np.clip(moved, 0, side)
    whole, shown = area(moved), area(seen)
    inside = shown > 0
    small = (seen[:, 2:] - seen[:, :2]).min(axis=1, initial=1e9) < MIN_SIDE
    ignored = boxes.ignored | (shown < MIN_SEEN * whole) | small
    return np.asarray(tile), Boxes(seen[inside], boxes.kinds[inside], ignored[inside])


def area(corners: Floats) -> Floats:
    """Square pixels of boxes."""
    sides: Floats = corners[:, 2:] - corners[:, :2]
    product: Floats = sides.prod(axis=1)
    return product
