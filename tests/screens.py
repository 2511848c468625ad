"""A screenshot of real rendered controls at known places."""

from pathlib import Path

from PIL import Image, ImageDraw

ROOT = Path(__file__).parent.parent
CONTROLS = ROOT / "tests/controls"
"""Crops on white whose state nobody doubts: a page of dark patches is no screen."""

NAMES = ["bootstrap-checkbox", "onsen-radio", "vuetify-checkbox", "antd-switch"]
"""The largest comes last: below the others there is room for it."""


def screenshot() -> tuple[Image.Image, list[tuple[str, tuple[int, int, int, int]]]]:
    """A page of text and of eight crops, with the state and the place of each crop."""
    canvas = Image.new("RGB", (900, 740), "white")
    draw = ImageDraw.Draw(canvas)
    for line in range(20):
        draw.text((20, 20 + 30 * line), "Settings of this computer and its users", "black")
    places = []
    for column, state in enumerate(["checked", "unchecked"]):
        for row, name in enumerate(NAMES):
            crop = Image.open(sorted((CONTROLS / state).glob(f"{name}-*.png"))[0]).convert("RGB")
            left, top = 300 + 300 * column, 40 + 150 * row
            canvas.paste(crop, (left, top))
            places.append((state, (left, top, left + crop.width, top + crop.height)))
    return canvas, places
