"""Which pixels a prediction rests on: occlusion maps, which need no gradients."""

from __future__ import annotations

import numpy as np
from PIL import Image

from checkstate.core.types import Floats, Pixels
from checkstate.runtime.images import border_color
from checkstate.runtime.predictor import Predictor

GRID = 12
"""Patches a side."""

BATCH = 4
"""Images of a run, a divisor of GRID, as many as the service predicts at once: a session keeps the
memory of its largest run, 50 MB for 12 images."""

MAGENTA = (255, 0, 200)


def occlusion(predictor: Predictor, pixels: Pixels) -> Floats:
    """How much the prediction's probability falls when a patch is hidden, float32 [GRID, GRID].

    Sliding occlusion (Zeiler and Fergus 2014) of one model input, uint8 [height, width, 3]; a patch
    is two cells wide and takes the border's color. Scaled to 0..1.
    """
    height, width = pixels.shape[:2]
    whole = predictor.probabilities(pixels[None])[0]
    predicted = int(whole.argmax())
    color = border_color(pixels)
    falls = np.empty((GRID, GRID), np.float32)
    for row in range(GRID):
        hidden = np.repeat(pixels[None], GRID, axis=0)
        for column in range(GRID):
            top, left = (row - 0.5) * height / GRID, (column - 0.5) * width / GRID
            bottom, right = top + 2 * height / GRID, left + 2 * width / GRID
            hidden[column, max(0, int(top)) : int(bottom), max(0, int(left)) : int(right)] = color
        runs = [predictor.probabilities(part) for part in np.split(hidden, GRID // BATCH)]
        falls[row] = whole[predicted] - np.concatenate(runs)[:, predicted]
    heat = np.clip(falls, 0, None)
    scaled: Floats = (heat / max(float(heat.max()), 1e-6)).astype(np.float32)
    return scaled


def overlay(predictor: Predictor, pixels: Pixels) -> Image.Image:
    """A preprocessed image, as the model sees it, with what the prediction rests on in magenta."""
    return paint(pixels, occlusion(predictor, pixels))


def paint(pixels: Pixels, heat: Floats) -> Image.Image:
    """The image, uint8 [height, width, 3], in grays, and over it the heat, float32 [rows, columns]
    of 0..1, in magenta: the only color, so that it shows on a control of any color."""
    gray = Image.fromarray(pixels).convert("L").convert("RGB")
    mask = Image.fromarray(np.uint8(255 * heat)).resize(gray.size, Image.Resampling.BICUBIC)
    color = Image.new("RGB", gray.size, MAGENTA)
    return Image.composite(Image.blend(gray, color, 0.75), gray, mask)
