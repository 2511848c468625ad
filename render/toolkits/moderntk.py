"""Windows of programs in the modern looks of Tk: customtkinter, ttkbootstrap and Sun Valley.

Needs what tk.py does and `pip install customtkinter ttkbootstrap sv-ttk`. moderntk_program.py draws
in a process of its own: customtkinter writes fonts into the home folder, and both of the others
leave settings behind.
"""

from __future__ import annotations

from functools import partial
from random import Random

from PIL import Image

from render.cutting import Control
from render.toolkits.foreign import python_program, read
from render.toolkits.pixels import Drawn, clear_window, enlarged

HINT = "`apt install python3-tk`, `pip install customtkinter ttkbootstrap sv-ttk ttkthemes`"


def window(random: Random) -> tuple[Image.Image, list[Control]]:
    """Draw one window; give its picture and what stands on it."""
    picture, controls = clear_window(partial(draw, random))
    return enlarged(picture, controls, random.choice([1] * 8 + [1.25, 1.5]))


def draw(random: Random) -> Drawn:
    """Draw the window of a seed."""
    program = python_program("render.toolkits.moderntk_program", HINT)
    return read(program.ask([str(random.getrandbits(64))]))
