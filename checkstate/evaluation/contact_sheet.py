"""Pictures of many images with a caption each."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from checkstate.core.files import atomic_write
from checkstate.core.types import Floats
from checkstate.data.datasets import Images

Caption = Sequence[tuple[str, str]]
"""Lines of text with their color."""

LINE = 12  # pixels of Pillow's default font, with its gap


def contact_sheet(
    path: Path,
    images: Sequence[Image.Image],
    captions: Sequence[Caption],
    cell: tuple[int, int],
    columns: int,
) -> None:
    """Write a PNG of images, shrunk into cells of `cell` (width, height) pixels, captions below."""
    lines = max((len(caption) for caption in captions), default=1)
    width, height = cell[0] + 12, cell[1] + 12 + lines * LINE
    rows = max(1, -(-len(images) // columns))
    sheet = Image.new("RGB", (columns * width, rows * height), "white")
    draw = ImageDraw.Draw(sheet)
    for place, (image, caption) in enumerate(zip(images, captions, strict=True)):
        left, top = place % columns * width, place // columns * height
        small = image.copy()
        small.thumbnail(cell)
        sheet.paste(small, (left + (width - small.width) // 2, top + 6))
        for number, (text, color) in enumerate(caption):
            draw.text((left + 6, top + cell[1] + 8 + number * LINE), text, color)
    if not images:
        draw.text((6, 2), "none", "black")
    with atomic_write(path) as temporary:
        sheet.save(temporary, "PNG", optimize=True)


def draw_mistakes(path: Path, probabilities: Floats, data: Images, worst: int) -> None:
    """Draw the most confident mistakes with label and prediction."""
    predicted = probabilities.argmax(1)
    wrong = np.flatnonzero(predicted != data.labels)
    wrong = wrong[np.argsort(-probabilities[wrong].max(1), kind="stable")][:worst]
    captions = [
        [
            (f"label {data.classes[data.labels[i]]}", "black"),
            (f"predicted {data.classes[predicted[i]]} {probabilities[i].max():.2f}", "#c01010"),
        ]
        for i in wrong
    ]
    height, width = data.pixels.shape[1:3]
    images = [Image.fromarray(data.pixels[i]) for i in wrong]
    contact_sheet(path, images, captions, (width, height), columns=6)
