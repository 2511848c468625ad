"""Windows of GTK 3 programs in the themes of Debian's packages.

Needs `apt install python3-gi gir1.2-gtk-3.0 xvfb` and themes; gtk_program.py draws, run by the
system's Python.
"""

from __future__ import annotations

from functools import cache, partial
from pathlib import Path
from random import Random

from PIL import Image

from render.cutting import Control
from render.toolkits import words, xserver
from render.toolkits.foreign import Program, at_home, read
from render.toolkits.form import draw_form
from render.toolkits.pixels import Drawn, clear_window, enlarged

HINT = "`apt install python3-gi gir1.2-gtk-3.0 adwaita-icon-theme`"
THEMES = ["Adwaita", "Adwaita", "HighContrast", "Arc", "Arc-Dark", "Arc-Darker", "Materia",
          "Materia-dark", "Materia-light-compact", "Numix", "Raleigh", "Greybird", "Breeze",
          "Breeze-Dark", "Orchis", "Orchis-Dark", "Blackbird", "Greybird-dark"]  # fmt: skip


def window(random: Random) -> tuple[Image.Image, list[Control]]:
    """Draw one window; give its picture and what stands on it."""
    picture, controls = clear_window(partial(draw, random))
    return enlarged(picture, controls, random.choice([1, 1, 1, 1, 1.25, 1.5, 2]))


def draw(random: Random) -> Drawn:
    """Draw one form in one theme."""
    theme = random.choice([name for name in THEMES if installed(name)])
    size = random.choice([7, 8, 9, 10, 10, 11, 11, 12, 14, 16, 18])
    weight = " Bold" if random.random() < 0.1 else ""
    settings = {
        "theme": theme,
        "font": f"{words.family(random)}{weight} {size}",
        "dark": str(int(random.random() < 0.3)),
        "antialias": random.choice(["gray", "gray", "colored", "none"]),
        "rtl": str(int(random.random() < 0.05)),
        "gap": str(random.choice([0, 4, 8, 16])),
        "css": draw_css(random),
    }
    lines = [f"set\t{name}\t{value}" for name, value in settings.items()]
    lines += draw_form(random, ["check", "check", "check", "radio", "radio", "switch"])
    return read(program().ask(lines))


def installed(theme: str) -> bool:
    """Whether a theme is there; some come with GTK itself."""
    return (
        theme in ("Adwaita", "HighContrast", "Raleigh")
        or Path(f"/usr/share/themes/{theme}/gtk-3.0").is_dir()
    )


def draw_css(random: Random) -> str:
    """What an application's own style sheet changes, half of the time nothing."""
    rules = []
    if random.random() < 0.25:
        low, high = random.choice([(0.1, 0.3), (0.7, 0.95)])
        ground = words.color(random, low, high, random.uniform(0, 0.6))
        ink = "#ffffff" if low < 0.5 else "#000000"
        rules.append(f"window, box {{ background: {ground}; color: {ink}; }}")
    if random.random() < 0.2:
        size = random.choice([10, 12, 20, 24])
        rules.append(f"check, radio {{ min-width: {size}px; min-height: {size}px; }}")
    if random.random() < 0.15:
        accent = words.color(random, 0.3, 0.5, random.uniform(0.5, 1))
        rules.append(
            f"check:checked, radio:checked, switch:checked {{ background-image: none;"
            f" background-color: {accent}; color: #ffffff; }}"
        )
    return " ".join(rules)


@cache
def program() -> Program:
    """The one program that draws."""
    xserver.display()
    folder = xserver.kept_folder("gtk")
    command = ["/usr/bin/python3", "-m", "render.toolkits.gtk_program", str(folder / "window.png")]
    return Program(command, HINT, at_home(folder))
