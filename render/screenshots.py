"""Screenshots of one library: whole pages, with what stands where on them.

python -m render.screenshots bootstrap

Pages are drawn from the seed, one generator a page, and each finished page is kept in
.render-state/ until the library is done, so that an interrupted run goes on where it stopped.
"""

from __future__ import annotations

import hashlib
import shutil
import sys
from random import Random

from PIL import Image

from checkstate.core.errors import UserError
from checkstate.core.files import write_archive
from checkstate.core.render_params import load_render_params
from checkstate.stage.runner import run_stage
from render.archives import archive_of, draw_missing, members
from render.chromium import browsers
from render.cutting import Control
from render.pages import HERE
from render.photograph import photograph

STATE = HERE.parent / ".render-state"


def main() -> None:
    """Read the library's template; write render/screenshots/<library>.zip."""
    (name,) = sys.argv[1:]
    check_packages()
    settings = load_render_params()
    state = STATE / fingerprint(name, settings.seed)
    learned = name not in settings.held_out
    pages = settings.pages if learned else settings.held_out_pages
    with browsers() as chromium:

        def draw(number: int) -> tuple[Image.Image, list[Control]]:
            random = Random(f"{settings.seed}-{name}-{number}")
            return photograph(random.choice(chromium), name, random, deceivers=learned)

        draw_missing(state, pages, name, draw)
    write_archive(archive_of(name), members(name, state, pages))
    shutil.rmtree(state)


def check_packages() -> None:
    """Raise UserError where the libraries are missing: pages would be drawn without them."""
    if not (HERE / "node_modules").is_dir():
        raise UserError("render/node_modules is missing: run `npm ci --prefix render`")


def fingerprint(name: str, seed: int) -> str:
    """Name the state folder after everything that the pictures come from."""
    sources = [HERE / "package-lock.json", *HERE.glob("*.py"), *HERE.glob("*.j2")]
    sources += [HERE / "subpixel.conf", HERE / "texts.yaml"]
    sources += (HERE / "libraries").glob("*.j2")
    digest = hashlib.sha256(repr((name, seed)).encode())
    for source in sorted(sources):
        digest.update(source.read_bytes())
    return f"{name}-{digest.hexdigest()[:16]}"


if __name__ == "__main__":
    run_stage(main)
