"""Windows of Java Swing programs: Metal with both of its themes, Nimbus and Motif.

Needs a JDK (`apt install default-jdk-headless`), no X server; SwingProgram.java draws.
"""

from __future__ import annotations

from functools import partial
from random import Random

from PIL import Image

from render.cutting import Control
from render.toolkits import words
from render.toolkits.foreign import read
from render.toolkits.form import draw_form
from render.toolkits.java import program
from render.toolkits.pixels import Drawn, clear_window

HINT = "`apt install default-jdk-headless`"


def window(random: Random) -> tuple[Image.Image, list[Control]]:
    """Draw one window; give its picture and what stands on it."""
    return clear_window(partial(draw, random))


def draw(random: Random) -> Drawn:
    """Draw one form in one look and feel."""
    ground, ink = "", ""
    if random.random() < 0.3:
        low, high = random.choice([(0.1, 0.3), (0.7, 0.95)])
        ground = words.color(random, low, high, random.uniform(0, 0.6))
        ink = "#ffffff" if low < 0.5 else "#000000"
    settings = {
        "theme": random.choice(["Metal", "Metal", "Steel", "Nimbus", "Nimbus", "Motif"]),
        "family": words.family(random),
        "size": str(random.choice([9, 10, 11, 12, 12, 13, 14, 16, 18, 20, 24])),
        "bold": str(int(random.random() < 0.3)),
        "antialias": random.choice(["gray", "gray", "colored", "none"]),
        "scale": str(random.choice([1, 1, 1, 1.25, 1.5, 2])),
        "gap": str(random.choice([0, 4, 8, 16])),
        "ground": ground,
        "ink": ink,
    }
    lines = [f"set\t{name}\t{value}" for name, value in settings.items()]
    java = program("SwingProgram", HINT)
    return read(java.ask(lines + draw_form(random, ["check", "check", "radio"])))
