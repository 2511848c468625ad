"""Windows of FLTK programs in its four schemes.

Needs `apt install g++ libfltk1.3-dev xvfb`; FltkProgram.cpp draws.
"""

from __future__ import annotations

from functools import partial
from random import Random

from PIL import Image

from render.cutting import Control
from render.toolkits import words
from render.toolkits.foreign import read
from render.toolkits.native import draw_native, palette, program
from render.toolkits.pixels import Drawn, clear_window, enlarged

HINT = "`apt install g++ libfltk1.3-dev`"
VIVID = ["#ff0000", "#e00000", "#ffff00", "#00c000", "#00ff00", "#0060ff", "#ff8000", "#00c0c0"]


def window(random: Random) -> tuple[Image.Image, list[Control]]:
    """Draw one window; give its picture and what stands on it."""
    picture, controls = clear_window(partial(draw, random))
    return enlarged(picture, controls, random.choice([1, 1, 1, 1, 1.25, 1.5, 2]))


def draw(random: Random) -> Drawn:
    """Draw one form in one scheme."""
    colors = palette(random)
    square = random.choice([0, 0, 0, 0, 0, 1, 2, 3])
    disc = random.choice([0, 0, 0, 0, 1, 2])
    filled = square > 1 or disc > 1
    settings = {
        **colors,
        "scheme": random.choice(["none", "none", "plastic", "gtk+", "gleam"]),
        # FLTK marks bold fonts by a letter before the name
        "family": random.choice([*"     ", "B"]) + words.family(random),
        "size": random.choice([10, 11, 12, 12, 13, 14, 14, 14, 15, 16, 18, 20, 24]),
        "pad": random.choice([4, 6, 8, 10, 12]),
        "gap": random.choice([0, 4, 8, 16]),
        "frame": random.randrange(8),
        "square": square,
        "round": disc,
        "raised": int(random.random() < 0.15),
        "mark": random.choice(VIVID) if filled else mark(random, colors["paper"]),
        "lamp": random.choice(VIVID),
        "chosen": random.randrange(100),
    }
    lines = [f"set\t{name}\t{value}" for name, value in settings.items()]
    lines += draw_native(random, ["check", "check", "check", "radio", "radio", "switch"])
    return read(program("FltkProgram.cpp", ("fltk", "X11"), HINT).ask(lines))


def mark(random: Random, paper: str) -> str:
    """The color of a check mark: mostly the black or white of texts, else one that stands out."""
    if words.luminance(paper) < 110:
        return random.choice(["#ffffff", "#ffffff", words.color(random, 0.7, 0.9, 1)])
    return random.choice(["#000000", "#000000", words.color(random, 0.1, 0.4, 1)])
