"""Pages of the held-out libraries without any control, on which every find is a false alarm.

python -m render.bare

Finished pages are kept in .render-state/ until all are drawn, so that an interrupted run goes on
where it stopped.
"""

from __future__ import annotations

import shutil
from random import Random

from PIL import Image

from checkstate.core import paths
from checkstate.core.files import write_archive
from checkstate.core.find_params import load_find_params
from checkstate.core.render_params import load_render_params
from checkstate.stage.runner import run_stage
from render.archives import draw_missing
from render.chromium import browsers
from render.coco import Scene, members
from render.cutting import Control
from render.photograph import photograph
from render.screenshots import STATE, check_packages, fingerprint


def main() -> None:
    """Read the libraries' templates; write find/data/bare.zip."""
    check_packages()
    settings = load_find_params().scenes
    libraries = load_render_params().held_out
    state = STATE / fingerprint(f"bare-{'-'.join(libraries)}", settings.seed)
    with browsers() as chromium:

        def draw(number: int) -> tuple[Image.Image, list[Control]]:
            random = Random(f"{settings.seed}-bare-{number}")
            name = libraries[number % len(libraries)]
            return photograph(random.choice(chromium), name, random, 1, deceivers=False)

        draw_missing(state, settings.bare, "bare", draw)
    pages = [f"{number}.png" for number in range(settings.bare)]
    scenes: list[Scene] = [(page, (state / page).read_bytes(), []) for page in pages]
    write_archive(paths.scenes("bare"), members(scenes))
    shutil.rmtree(state)


if __name__ == "__main__":
    run_stage(main)
