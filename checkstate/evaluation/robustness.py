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
from checkstate.data.surroundings import add_lines, add_slices, extend_row
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
    """Eight pixels less on each side, at most a tenth."""
    y, x = (min(8, side // 10) for side in pixels.shape[:2])
    return pixels[y : pixels.shape[0] - y, x : pixels.shape[1] - x]


def lines(pixels: Pixels, _: Pixels) -> Pixels:
    """Rules of one pixel above and below."""
    return add_lines(pixels, gap=2, above=1, below=1, color=LINE)


def slices(pixels: Pixels, neighbor: Pixels) -> Pixels:
    """Eight pixels of another image above and below."""
    return add_slices(pixels, neighbor, above=8, below=8, gap=2, start=0)


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
    "margins": {"8 px looser": looser, "8 px tighter": tighter},
    "neighbors": {"lines": lines, "slices": slices},
    "scales": {"half": scaled(0.5), "double": scaled(2)},
    "colors": {"gray": gray, "inverted": inverted, "JPEG 30": jpeg},
}


def stability(
    encoded: Sequence[bytes], predict: Callable[[list[Pixels]], Indices]
) -> list[dict[str, object]]:
    """One row a variant: the share of images whose prediction stays the same.

    `predict` takes images of any size and gives class indices, int64 [n]. The neighbor of an
    image is the next one.
    """
    images = [np.asarray(read_image(content)) for content in encoded]
    neighbors = images[1:] + images[:1]
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
