"""Windows of Dear ImGui, as game engines, emulators and debuggers have them.

Needs `pip install imgui-bundle`, Xvfb and a software OpenGL (`apt install xvfb libegl1 libgl1
libgl1-mesa-dri`). imgui_program.py draws in a process of its own.
"""

from __future__ import annotations

from functools import partial
from random import Random

from PIL import Image

from render.cutting import Control
from render.toolkits.foreign import python_program, read
from render.toolkits.pixels import Drawn, clear_window, enlarged

HINT = "`pip install imgui-bundle`, `apt install libegl1 libgl1 libgl1-mesa-dri`"
GROUND = 2
"""Pixels around a control that tell it; most of ImGui's boxes have no edge."""


def window(random: Random) -> tuple[Image.Image, list[Control]]:
    """Draw one screen; give its picture and what stands on it."""
    picture, controls = clear_window(partial(draw, random))
    return enlarged(picture, controls, random.choice([1] * 8 + [0.75, 1.25, 1.5, 2]))


def draw(random: Random) -> Drawn:
    """Draw the screen of a seed."""
    program = python_program("render.toolkits.imgui_program", HINT)
    return read(program.ask([str(random.getrandbits(64))]), GROUND)
