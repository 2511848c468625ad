from pathlib import Path

import numpy as np
from PIL import Image

from checkstate.core.types import Indices, Pixels
from checkstate.evaluation.robustness import GROUPS, by_group, stability
from tests.hostile import encode


def test_what_a_change_flips_is_counted_and_what_it_leaves_is_not(crops: list[Path]) -> None:
    def is_bright(images: list[Pixels]) -> Indices:
        return np.array([int(image.mean() > 127) for image in images])

    def is_wide(images: list[Pixels]) -> Indices:
        return np.array([int(image.shape[1] > 5.5 * image.shape[0]) for image in images])

    encoded = [path.read_bytes() for path in crops]
    labels = np.arange(len(crops)) % 2
    assert len(stability(encoded, labels, is_bright)) == sum(map(len, GROUPS.values()))
    brightness, width = (
        by_group(stability(encoded, labels, rule)) for rule in (is_bright, is_wide)
    )
    assert brightness["scales"] == 1
    assert brightness["colors"] < 1
    assert width["rows"] < 0.5
    assert width["colors"] == 1


def test_neighbors_are_of_another_class(picture: Image.Image) -> None:
    red, blue = (Image.new("RGB", picture.size, color) for color in ("red", "blue"))

    def has_blue(images: list[Pixels]) -> Indices:
        return np.array([int((image == (0, 0, 255)).all(2).any()) for image in images])

    encoded = [encode(image, "PNG") for image in (red, red, blue, blue)]
    rows = stability(encoded, np.array([0, 0, 1, 1]), has_blue)
    same = {str(row["variant"]): row["same"] for row in rows}
    assert [same[f"slices of {height} px"] for height in (4, 8, 16)] == [0.5, 0.5, 0.5]
    assert same["frame"] == same["up to 8 px tighter"] == 1
