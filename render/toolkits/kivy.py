"""Windows of Kivy programs.

Needs `pip install kivy`, Xvfb and a software OpenGL (`apt install xvfb libgl1 libgl1-mesa-dri`).
kivy_program.py draws in a process of its own.
"""

from __future__ import annotations

from functools import partial
from random import Random

from PIL import Image

from render.cutting import Control
from render.toolkits.foreign import python_program, read
from render.toolkits.pixels import Drawn, clear_window, enlarged

HINT = "`pip install kivy`, `apt install libgl1 libgl1-mesa-dri`"
SETTINGS = (
    *("KIVY_NO_ARGS=1", "KIVY_NO_CONFIG=1", "KIVY_NO_CONSOLELOG=1", "KIVY_NO_FILELOG=1"),
    *("KIVY_DPI=96", "KIVY_METRICS_DENSITY=1", "KIVY_METRICS_FONTSCALE=1"),
    *("KIVY_WINDOW=sdl2", "LIBGL_ALWAYS_SOFTWARE=1", "SDL_AUDIODRIVER=dummy"),
)


def window(random: Random) -> tuple[Image.Image, list[Control]]:
    """Draw one window; give its picture and what stands on it."""
    picture, controls = clear_window(partial(draw, random))
    return enlarged(picture, controls, random.choice([1] * 6 + [0.75, 1.25, 1.5]))


def draw(random: Random) -> Drawn:
    """Draw the window of a seed."""
    program = python_program("render.toolkits.kivy_program", HINT, SETTINGS)
    return read(program.ask([str(random.getrandbits(64))]))
