"""Find the controls of a whole screenshot, each with its state: `Finder()("screen.png")`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import onnxruntime as ort
from PIL import Image, ImageOps

from checkstate.core import bounds
from checkstate.core.bounds import excess
from checkstate.core.types import Floats, Pixels
from checkstate.runtime.images import Channels, Picture, border_color, read_image
from checkstate.runtime.model_file import find_finder
from checkstate.runtime.predictor import ModelError, Prediction, Predictor, providers_of, valid

OTHER = "other"
"""What the classifier calls a false alarm of the detector."""

TILE, RIM = 2_400_000, 128
"""Pixels of a run of the network at most, a screen of 1920x1200, so that memory stays the same for
a screenshot of any size, and how many of them on each side another run gives the controls of."""

ENLARGED, EDGE = 1.5, 16
"""How many times as large the network sees a screenshot that leaves room for it in a tile, as the
controls of small ones are small, and the pixels of its border's color around it."""

SEAM, OVERLAP = 8, 0.4
"""Pixels beyond its core up to which a tile also gives controls, since two tiles see the middle of
one apart by a pixel or two; and what boxes share (IoU) of which one is then left out, the same as
`export.overlap` of find/params.yaml within a tile."""

MOST = 2000
"""Controls of a screenshot at most, the surest, so that none takes minutes; as many as
`export.max_controls` of find/params.yaml lets a tile give."""

MARGIN, LABELS = 0.25, (1.0, 2.5)
"""Of a box's shorter side, around it, and of its height, at the right: the classifier sees a
control with how its label begins and, unless that makes it sure of a state, with more of it. The
mean of both answers is right more often, and calls more false alarms `other`, than either alone."""

SURE = 0.95
"""Confidence in a state from which on one look at a control is enough."""

BATCH = 2
"""Controls whose states are read in one run of the classifier: time of each grows with more."""

SHRINK = ort.RunOptions()
"""Of a run of the network: give its memory back."""
SHRINK.add_run_config_entry("memory.enable_memory_arena_shrinkage", "cpu:0")


class Kind(NamedTuple):
    """What a control is, and how sure that is."""

    name: str
    confidence: float


Box = tuple[float, float, float, float]
Place = tuple[Floats, Kind, float]
"""Where a control may be: corners [4], kind, confidence."""


@dataclass(frozen=True)
class Control:
    """A control of a screenshot.

    `box` is left, top, right and bottom in pixels, `kind` checkbox, radio or switch and
    `kind_confidence` how sure that is, `confidence` how sure both networks are that there is a
    control. `prediction` is its state, as the classifier sees it.
    """

    box: Box
    kind: str
    kind_confidence: float
    confidence: float
    prediction: Prediction

    def as_json(self) -> dict[str, Any]:
        """One flat object; boxes to a tenth of a pixel."""
        return {
            "box": [round(side, 1) for side in self.box],
            "kind": self.kind,
            "kind_confidence": round(self.kind_confidence, 4),
            "confidence": round(self.confidence, 4),
            "state": self.prediction.label,
            "state_confidence": round(self.prediction.confidence, 4),
        }


