"""Windows of desktop programs on a desktop: several toolkits' at a time, some partly covered."""

from __future__ import annotations

import importlib
from dataclasses import replace
from random import Random

import numpy as np
from PIL import Image, ImageDraw

from render.cutting import COVERED, HIDDEN, OTHER, Box, Control, overlap, size
from render.toolkits import words

SIZES = [(800, 600), (1024, 768), (1280, 720), (1366, 768), (1600, 900), (1920, 1080)]


def desktop(names: list[str], random: Random) -> tuple[Image.Image, list[Control]]:
    """Draw windows of some of the toolkits, the later ones over the earlier, some beyond the edge.

    A control that is covered in part has the label `hidden`, one that cannot be seen is gone.
    """
    canvas = wallpaper(random, random.choice(SIZES))
    controls: list[Control] = []
    for _ in range(random.choice([1, 1, 2, 2, 3])):
        toolkit = importlib.import_module(f"render.toolkits.{random.choice(names)}")
        picture, own = toolkit.window(random)
        title = random.choice([0, 22, 30])
        left = random.randint(0, max(0, canvas.width - picture.width))
        top = random.randint(title, max(title, canvas.height - picture.height))
        place = (left, top - title, left + picture.width, top + picture.height)
        controls = [covered(c, place) for c in controls if overlap(c.box, place) < size(c.box)]
        canvas.paste(picture, (left, top))
        if title:
            draw_title(canvas, (left, top - title, left + picture.width, top), random)
        controls += [moved(control, left, top) for control in own if control.label != OTHER]
    frame = (0.0, 0.0, float(canvas.width), float(canvas.height))
    return canvas, [control for control in controls if overlap(control.box, frame) > 0]


def wallpaper(random: Random, area: tuple[int, int]) -> Image.Image:
    """A plain, graded or mottled background."""
    first, second = (words.color(random, 0.1, 0.9, random.uniform(0, 0.8)) for _ in range(2))
    plain = Image.new("RGB", area, first)
    way = random.choice(["plain", "graded", "mottled"])
    if way == "plain":
        return plain
    if way == "graded":
        mask = Image.linear_gradient("L").resize(area)
    else:
        noise = np.random.default_rng(random.randrange(2**32)).integers(0, 255, (9, 16))
        mask = Image.fromarray(noise.astype(np.uint8)).resize(area, Image.Resampling.BICUBIC)
    return Image.composite(plain, Image.new("RGB", area, second), mask)


def draw_title(canvas: Image.Image, place: tuple[int, int, int, int], random: Random) -> None:
    """A title bar with a name and three buttons."""
    left, top, right, bottom = place
    color = words.color(random, 0.2, 0.9, random.uniform(0, 0.8))
    ink = "#000000" if words.luminance(color) > 128 else "#ffffff"
    draw = ImageDraw.Draw(canvas)
    draw.rectangle((left, top, right - 1, bottom - 1), fill=color)
    draw.text((left + 8, top + 5), words.title(random), fill=ink)
    for number, shape in enumerate(random.sample(["cross", "square", "line", "disc"], 3)):
        x, y, side = right - 20 - 22 * number, (top + bottom) // 2 - 5, 10
        box = (x, y, x + side, y + side)
        if shape == "cross":
            draw.line(box, fill=ink)
            draw.line((x, y + side, x + side, y), fill=ink)
        elif shape == "square":
            draw.rectangle(box, outline=ink)
        elif shape == "disc":
            draw.ellipse(box, fill=words.color(random, 0.4, 0.6, 0.8))
        else:
            draw.line((x, y + side, x + side, y + side), fill=ink)


def covered(control: Control, place: Box) -> Control:
    """A control under the edge of a window that came later."""
    shared = overlap(control.box, place)
    return replace(control, label=HIDDEN) if shared > COVERED * size(control.box) else control


def moved(control: Control, left: float, top: float) -> Control:
    """A control of a window that is placed somewhere."""
    box = (control.box[0] + left, control.box[1] + top, control.box[2] + left, control.box[3] + top)
    return replace(control, box=box, content=box, row=None)
