"""Sets of whole screenshots with the box and state of every control, for the detector.

python -m render.scenes train
python -m render.scenes held-out

A set is an archive of PNGs, pages of the libraries and desktops with windows of the toolkits, and
their COCO annotations (https://cocodataset.org/#format-data), to which each adds the state of its
control; one that is hidden in part, or whose box is a whole row, is a `crowd`, which COCO's measure
neither wants found nor minds. Finished desktops are kept in .render-state/ until the set is done,
so that an interrupted run goes on where it stopped.
"""

from __future__ import annotations

import io
import json
import shutil
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

from PIL import Image
from tqdm import tqdm, trange

from checkstate.core import paths
from checkstate.core.files import read_json, write_archive
from checkstate.core.find_params import load_find_params
from checkstate.core.render_params import load_render_params
from checkstate.core.types import KINDS
from checkstate.stage.runner import run_stage
from render.archives import control_of, keep, read_screenshots
from render.cutting import (
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
from render.desk import COVERED, desktop
from render.toolkit import STATE, fingerprint

MAX_RATIO = 5
"""Width by height of a control; some elements that hold one are as wide as their row."""

Scene = tuple[str, bytes, list[Control]]
"""File name, PNG, and what stands on it."""


def main() -> None:
    """Read screenshots, draw desktops; write find/data/<set>.zip."""
    (which,) = sys.argv[1:]
    settings = load_find_params().scenes
    libraries, toolkits = members_of(which)
    counts = {"train": settings.train, "held-out": settings.held_out}[which]
    state = STATE / fingerprint(f"scenes-{which}-{'-'.join(toolkits)}", settings.seed)
    for number in trange(counts.desktops, desc=which, unit="desktop"):
        if not (state / f"{number}.json").exists():
            random = Random(f"{settings.seed}-{which}-windows-{number}")
            keep(state / str(number), *desktop(toolkits, random))
    scenes = [scene for name in libraries for scene in read_screenshots(name, counts.pages)]
    scenes += desktops(state, counts.desktops)
    write_archive(paths.scenes(which), members(scenes))
    shutil.rmtree(state)


def members_of(which: str) -> tuple[list[str], list[str]]:
    """The libraries and the toolkits of a set: those of the crops' sets of the same name."""
    settings = load_render_params()
    if which == "held-out":
        return settings.held_out, settings.held_out_toolkits
    libraries = [name for name in settings.libraries if name not in settings.held_out]
    toolkits = [name for name in settings.toolkits if name not in settings.held_out_toolkits]
    return libraries, toolkits


def desktops(state: Path, count: int) -> Iterator[Scene]:
    """The desktops that are kept."""
    for number in range(count):
        controls = [control_of(each) for each in read_json(state / f"{number}.json")]
        yield f"windows-{number}.png", (state / f"{number}.png").read_bytes(), controls


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


if __name__ == "__main__":
    run_stage(main)