class Finder:
    """A detector and a classifier, loaded; safe to share between threads.

    The detector's graph takes `image`, uint8 [1, height, width, 3], and `threshold`, and gives
    `boxes`, `scores` and `kinds`. Without a file, it is CHECKSTATE_FINDER, find/models/finder.onnx
    of the working directory, or the released one; the classifier is Predictor's. Memory is kept
    from run to run, 150 to 300 MB, unless `return_memory` gives it back, for half as much time
    again, as a service wants it. Raises ModelError when a file is missing or is another.
    """

    def __init__(
        self,
        model: str | Path | None = None,
        predictor: Predictor | None = None,
        *,
        threads: int = 0,
        device: str = "cpu",
        return_memory: bool = False,
    ) -> None:
        self.run_options = SHRINK if return_memory else None
        self.path = find_finder(model).path
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        if not self.path.is_file():
            raise ModelError(f"{self.path}: no such model file; `make finder` makes one")
        if reason := excess(self.path.stat().st_size, bounds.MODEL):
            raise ModelError(f"{self.path}: {reason}")
        try:
            chosen = providers_of(device)
            self.session = ort.InferenceSession(
                str(self.path), options, providers=chosen, enable_fallback=len(chosen) > 1
            )
            self.metadata: dict[str, str] = self.session.get_modelmeta().custom_metadata_map
            self.kinds: list[str] = json.loads(self.metadata["kinds"])
            self.multiple = int(json.loads(self.metadata["multiple"]))
            self.threshold = float(json.loads(self.metadata["threshold"]))
            if not (1 <= self.multiple <= RIM and 0 <= self.threshold <= 1):
                raise ValueError("metadata out of range")
            if not isinstance(self.kinds, list) or {type(kind) for kind in self.kinds} != {str}:
                raise ValueError("kinds are names")
            list(self.candidates(np.zeros((20, 30, 3), np.uint8), 0.5))
        except ModelError:
            raise
        except Exception as error:  # ONNX Runtime's errors share no public base class
            raise ModelError(f"{self.path}: not a checkstate finder") from error
        self.predictor = predictor or Predictor(threads=threads, device=device)

    def __call__(
        self,
        screenshot: Picture,
        threshold: float | None = None,
        *,
        channels: Channels = "rgb",
        keep_other: bool = False,
    ) -> list[Control]:
        """The controls of a screenshot, from top to bottom.

        A screenshot is what Predictor takes. `threshold` is the least confidence, by default the
        finder's own; what the classifier calls `other` is a false alarm. Both are left out, unless
        `keep_other` asks for all that the detector found. Raises `runtime.images.ImageError` when
        the screenshot is unreadable, ValueError when the threshold is no number from 0 to 1, and
        TypeError for several screenshots.
        """
        if isinstance(screenshot, list | tuple):
            raise TypeError("one screenshot at a time: for screenshot in screenshots")
        return self.find(read_image(screenshot, channels=channels), threshold, keep_other)

    def find(
        self, picture: Image.Image, threshold: float | None = None, keep_other: bool = False
    ) -> list[Control]:
        """The controls of a decoded RGB screenshot.

        Raises ValueError when the threshold is no number from 0 to 1.
        """
        least = self.threshold if threshold is None else valid(threshold)
        found = sorted(self.boxes(picture, least), key=lambda each: (each[0][1], each[0][0]))
        controls = []
        for first in range(0, len(found), BATCH):
            part = found[first : first + BATCH]
            states = self.states([box for box, _, _ in part], picture)
            for (box, kind, score), state in zip(part, states, strict=True):
                confidence = score * (1 - state.probabilities.get(OTHER, 0.0))
                if keep_other or (confidence >= least and state.label != OTHER):
                    controls.append(Control(box, *kind, confidence, state))
        return controls

    def states(self, boxes: Sequence[Box], picture: Image.Image) -> list[Prediction]:
        """What the classifier says of each box, where it is unsure with a second look."""
        few, more = LABELS
        rows = self.look(boxes, picture, few)
        states = [self.predictor.to_prediction(row) for row in rows]
        unsure = [
            index
            for index, state in enumerate(states)
            if state.label == OTHER or state.confidence < SURE
        ]
        if unsure:
            again = self.look([boxes[index] for index in unsure], picture, more)
            for index, mean in zip(unsure, (rows[unsure] + again) / 2, strict=True):
                states[index] = self.predictor.to_prediction(mean)
        return states

    def look(self, boxes: Sequence[Box], picture: Image.Image, label: float) -> Floats:
        """The classifier's probabilities of each box with so much of its label."""
        crops = [picture.crop(around(box, picture, label)) for box in boxes]
        return self.predictor.probabilities(
            np.stack([self.predictor.to_input(crop) for crop in crops])
        )

    def boxes(self, picture: Image.Image, threshold: float) -> list[tuple[Box, Kind, float]]:
        """Box, kind and confidence of each place that may be a control, found tile by tile."""
        pixels, scale, edge = magnified(picture)
        height, width = pixels.shape[:2]
        core = across, down = core_of(width, height, self.multiple)
        places: list[Place] = []
        for top in range(0, height, down):
            for left in range(0, width, across):
                y, x = max(top - RIM, 0), max(left - RIM, 0)
                tile = pixels[y : top + down + RIM, x : left + across + RIM]
                for corners, kind, score in self.candidates(tile, threshold):
                    box = corners + np.array([x, y, x, y], np.float32)
                    column, row = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
                    if gives(left, across, column, width) and gives(top, down, row, height):
                        places.append((box, kind, score))
        found = sorted(without_doubles(places, core), key=lambda place: -place[2])[:MOST]
        apart = [((box - edge) / scale, kind, score) for box, kind, score in found]
        size = picture.size
        return [(clip(box, *size), kind, score) for box, kind, score in apart if is_on(box, *size)]

    def candidates(self, tile: Pixels, threshold: float) -> Iterator[Place]:
        """Run the network over a tile, uint8 [height, width, 3]; boxes are in its pixels."""
        given = {
            "image": padded(tile, self.multiple)[None],
            "threshold": np.array([threshold], np.float32),
        }
        try:
            boxes, scores, kinds = self.session.run(
                ["boxes", "scores", "kinds"], given, self.run_options
            )
        except Exception as error:  # as above
            raise ModelError(f"{self.path}: it takes or gives something else") from error
        shapes = (boxes.shape, scores.shape, kinds.shape)
        n = len(scores)
        fit = shapes == ((n, 4), (n,), (n, len(self.kinds)))
        finite = all(np.isfinite(each).all() for each in (boxes, scores, kinds))
        if not (fit and finite):
            raise ModelError(
                f"{self.path}: it gives no boxes, each with a probability of every kind"
            )
        for box, score, kind in zip(boxes, scores, kinds, strict=True):
            best = int(kind.argmax())
            yield box, Kind(self.kinds[best], float(kind[best])), float(score)


