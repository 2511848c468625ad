"""Crops of the detector's training screenshots, cut where it finds something.

python -m render.found

The classifier judges what the detector finds, so that it learns from just that (hard examples, as
in Felzenszwalb et al. 2010, section 4.2): boxes that lie less well than those of a page itself, and
letters, pictograms and parts of pictures that were taken for controls, as `other`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from random import Random

import numpy as np
from tqdm import tqdm

from checkstate.core import paths
from checkstate.core.files import write_archive
from checkstate.core.tables import name_with_page
from checkstate.data.scenes import Screenshot, load_screenshots
from checkstate.evaluation.detection import IOU, overlap
from checkstate.runtime.finder import Box, Finder, around
from checkstate.stage.runner import run_stage
from render.cutting import MIN_SIDE, OTHER, SLICE, named, size
from render.cutting import overlap as shared
from render.pages import HERE

LEAST = 0.1
"""Confidence of a box: far below the threshold, for what is rare here may be common elsewhere."""

EACH = 4
"""Crops of a label that one screenshot gives, at most."""


def main() -> None:
    """Read find/data/train.zip and the finder; write render/crops/found.zip."""
    finder = Finder(paths.FINDER)
    crops: dict[str, bytes] = {}
    for screenshot in tqdm(load_screenshots(paths.scenes("train")), unit="screenshot"):
        crops.update(crops_of(screenshot, finder))
    write_archive(HERE / "crops/found.zip", crops.items())


def crops_of(screenshot: Screenshot, finder: Finder) -> Iterator[tuple[str, bytes]]:
    """Yield (<label>/<library>-found-<page and hash>.png, PNG), a few of each label."""
    picture = screenshot.picture()
    areas = defaultdict[str, list[tuple[int, int, int, int]]](list)
    for box, _, _ in finder.boxes(picture, LEAST):
        area = around(box, picture)
        side = min(box[2] - box[0], box[3] - box[1])
        if side >= MIN_SIDE and (label := label_of(box, area, screenshot)):
            areas[label].append(area)
    library, _, page = screenshot.name.removesuffix(".png").rpartition("-")
    random = Random(screenshot.name)
    for label, every in sorted(areas.items()):
        for area in random.sample(every, min(EACH, len(every))):
            path, png = named(picture.crop(area), label, f"{library}-found")
            yield name_with_page(path, int(page) % 100), png


def label_of(box: Box, area: Box, screenshot: Screenshot) -> str | None:
    """What a crop around a box shows; None for a control in part, or for two that contradict."""
    corners = screenshot.boxes.corners
    shares = overlap(np.array([box], np.float32), corners)[0]
    hit = int(shares.argmax()) if shares.any() else None
    if hit is not None and (shares[hit] < IOU or screenshot.boxes.ignored[hit]):
        return None
    label = OTHER if hit is None else screenshot.states[hit]
    for index, (corner, state) in enumerate(zip(corners, screenshot.states, strict=True)):
        left, top, right, bottom = (float(side) for side in corner)
        other = (left, top, right, bottom)
        if index != hit and state != label and shared(area, other) > SLICE * size(other):
            return None
    return label


if __name__ == "__main__":
    run_stage(main)
