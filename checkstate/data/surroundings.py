"""Surroundings of a crop: the rest of its row, neighbors, lines and frames.

A crop of a data set often shows a control alone, while accessibility APIs give whole rows, and
loose boxes show slices of the rows above and below. Images are uint8 [height, width, 3], before
the resize: a long row changes the scale at which a model sees the control.
"""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from checkstate.core.types import Pixels
from checkstate.runtime.images import border_color

MAX_RATIO = 14.0
"""Width by height of the longest row that training draws."""

FLAT = 8.0
"""Standard deviation, in levels, of an edge that goes on as it is."""

NEAR_COLORS = 80
"""Levels by which two backgrounds may differ and still be brought together."""


def surround(pixels: Pixels, neighbor: Pixels, rng: Generator) -> Pixels:
    """Put an image into surroundings drawn at random; the image itself stays whole.

    `neighbor` is another image, whose slices show at the edges.
    """
    if rng.random() < 0.6:
        pixels = draw_row(pixels, rng)
    choice = rng.random()
    if choice < 0.4:
        return draw_slices(pixels, neighbor, rng)
    if choice < 0.6:
        return draw_lines(pixels, rng)
    if choice < 0.75:
        gap, thickness = int(rng.integers(0, 6)), int(rng.integers(1, 3))
        return add_frame(pixels, gap, thickness, contrasting(border_color(pixels), rng))
    return pixels


def draw_row(pixels: Pixels, rng: Generator) -> Pixels:
    """Extend to a row of any length, mostly to the right of the control."""
    height, width = pixels.shape[:2]
    added = int(rng.uniform(width, max(width, MAX_RATIO * height)) - width)
    side = rng.random()
    left = 0 if side < 0.6 else added if side < 0.85 else int(rng.integers(0, added + 1))
    return extend_row(pixels, left, added - left)


def draw_slices(pixels: Pixels, neighbor: Pixels, rng: Generator) -> Pixels:
    """Show up to 16 pixels of a neighbor above, below, or at both edges."""
    most = max(3, min(17, pixels.shape[0] // 2 + 1))
    above, below = (int(rng.integers(2, most)) for _ in range(2))
    where, gap = int(rng.integers(1, 4)), int(rng.integers(0, 7))
    start = rng.random()
    return add_slices(pixels, neighbor, above * (where & 1), below * (where >> 1), gap, start)


def draw_lines(pixels: Pixels, rng: Generator) -> Pixels:
    """Rules at the top, the bottom or both, as between the rows of a list."""
    color, where = contrasting(border_color(pixels), rng), int(rng.integers(1, 4))
    gap, thickness = int(rng.integers(0, 6)), int(rng.integers(1, 3))
    return add_lines(pixels, gap, thickness * (where & 1), thickness * (where >> 1), color)


def extend_row(pixels: Pixels, left: int, right: int) -> Pixels:
    """Go on with the background for so many pixels on either side."""
    before, after = background(pixels, 0, left), background(pixels, -1, right)
    return np.concatenate([before, pixels, after], axis=1)


def background(pixels: Pixels, column: int, width: int) -> Pixels:
    """More of what an edge column shows, if that is flat, else of the border's color."""
    edge = pixels[:, column : column + 1 or None]
    if edge.std(axis=0).max() > FLAT:
        edge = np.broadcast_to(border_color(pixels), edge.shape)
    return np.repeat(edge, width, axis=1)


def add_slices(
    pixels: Pixels, neighbor: Pixels, above: int, below: int, gap: int, start: float
) -> Pixels:
    """Show the last rows of a neighbor above and its first rows below, behind a gap.

    A neighbor on a similar background is brought to the same one; of a wider one, the part that
    begins at the share `start` of what is too much shows.
    """
    color = border_color(pixels).astype(int)
    shift = color - border_color(neighbor)
    if np.abs(shift).max() < NEAR_COLORS:
        neighbor = np.clip(neighbor + shift, 0, 255).astype(np.uint8)
    neighbor = as_wide(neighbor, pixels.shape[1], start)
    space = np.full((gap, pixels.shape[1], 3), color, np.uint8)
    top = [neighbor[-above:], space] if above else []
    bottom = [space, neighbor[:below]] if below else []
    return np.concatenate([*top, pixels, *bottom], axis=0)


def as_wide(pixels: Pixels, width: int, start: float) -> Pixels:
    """Cut an image to a width, or go on with its background."""
    spare = pixels.shape[1] - width
    if spare < 0:
        return extend_row(pixels, 0, -spare)
    left = int(start * spare)
    return pixels[:, left : left + width]


def add_lines(pixels: Pixels, gap: int, above: int, below: int, color: Pixels) -> Pixels:
    """Rules of so many pixels above and below, behind a gap."""
    width = pixels.shape[1]
    space = np.full((gap, width, 3), border_color(pixels), np.uint8)
    top = [np.full((above, width, 3), color, np.uint8), space] if above else []
    bottom = [space, np.full((below, width, 3), color, np.uint8)] if below else []
    return np.concatenate([*top, pixels, *bottom], axis=0)


def add_frame(pixels: Pixels, gap: int, thickness: int, color: Pixels) -> Pixels:
    """A rectangle around the whole, behind a gap: a card, a focus ring, a table's cell."""
    height, width = pixels.shape[:2]
    edge = gap + thickness
    framed = np.full((height + 2 * edge, width + 2 * edge, 3), color, np.uint8)
    framed[thickness:-thickness, thickness:-thickness] = border_color(pixels)
    framed[edge : edge + height, edge : edge + width] = pixels
    return framed


def contrasting(color: Pixels, rng: Generator) -> Pixels:
    """A color of lines: some steps lighter or darker than the background, seldom any color."""
    if rng.random() < 0.2:
        return rng.integers(0, 256, 3, np.uint8)
    step = int(rng.integers(20, 160)) * (1 if int(color.mean()) < 128 else -1)
    shifted: Pixels = np.clip(color.astype(int) + step, 0, 255).astype(np.uint8)
    return shifted
