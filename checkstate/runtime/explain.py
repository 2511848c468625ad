"""Which pixels a prediction rests on: occlusion maps, which need no gradients."""

from __future__ import annotations

import numpy as np
from PIL import Image

from checkstate.core.types import Floats, Pixels
from checkstate.runtime.images import border_color
from checkstate.runtime.predictor import Predictor

GRID = 12
"""Patches a side."""


def occlusion(predictor: Predictor, pixels: Pixels) -> Floats:
    """How much the prediction's probability falls when a patch is hidden, float32 [GRID, GRID].

    Sliding occlusion (Zeiler and Fergus 2014) of one model input, uint8 [height, width, 3]; a patch
    is two cells wide and takes the border's color. Scaled to 0..1.
    """
    height, width = pixels.shape[:2]
    whole = predictor.probabilities(pixels[None])[0]
    predicted = int(whole.argmax())
    hidden = np.repeat(pixels[None], GRID * GRID, axis=0)
    color = border_color(pixels)
    for cell in range(GRID * GRID):
        row, column = divmod(cell, GRID)
        top, left = (row - 0.5) * height / GRID, (column - 0.5) * width / GRID
        bottom, right = top + 2 * height / GRID, left + 2 * width / GRID
        hidden[cell, max(0, int(top)) : int(bottom), max(0, int(left)) : int(right)] = color
    falls = whole[predicted] - predictor.probabilities(hidden)[:, predicted]
    heat = np.clip(falls, 0, None).reshape(GRID, GRID)
    scaled: Floats = (heat / max(float(heat.max()), 1e-6)).astype(np.float32)
    return scaled


def overlay(predictor: Predictor, pixels: Pixels) -> Image.Image:
    """A preprocessed image, as the model sees it, with what the prediction rests on in red."""
    heat = Image.fromarray(np.uint8(255 * occlusion(predictor, pixels)))
    mask = heat.resize((pixels.shape[1], pixels.shape[0]), Image.Resampling.BICUBIC)
    base = Image.fromarray(pixels)
    red = Image.new("RGB", base.size, (230, 30, 30))
    return Image.composite(Image.blend(base, red, 0.65), base, mask)
