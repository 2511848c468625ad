"""What pictures of a window tell where a toolkit does not: places that change, and how much."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from PIL import Image, ImageChops

from render.cutting import Box, Control

Drawn = tuple[Image.Image, list[Control], bool]
"""A window, the controls on it, and whether every control there shows its state."""
TRIES = 8
FAINT = 30
"""Gray levels that a control's brightest and darkest pixels are apart at least."""
VISIBLE = 40
"""Gray levels by which a pixel must change to count when a control is toggled."""


def clear_window(draw: Callable[[], Drawn]) -> tuple[Image.Image, list[Control]]:
    """Draw windows until every control on one shows its state.

    A control that does not, as with white marks on white, has no label, and yet crops of its
    neighbors could show it.
    """
    for _ in range(TRIES):
        picture, controls, clear = draw()
        if clear:
            break
    return picture, controls


def changed(first: Image.Image, second: Image.Image, area: Box) -> Box | None:
    """The box around the pixels of an area that differ between two pictures."""
    left, top, right, bottom = (round(side) for side in area)
    parts = (image.crop((left, top, right, bottom)) for image in (first, second))
    found = ImageChops.difference(*parts).getbbox()
    return found and (left + found[0], top + found[1], left + found[2], top + found[3])


def told_apart(picture: Image.Image, toggled: Image.Image, area: Box, ground: int = 0) -> bool:
    """Whether a control is seen and shows its state: some pixels change when it is toggled.

    One that is a plain area is seen against some pixels of the ground around it.
    """
    left, top, right, bottom = (round(side) for side in area)
    left, top, right, bottom = left - ground, top - ground, right + ground, bottom + ground
    one, two = (
        np.asarray(image.crop((left, top, right, bottom)), dtype=np.int16)
        for image in (picture, toggled)
    )
    seen = np.ptp(one.reshape(-1, 3), axis=0).max() >= FAINT
    return bool(seen and (np.abs(one - two).max(axis=2) >= VISIBLE).sum() >= 6)


def enlarged(
    picture: Image.Image, controls: list[Control], factor: float
) -> tuple[Image.Image, list[Control]]:
    """A window as a screen of high resolution stretches that of a program which knows none."""
    if factor == 1:
        return picture, controls
    size = (math.ceil(picture.width * factor), math.ceil(picture.height * factor))
    stretched = [
        replace(
            control,
            box=scaled(control.box, factor),
            content=scaled(control.content, factor),
            row=control.row and scaled(control.row, factor),
        )
        for control in controls
    ]
    return picture.resize(size, Image.Resampling.BILINEAR), stretched


def scaled(box: Box, factor: float) -> Box:
    """A box on a picture of another size."""
    left, top, right, bottom = (side * factor for side in box)
    return left, top, right, bottom
