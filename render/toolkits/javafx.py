"""Windows of JavaFX programs: Modena, Caspian, high contrast, and looks of style sheets.

Needs `apt install openjfx default-jdk-headless xvfb`; JavafxProgram.java draws.
"""

from __future__ import annotations

import platform
from functools import cache, partial
from pathlib import Path
from random import Random

from PIL import Image

from checkstate.core.errors import UserError
from render.cutting import Control
from render.toolkits import words, xserver
from render.toolkits.foreign import Program, at_home, read
from render.toolkits.javafx_looks import draw_look
from render.toolkits.native import draw_native
from render.toolkits.pixels import Drawn, clear_window

HINT = "`apt install openjfx default-jdk-headless`"
MODULES = Path("/usr/share/openjfx/lib")


def window(random: Random) -> tuple[Image.Image, list[Control]]:
    """Draw one window; give its picture and what stands on it."""
    return clear_window(partial(draw, random))


def draw(random: Random) -> Drawn:
    """Draw one form in one look."""
    size = random.choice([9, 10, 11, 12, 12, 12, 13, 13, 14, 14, 15, 16, 18, 20, 24, 28])
    weight = "bold" if random.random() < 0.1 else "normal"
    settings = {
        **draw_look(random),
        "font": f"-fx-font: {weight} {size}px '{words.family(random)}';",
        "size": str(size),
        "scale": str(random.choice([1, 1, 1, 1, 1.25, 1.5, 2])),
        "gap": str(random.choice([0, 4, 8, 16])),
        "wide": str(random.choice([0, 0, 280, 400, 560])),
        "place": str(random.random()),
        "seed": str(random.randrange(2**32)),
    }
    lines = [f"set\t{name}\t{value}" for name, value in settings.items()]
    kinds = ["check", "check", "check", "radio", "radio", "switch"]
    return read(program().ask(lines + draw_native(random, kinds)))


@cache
def program() -> Program:
    """The one program that draws."""
    if not MODULES.is_dir():
        raise UserError(f"openjfx is missing: {HINT}")
    xserver.display()
    folder = xserver.kept_folder("javafx")
    options = [
        "-Djava.awt.headless=true", "-Dprism.order=sw",
        f"-Duser.home={folder}", f"-Djava.io.tmpdir={folder}",
        f"-Djava.library.path=/usr/lib/{platform.machine()}-linux-gnu/jni",
        "--module-path", str(MODULES), "--add-modules", "javafx.controls,java.desktop",
        "--add-exports", "javafx.controls/com.sun.javafx.scene.control=ALL-UNNAMED",
    ]  # fmt: skip
    script = str(Path(__file__).with_name("JavafxProgram.java"))
    command = ["java", *options, script, str(folder / "window.png")]
    return Program(command, HINT, at_home(folder))
