"""Windows of Slint programs, in the four styles of its widgets.

Needs `pip install slint`, Xvfb and the X libraries that its windows load
(`apt install xvfb libx11-xcb1 libxcursor1 libxi6 libxkbcommon-x11-0`).
slint_program.py draws in a process of its own.
"""

from __future__ import annotations

from functools import cache, partial
from random import Random

from PIL import Image

from render.cutting import Control
from render.toolkits import xserver
from render.toolkits.foreign import Program, python_program, read
from render.toolkits.pixels import Drawn, clear_window

HINT = "`pip install slint`, `apt install libx11-xcb1 libxcursor1 libxi6 libxkbcommon-x11-0`"
SETTINGS = ("SLINT_BACKEND=winit-skia-software", "WAYLAND_DISPLAY=")


def window(random: Random) -> tuple[Image.Image, list[Control]]:
    """Draw one window; give its picture and what stands on it."""
    return clear_window(partial(draw, random))


def draw(random: Random) -> Drawn:
    """Draw the window of a seed."""
    return read(program().ask([str(random.getrandbits(64))]))


@cache
def program() -> Program:
    """The one program that draws, on a screen of its own: some toolkits' windows stay on theirs."""
    settings = (*SETTINGS, f"DISPLAY={xserver.new_display()}")
    return python_program("render.toolkits.slint_program", HINT, settings)
