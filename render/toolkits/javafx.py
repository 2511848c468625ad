"""Windows of JavaFX programs: Modena, Caspian, high contrast, and looks of style sheets.

Needs `apt install openjfx default-jdk-headless xvfb`; JavafxProgram.java draws.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from random import Random

from PIL import Image

from checkstate.core.errors import UserError
from render.cutting import Control
from render.toolkits import words, xserver
from render.toolkits.foreign import Program, read
from render.toolkits.java import program
from render.toolkits.javafx_looks import draw_look
from render.toolkits.native import draw_native
from render.toolkits.pixels import Drawn, clear_window

HINT = "`apt install openjfx default-jdk-headless`"
LIBRARIES = Path("/usr/share/openjfx/lib")
MODULES = (
    *("--module-path", str(LIBRARIES), "--add-modules", "javafx.controls,java.desktop"),
    *("--add-exports", "javafx.controls/com.sun.javafx.scene.control=ALL-UNNAMED"),
)


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
    return read(started().ask(lines + draw_native(random, kinds)))


def started() -> Program:
    """The one program that draws."""
    if not LIBRARIES.is_dir():
        raise UserError(f"openjfx is missing: {HINT}")
    xserver.display()
    return program("JavafxProgram", HINT, MODULES)
