from pathlib import Path

import numpy as np

from checkstate.core.types import Indices, Pixels
from checkstate.evaluation.robustness import GROUPS, by_group, stability


def test_what_a_change_flips_is_counted_and_what_it_leaves_is_not(crops: list[Path]) -> None:
    def is_bright(images: list[Pixels]) -> Indices:
        return np.array([int(image.mean() > 127) for image in images])

    def is_wide(images: list[Pixels]) -> Indices:
        return np.array([int(image.shape[1] > 5.5 * image.shape[0]) for image in images])

    encoded = [path.read_bytes() for path in crops]
    assert len(stability(encoded, is_bright)) == sum(map(len, GROUPS.values()))
    brightness, width = (by_group(stability(encoded, rule)) for rule in (is_bright, is_wide))
    assert brightness["scales"] == 1
    assert brightness["colors"] < 1
    assert width["rows"] < 0.5
    assert width["colors"] == 1
