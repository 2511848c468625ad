"""Forms in documents of LibreOffice, as it draws them on a screen and on paper.

Needs `apt install libreoffice-writer-nogui libreoffice-draw-nogui python3-uno`, of which the second
has the filter for pictures, and pdftoppm (`apt install poppler-utils`). libreoffice_page.py writes
documents; libreoffice_program.py, run by Debian's Python, has LibreOffice make pictures of them.

LibreOffice tells no place of a control's indicator. It is what a page without labels has and one
without controls has not, within the rectangle that the document gives the control.
"""

from __future__ import annotations

import atexit
import shutil
import subprocess
import tempfile
from contextlib import suppress
from functools import cache, partial
from pathlib import Path
from random import Random

from PIL import Image

from checkstate.core.errors import UserError
from render.cutting import HIDDEN, OTHER, Control
from render.toolkits import xserver
from render.toolkits.foreign import Program, at_home, joined
from render.toolkits.libreoffice_page import VARIANTS, Item, Page
from render.toolkits.pixels import Drawn, changed, clear_window, scaled, told_apart
from render.toolkits.poppler import rendered

HINT = "`apt install libreoffice-writer-nogui libreoffice-draw-nogui python3-uno`"
PICTURES = "../share/registry/graphicfilter.xcd"
"""What LibreOffice knows its filters for pictures by, beside its program."""

FIRST_START_SECONDS = 120
"""Seconds that the first start may take."""

PRINTS = [(120, 1), (144, 1), (192, 1), (192, 2), (220, 2), (288, 2)]
"""Resolutions and by how much they are reduced; Poppler leaves out lines at lower ones."""


def window(random: Random) -> tuple[Image.Image, list[Control]]:
    """Draw a part of a page; give its picture and what stands on it."""
    return clear_window(partial(draw, random))


def draw(random: Random) -> Drawn:
    """Have a page drawn with and without its controls, their labels, and their states."""
    seed, printed = random.getrandbits(64), random.random() < 0.3
    pages = [Page(Random(seed), variant, printed) for variant in VARIANTS]
    if printed:
        pictures = print_out(pages, *random.choice(PRINTS))
    else:
        pictures = show(pages, random.choice([1, 1, 1, 1, 1.25, 1.5, 2]))
    found = [measured(item, pages[0].width, pictures) for item in pages[0].items]
    controls = [control for control in found if control]
    return pictures[0], controls, all(control.label != HIDDEN for control in controls)


def show(pages: list[Page], zoom: float) -> list[Image.Image]:
    """Pages as on a screen."""
    width, height = (round(side * zoom) for side in (pages[0].width, pages[0].height))
    how = ["writer_png_Export", str(width), str(height)]
    with tempfile.TemporaryDirectory() as folder:
        files = converted(pages, Path(folder), ".png", how)
        # LibreOffice adds a pixel to each side
        return [opened(path).crop((0, 0, width, height)) for path in files]


def print_out(pages: list[Page], resolution: int, reduced: int) -> list[Image.Image]:
    """Pages as on paper, in pixels an inch, several of which become one."""
    with tempfile.TemporaryDirectory() as folder:
        files = converted(pages, Path(folder), ".pdf", ["writer_pdf_Export"])
        return [rendered(path, resolution).reduce(reduced) for path in files]


def converted(pages: list[Page], folder: Path, suffix: str, how: list[str]) -> list[Path]:
    """Files that LibreOffice makes of pages."""
    lines = []
    for page in pages:
        source = folder / f"{page.variant}.fodt"
        source.write_text(page.document(), encoding="utf-8")
        lines.append("\t".join([str(source), str(source.with_suffix(suffix)), *how]))
    program().ask(lines)
    return [Path(line.split("\t")[1]) for line in lines]


def opened(path: Path) -> Image.Image:
    """A picture that LibreOffice has written."""
    with Image.open(path) as image:
        return image.convert("RGB")


def measured(item: Item, width: int, pictures: list[Image.Image]) -> Control | None:
    """Where something is drawn; None where it leaves no trace, hidden where no state is seen."""
    plain, turned, blank, bare = pictures
    factor = plain.width / width
    frame = scaled(item.frame, factor)
    content = changed(plain, bare, frame)
    box = changed(blank, bare, frame) if item.state is not None else content
    if item.state is not None and (box is None or not told_apart(plain, turned, box)):
        return Control(item.kind, HIDDEN, frame, frame, None)
    if content is None or box is None:
        return None
    caption = item.caption and changed(plain, bare, scaled(item.caption, factor))
    content = joined(content, caption) if caption else content
    row = item.row and scaled(item.row, factor)
    if item.state is None:
        return Control(item.kind, OTHER, box, content, row)
    return Control(item.kind, ("unchecked", "checked")[item.state], box, content, row)


@cache
def program() -> Program:
    """The one program that converts, and the LibreOffice that does it."""
    script = shutil.which("soffice")
    if not script:
        raise UserError(f"soffice is missing: {HINT}")
    # the script's own child would live on when the script is ended
    office = Path(script).resolve().with_name("soffice.bin")
    if not (office.parent / PICTURES).exists():
        raise UserError(f"{Path(PICTURES).name} is missing: {HINT}")
    xserver.use_fonts()
    folder = xserver.kept_folder("libreoffice")
    environment = at_home(folder, "SAL_USE_VCLPLUGIN=svp")
    # the first start writes settings, after which some versions want another one
    first = started(office, environment, "--terminate_after_init")
    try:
        first.wait(FIRST_START_SECONDS)
    except subprocess.TimeoutExpired:
        first.kill()
        first.wait()
        raise UserError(
            f"{office}: its first start did not end in {FIRST_START_SECONDS} seconds"
        ) from None
    server = started(office, environment, f"--accept=pipe,name={folder.name};urp")
    xserver.end_at_exit(server)
    module = "render.toolkits.libreoffice_program"
    one = Program(["/usr/bin/python3", "-m", module, folder.name], HINT, environment)
    atexit.register(end, one, server)
    return one


def end(one: Program, server: subprocess.Popen[bytes]) -> None:
    """Let the program end LibreOffice: one that is killed leaves its pipes behind."""
    with suppress(BrokenPipeError, subprocess.TimeoutExpired):
        one.form.close()
        server.wait(timeout=20)


def started(office: Path, environment: dict[str, str], option: str) -> subprocess.Popen[bytes]:
    """LibreOffice without a screen."""
    command = [str(office), "--headless", "--norestore", "--nologo", option]
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
