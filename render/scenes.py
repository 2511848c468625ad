"""Render whole screenshots with the box and state of every control, for the detector.

python -m render.scenes train
python -m render.scenes held-out

A set is an archive of PNGs and their COCO annotations (https://cocodataset.org/#format-data), to
which each adds the state of its control; one that is hidden in part, or whose box is a whole row,
is a `crowd`, which COCO's measure neither wants found nor minds. Finished screenshots are kept in
.render-state/ until the set is done, so that an interrupted run goes on where it stopped.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import yaml
from PIL import Image
from tqdm import tqdm

from checkstate.core import paths
from checkstate.core.files import atomic_write, read_json, write_archive, write_json
from checkstate.core.types import KINDS
from checkstate.stage.runner import run_stage
from render.crops import STATE, browser, fingerprint
from render.cutting import HIDDEN, MIN_CONTRAST, Control, contrast, overlap, rounded
from render.desk import desktop
from render.pages import HERE
from render.screenshots import screenshot

WINDOWS = "windows"
MAX_RATIO = 5
"""Width by height of a control; some elements that hold one are as wide as their row."""


def main() -> None:
    """Draw the screenshots of one set; write find/data/<set>.zip."""
    (which,) = sys.argv[1:]
    settings = yaml.safe_load(paths.FIND_PARAMS.read_text())["scenes"]
    libraries, toolkits = members_of(which)
    counts = settings[which]
    tasks = [(name, number) for number in range(counts["pages"]) for name in libraries]
    tasks += [(WINDOWS, number) for number in range(counts["desktops"])]
    state = STATE / fingerprint(f"scenes-{which}", settings["seed"])
    with browser() as chromium:
        for name, number in tqdm(tasks, which, unit="screenshot"):
            random = Random(f"{settings['seed']}-{which}-{name}-{number}")
            if (state / f"{name}-{number}.json").exists():
                continue
            if name == WINDOWS:
                keep(state / f"{name}-{number}", *desktop(toolkits, random))
            else:
                keep(state / f"{name}-{number}", *screenshot(chromium, name, random))
    write_archive(paths.scenes(which), archive_members(state, tasks))
    shutil.rmtree(state)


def members_of(which: str) -> tuple[list[str], list[str]]:
    """The libraries and the toolkits of a set: those of the crops' sets of the same name."""
    settings = yaml.safe_load((HERE / "params.yaml").read_text())
    held_out = which == "held-out"
    libraries, toolkits = (
        [name for name in settings[kind] if (name in settings["held_out"]) == held_out]
        for kind in ("libraries", "toolkits")
    )
    return libraries, toolkits


def keep(path: Path, picture: Image.Image, controls: list[Control]) -> None:
    """Write <path>.png, then <path>.json, by which the screenshot is known to be whole."""
    with atomic_write(path.with_suffix(".png")) as temporary:
        picture.save(temporary, "PNG", optimize=True)
    frame = (0.0, 0.0, float(picture.width), float(picture.height))
    inside = [control for control in controls if overlap(control.box, frame) > 0]
    boxes = [annotation(picture, control) for control in inside]
    write_json(path.with_suffix(".json"), {"size": picture.size, "annotations": boxes})


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


def archive_members(state: Path, tasks: list[tuple[str, int]]) -> Iterator[tuple[str, bytes]]:
    """Yield the PNGs in order, then the annotations of all."""
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for image_id, (name, number) in enumerate(tasks):
        file = f"{name}-{number}.png"
        yield file, (state / file).read_bytes()
        seen = read_json((state / file).with_suffix(".json"))
        width, height = seen["size"]
        images.append({"id": image_id, "file_name": file, "width": width, "height": height})
        for box in seen["annotations"]:
            annotations.append({"id": len(annotations) + 1, "image_id": image_id} | box)
    categories = [{"id": number, "name": kind} for number, kind in enumerate(KINDS)]
    coco = {"images": images, "annotations": annotations, "categories": categories}
    yield paths.ANNOTATIONS, json.dumps(coco).encode()


if __name__ == "__main__":
    run_stage(main)
