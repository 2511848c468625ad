"""Screenshots in one archive with the box and state of every control.

An archive holds PNGs and their COCO annotations (https://cocodataset.org/#format-data), to which
each adds the state of its control; one that is hidden in part, or whose box is a whole row, is a
`crowd`, which COCO's measure neither wants found nor minds.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from PIL import Image
from tqdm import tqdm

from checkstate.core import paths
from checkstate.core.types import KINDS
from render.cutting import (
    COVERED,
    HIDDEN,
    MIN_CONTRAST,
    OTHER,
    Box,
    Control,
    contrast,
    overlap,
    rounded,
    size,
)

MAX_RATIO = 5
"""Width by height of a control; some elements that hold one are as wide as their row."""

Scene = tuple[str, bytes, list[Control]]
"""File name, PNG, and what stands on it."""


def cut_by(frame: Box, control: Control) -> Control:
    """A control that the edge of the screen may cut, which then counts as hidden."""
    seen = overlap(control.box, frame) / max(size(control.box), 1e-6)
    return replace(control, label=HIDDEN) if seen < 1 - COVERED else control


def annotation(picture: Image.Image, control: Control) -> dict[str, Any]:
    """A control as COCO has it; one too faint for people, or as wide as a row, is a crowd."""
    left, top, right, bottom = rounded(control.box)
    faint = contrast(picture.crop((left - 2, top - 2, right + 2, bottom + 2))) < MIN_CONTRAST
    row = right - left > MAX_RATIO * (bottom - top)
    return {
        "category_id": KINDS.index(control.kind),
        "bbox": [left, top, right - left, bottom - top],
        "area": (right - left) * (bottom - top),
        "iscrowd": int(faint or row or control.label == HIDDEN),
        "state": control.label,
    }


def members(scenes: list[Scene]) -> Iterator[tuple[str, bytes]]:
    """Yield the PNGs in order, then the annotations of all."""
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for image_id, (file, png, controls) in enumerate(tqdm(scenes, unit="screenshot")):
        yield file, png
        picture = Image.open(io.BytesIO(png)).convert("RGB")
        frame = (0.0, 0.0, float(picture.width), float(picture.height))
        images.append(
            {"id": image_id, "file_name": file, "width": picture.width, "height": picture.height}
        )
        for control in controls:
            if control.label != OTHER and overlap(control.box, frame) > 0:
                box = annotation(picture, cut_by(frame, control))
                annotations.append({"id": len(annotations) + 1, "image_id": image_id} | box)
    categories = [{"id": number, "name": kind} for number, kind in enumerate(KINDS)]
    coco = {"images": images, "annotations": annotations, "categories": categories}
    yield paths.ANNOTATIONS, json.dumps(coco).encode()
