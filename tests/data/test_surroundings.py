import numpy as np
import pytest
from PIL import Image

from checkstate.core.types import Pixels
from checkstate.data.surroundings import (
    MAX_RATIO,
    add_frame,
    add_lines,
    add_slices,
    extend_row,
    surround,
)

RED = np.array([255, 0, 0], np.uint8)


@pytest.fixture
def pixels(picture: Image.Image) -> Pixels:
    return np.asarray(picture.convert("RGB"))


def holds(whole: Pixels, part: Pixels) -> bool:
    """Whether a part stands somewhere in the whole, pixel by pixel."""
    height, width = part.shape[:2]
    windows = np.lib.stride_tricks.sliding_window_view(whole, part.shape).reshape(-1, *part.shape)
    assert whole.shape[0] >= height
    assert whole.shape[1] >= width
    return bool((windows == part).all((1, 2, 3)).any())


@pytest.mark.parametrize("seed", range(12))
def test_the_image_stays_whole_in_any_surroundings_which_repeat(seed: int) -> None:
    rng = np.random.default_rng(seed)
    image, neighbor = (rng.integers(0, 256, (12, 20, 3), np.uint8) for _ in range(2))
    drawn = surround(image, neighbor, np.random.default_rng(seed))
    assert holds(drawn, image)
    assert drawn.shape[1] <= MAX_RATIO * 12 + 20
    assert np.array_equal(drawn, surround(image, neighbor, np.random.default_rng(seed)))


def test_a_row_goes_on_with_the_background(pixels: Pixels) -> None:
    height, width = pixels.shape[:2]
    row = extend_row(pixels, 0, 300)
    assert row.shape == (height, width + 300, 3)
    assert (row[:, width:] == row[0, -1]).all()
    assert np.array_equal(row[:, :width], pixels)


def test_slices_of_a_neighbor_show_at_the_edges_on_the_same_background() -> None:
    image = np.full((20, 30, 3), 200, np.uint8)
    neighbor = np.full((20, 40, 3), 220, np.uint8)
    neighbor[:6, 10:20] = 30
    drawn = add_slices(image, neighbor, above=0, below=5, gap=2, start=0)
    assert drawn.shape == (27, 30, 3)
    assert (drawn[22:, 10:20] == 10).all()
    assert (drawn[22:, :10] == 200).all()


def test_lines_and_frames_are_outside_of_the_image(pixels: Pixels) -> None:
    lined = add_lines(pixels, gap=2, above=1, below=0, color=RED)
    assert (lined[0] == RED).all()
    assert np.array_equal(lined[3:], pixels)
    framed = add_frame(pixels, gap=3, thickness=1, color=RED)
    assert (framed[[0, -1]] == RED).all()
    assert (framed[:, [0, -1]] == RED).all()
    assert np.array_equal(framed[4:-4, 4:-4], pixels)
