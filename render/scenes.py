"""Sets of whole screenshots with the box and state of every control, for the detector.

python -m render.scenes train
python -m render.scenes held-out

A set has pages of the libraries and desktops with windows of the toolkits. Finished desktops are
kept in .render-state/ until the set is done, so that an interrupted run goes on where it stopped.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random

from PIL import Image

from checkstate.core import paths
from checkstate.core.files import read_json, write_archive
from checkstate.core.find_params import load_find_params
from checkstate.core.render_params import load_render_params
from checkstate.stage.runner import run_stage
from render.archives import control_of, draw_missing, read_screenshots
from render.coco import Scene, members
from render.cutting import Control
from render.desk import desktop
from render.toolkit import STATE, fingerprint


def main() -> None:
    """Read screenshots, draw desktops; write find/data/<set>.zip."""
    (which,) = sys.argv[1:]
    settings = load_find_params().scenes
    libraries, toolkits = members_of(which)
    counts = {"train": settings.train, "held-out": settings.held_out}[which]
    state = STATE / fingerprint(f"scenes-{which}-{'-'.join(toolkits)}", settings.seed)

    def draw(number: int) -> tuple[Image.Image, list[Control]]:
        return desktop(toolkits, Random(f"{settings.seed}-{which}-windows-{number}"))

    draw_missing(state, counts.desktops, which, draw)
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


if __name__ == "__main__":
    run_stage(main)