def magnified(picture: Image.Image) -> tuple[Pixels, float, int]:
    """What the network sees of a screenshot, uint8 [height, width, 3], how many times as large as
    the screenshot that is, and where the screenshot begins in it, in pixels from left and top."""
    width, height = (round(ENLARGED * side) for side in picture.size)
    if (width + 2 * EDGE) * (height + 2 * EDGE) > TILE:
        return np.asarray(picture), 1.0, 0
    larger = picture.resize((width, height), Image.Resampling.BILINEAR)
    color = tuple(int(value) for value in border_color(np.asarray(picture)))
    return np.asarray(ImageOps.expand(larger, EDGE, color)), ENLARGED, EDGE


def padded(tile: Pixels, multiple: int) -> Pixels:
    """A tile whose sides are multiples of a number, two of it at least, in its border's color."""
    height, width = (padded_side(side, multiple) for side in tile.shape[:2])
    if (height, width) == tile.shape[:2]:
        return np.ascontiguousarray(tile)
    canvas = np.empty((height, width, 3), np.uint8)
    canvas[: tile.shape[0], : tile.shape[1]] = tile
    canvas[tile.shape[0] :] = canvas[:, tile.shape[1] :] = border_color(tile)
    return canvas


def padded_side(side: int, multiple: int) -> int:
    """The least multiple of a number that a side fits in, two of it at least."""
    return max(-(-side // multiple), 2) * multiple


def core_of(width: int, height: int, multiple: int) -> tuple[int, int]:
    """Width and height of the part of a tile that it gives the controls of, its rims left out.

    Tiles are as few as TILE allows, padding included: rims are seen twice.
    """
    columns = rows = 1
    while True:
        across, down = -(-width // columns), -(-height // rows)
        wide, high = min(across + 2 * RIM, width), min(down + 2 * RIM, height)
        if padded_side(wide, multiple) * padded_side(high, multiple) <= TILE:
            return across, down
        columns, rows = (columns + 1, rows) if across > down else (columns, rows + 1)


def gives(start: int, length: int, middle: float, side: int) -> bool:
    """Whether a tile whose core is so long gives a box with this middle, along one side."""
    return max(start - SEAM, 0) <= middle < min(start + length + SEAM, side)


def without_doubles(places: Sequence[Place], core: tuple[int, int]) -> list[Place]:
    """Places without those at a seam that overlap one of more confidence, or one off the seams."""
    corners = np.array([box for box, _, _ in places], np.float32).reshape(-1, 4)
    areas = (corners[:, 2:] - corners[:, :2]).prod(1)
    middles = (corners[:, :2] + corners[:, 2:]) / 2
    close = (middles >= SEAM) & ((middles + SEAM) % np.array(core) < 2 * SEAM)
    seams = close[:, 0] | close[:, 1]
    kept = ~seams
    for index in sorted(np.flatnonzero(seams).tolist(), key=lambda each: -places[each][2]):
        near = np.maximum(corners[index, :2], corners[:, :2])
        far = np.minimum(corners[index, 2:], corners[:, 2:])
        shared = (far - near).clip(min=0).prod(1)
        doubles = shared > OVERLAP * (areas[index] + areas - shared)
        kept[index] = not (kept & doubles).any()
    return [place for place, keep in zip(places, kept, strict=True) if keep]


def is_on(box: Floats, width: int, height: int) -> bool:
    """Whether the middle of a box lies on the screenshot."""
    column, row = (box[:2] + box[2:]) / 2
    return bool(0 <= column < width and 0 <= row < height)


def clip(box: Floats, width: int, height: int) -> Box:
    """A box inside the screenshot."""
    left, top, right, bottom = (float(side) for side in box)
    return max(left, 0.0), max(top, 0.0), min(right, float(width)), min(bottom, float(height))


def around(box: Box, picture: Image.Image, label: float = LABELS[0]) -> tuple[int, int, int, int]:
    """What the classifier sees of a control and its label, in whole pixels of the screenshot."""
    left, top, right, bottom = box
    margin = 2 + MARGIN * min(right - left, bottom - top)
    return (
        max(round(left - margin), 0),
        max(round(top - margin), 0),
        min(round(right + margin + label * (bottom - top)), picture.width),
        min(round(bottom + margin), picture.height),
    )
