"""Windows of Motif programs, with the indicators, shadows, fonts and colors that resources choose.

Needs `apt install g++ libmotif-dev xvfb`; MotifProgram.cpp draws.
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

HINT = "`apt install g++ libmotif-dev`"
LIGHT = 215
"""Luminance of surfaces on which Motif's lights are lost, and shades alone tell little."""
BOXLESS = ["INDICATOR_CHECK", "INDICATOR_CROSS"]


def window(random: Random) -> tuple[Image.Image, list[Control]]:
    """Draw one window; give its picture and what stands on it."""
    picture, controls = clear_window(partial(draw, random))
    return enlarged(picture, controls, random.choice([1, 1, 1, 1, 1.25, 1.5, 2]))


def draw(random: Random) -> Drawn:
    """Draw one form with the resources of one program."""
    colors, size = palette(random), random.choice([9, 10, 11, 12, 12, 13, 14, 15, 16, 18, 20, 24])
    resources = fonts(random, size) | surfaces(random, colors) | indicators(random, size, colors)
    lines = [f"set\t*{name}\t{value}" for name, value in resources.items()]
    lines += [f"set\tchosen\t{random.randrange(100)}", f"set\tline\t{size + 20}"]
    lines += draw_native(random, ["check", "check", "check", "radio", "radio"])
    return read(program("MotifProgram.cpp", ("Xm", "Xt", "X11"), HINT).ask(lines))


def fonts(random: Random, size: int) -> dict[str, object]:
    """A font for all texts; Motif keeps what it once made of a name, so each font has its own."""
    family, bold = words.family(random), random.random() < 0.35
    name = f"{family}{size}{bold}".replace(" ", "")
    return {
        "renderTable": name,
        f"{name}.fontName": family,
        f"{name}.fontType": "FONT_IS_XFT",
        f"{name}.pixelSize": size,
        f"{name}.fontStyle": "Bold" if bold else "Regular",
    }


def surfaces(random: Random, colors: dict[str, str]) -> dict[str, object]:
    """Colors, shadows and gaps of a program."""
    return {
        "background": colors["ground"],
        "foreground": colors["ink"],
        "XmTextField.background": colors["paper"],
        "list.background": colors["paper"],
        "tree.background": random.choice([colors["paper"], colors["ground"]]),
        "list*inner.background": colors["paper"],
        "list*XmToggleButton.background": colors["paper"],
        "list.shadowType": "SHADOW_IN",
        "menu.shadowType": "SHADOW_OUT",
        "group.shadowType": random.choice(
            ["SHADOW_ETCHED_IN", "SHADOW_ETCHED_OUT", "SHADOW_IN", "SHADOW_OUT"]
        ),
        "shadowThickness": random.choice([1, 2, 2, 2, 3]),
        "XmForm.shadowThickness": 0,
        "XmRowColumn.shadowThickness": 0,
        "highlightThickness": random.choice([0, 1, 2, 2]),
        "marginHeight": random.choice([0, 1, 2, 3, 4]),
        "marginWidth": random.choice([2, 3, 4, 6]),
        "spacing": random.choice([0, 2, 4, 8]),
        "columns.spacing": random.choice([4, 10, 20]),
        "columns.packing": "PACK_TIGHT",
        "XmTextField.columns": random.choice([8, 12, 20]),
        "cursorPositionVisible": "False",
    }


def indicators(random: Random, size: int, colors: dict[str, str]) -> dict[str, object]:
    """The look of toggles: old ones sink and are filled, newer ones have a mark in a box."""
    vivid = words.color(random, 0.3, 0.6, random.uniform(0.6, 1))
    chosen = random.choice([vivid, vivid, vivid, "#ffff00", "#ff0000"])
    lighter = max(colors["ground"], colors["paper"], key=words.luminance)
    ground = words.luminance(colors["ground"])
    fill = "True" if ground > LIGHT else random.choice(["True", "True", "True", "False"])
    box = random.choice(
        ["INDICATOR_FILL", "INDICATOR_FILL", "INDICATOR_BOX", "INDICATOR_CHECK_BOX",
         "INDICATOR_CHECK_BOX", "INDICATOR_CHECK", "INDICATOR_CROSS_BOX", "INDICATOR_CROSS"]
    )  # fmt: skip
    # without a fill, light and shade alone tell the state, which takes some size
    least = 9 if fill == "True" else 13
    return {
        "check.indicatorType": "N_OF_MANY",
        "check.indicatorOn": box,
        "radio.indicatorType": random.choice(
            ["ONE_OF_MANY", "ONE_OF_MANY_ROUND", "ONE_OF_MANY_DIAMOND"]
        ),
        "radio.indicatorOn": random.choice(["INDICATOR_FILL", "INDICATOR_FILL", "INDICATOR_BOX"]),
        # what has no box would be filled like one
        "check.fillOnSelect": "False" if box in BOXLESS else fill,
        "radio.fillOnSelect": fill,
        # an empty frame would look like a box
        "XmToggleButton.shadowThickness": 0 if box in BOXLESS else random.choice([0, 0, 0, 1, 2]),
        "XmToggleButton.selectColor": chosen,
        "XmToggleButton.unselectColor": random.choice([colors["ground"], lighter]),
        "XmToggleButton.indicatorSize": max(least, size + random.choice([-3, -2, 0, 0, 2, 4])),
        "XmToggleButton.spacing": random.choice([2, 4, 4, 8]),
        "XmToggleButton.visibleWhenOff": "True",
        "menu*XmToggleButton.visibleWhenOff": random.choice(["True", "False"]),
    }
