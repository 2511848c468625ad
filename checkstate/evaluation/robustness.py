"""How often a prediction stays the same when a crop is cut, scaled or colored otherwise.

The variants are what tools and screens do to a crop without changing the control: the whole row
instead of the control, a looser or tighter box, neighbors at the edges, another scale or color.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence

import numpy as np
from PIL import Image, ImageOps

from checkstate.core.types import Indices, Pixels
from checkstate.data.surroundings import add_frame, add_lines, add_slices, extend_row
from checkstate.runtime.images import border_color, read_image

Variant = Callable[[Pixels, Pixels], Pixels]
"""An image and a neighbor, uint8 [height, width, 3], to another image."""

LINE = np.array([128, 128, 128], np.uint8)


def row(ratio: float, side: str) -> Variant:
    """The row of a control, so many times as wide as high."""

    def extend(pixels: Pixels, _: Pixels) -> Pixels:
        added = max(0, round(ratio * pixels.shape[0]) - pixels.shape[1])
        return extend_row(pixels, *((0, added) if side == "right" else (added, 0)))

    return extend


def looser(pixels: Pixels, _: Pixels) -> Pixels:
    """Eight pixels more of the background on each side."""
    height, width = pixels.shape[:2]
    framed = np.full((height + 16, width + 16, 3), border_color(pixels), np.uint8)
    framed[8:-8, 8:-8] = pixels
    return framed


def tighter(pixels: Pixels, _: Pixels) -> Pixels:
    """Up to eight pixels less on each side, at most a tenth, for the control stays."""
    y, x = (min(8, side // 10) for side in pixels.shape[:2])
    return pixels[y : pixels.shape[0] - y, x : pixels.shape[1] - x]


def lines(pixels: Pixels, _: Pixels) -> Pixels:
    """Rules of one pixel above and below."""
    return add_lines(pixels, gap=2, above=1, below=1, color=LINE)


def frame(pixels: Pixels, _: Pixels) -> Pixels:
    """A rectangle of one pixel around it."""
    return add_frame(pixels, gap=2, thickness=1, color=LINE)


def slices(height: int) -> Variant:
    """So many pixels of another image above and below."""

    def add(pixels: Pixels, neighbor: Pixels) -> Pixels:
        return add_slices(pixels, neighbor, above=height, below=height, gap=2, start=0)

    return add


def scaled(factor: float) -> Variant:
    """Another number of pixels for the same thing."""

    def resize(pixels: Pixels, _: Pixels) -> Pixels:
        size = [max(1, round(factor * side)) for side in (pixels.shape[1], pixels.shape[0])]
        image = Image.fromarray(pixels).resize((size[0], size[1]), Image.Resampling.LANCZOS)
        return np.asarray(image)

    return resize


def gray(pixels: Pixels, _: Pixels) -> Pixels:
    """Without colors."""
    return np.asarray(Image.fromarray(pixels).convert("L").convert("RGB"))


def inverted(pixels: Pixels, _: Pixels) -> Pixels:
    """Light as dark."""
    return np.asarray(ImageOps.invert(Image.fromarray(pixels)))


def jpeg(pixels: Pixels, _: Pixels) -> Pixels:
    """Through JPEG of quality 30."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=30)
    return np.asarray(Image.open(buffer))


GROUPS: dict[str, dict[str, Variant]] = {
    "rows": {
        f"row {side}, {ratio}:1": row(ratio, side)
        for side in ("right", "left")
        for ratio in (6, 10)
    },
    "margins": {"8 px looser": looser, "up to 8 px tighter": tighter},
    "neighbors": {
        "lines": lines,
        "frame": frame,
        **{f"slices of {height} px": slices(height) for height in (4, 8, 16)},
    },
    "scales": {f"{factor} of the size": scaled(factor) for factor in (0.5, 0.7, 1.4, 2)},
    "colors": {"gray": gray, "inverted": inverted, "JPEG 30": jpeg},
}


def stability(
    encoded: Sequence[bytes], labels: Indices, predict: Callable[[list[Pixels]], Indices]
) -> list[dict[str, object]]:
    """One row a variant: the share of images whose prediction stays the same.

    `predict` takes images of any size and gives class indices, int64 [n], as `labels` are. The
    neighbor of an image lies half of all images away in the order of their classes, so that it is
    of another class wherever none has most of them: one of the same would answer for it.
    """
    images = [np.asarray(read_image(content)) for content in encoded]
    order = np.argsort(labels, kind="stable")
    opposite = dict(zip(order.tolist(), np.roll(order, len(order) // 2).tolist(), strict=True))
    neighbors = [images[opposite[index]] for index in range(len(images))]
    before = predict(images)
    rows: list[dict[str, object]] = []
    for group, variants in GROUPS.items():
        for name, variant in variants.items():
            changed = [variant(i, n) for i, n in zip(images, neighbors, strict=True)]
            same = float((predict(changed) == before).mean())
            rows.append({"group": group, "variant": name, "same": round(same, 6)})
    return rows


def by_group(rows: Sequence[dict[str, object]]) -> dict[str, float]:
    """The mean of each group."""
    return {
        group: float(np.mean([float(str(row["same"])) for row in rows if row["group"] == group]))
        for group in GROUPS
    }
