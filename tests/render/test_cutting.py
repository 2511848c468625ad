"""Crops of drawn pictures, whose controls lie where we put them."""

import io
from random import Random

import numpy as np
import pytest
from PIL import Image, ImageDraw

from render.cutting import Box, Control, clipped, cut_crops, draw_areas, overlap, shows_alone, size

RED, BLUE = (220, 20, 20), (20, 20, 220)


def scene(rows: int = 6) -> tuple[Image.Image, list[Control]]:
    """A list of boxes, red where checked and blue where not, each with a black label."""
    picture = Image.new("RGB", (400, 24 * rows), "white")
    draw = ImageDraw.Draw(picture)
    controls = []
    for number in range(rows):
        top, checked = 24 * number, number % 2
        box: Box = (10, top + 5, 24, top + 19)
        draw.rectangle((10, top + 5, 23, top + 18), fill=RED if checked else BLUE)
        draw.text((34, top + 6), "a label", "black")
        label = "checked" if checked else "unchecked"
        content = (10.0, float(top + 3), 90.0, float(top + 21))
        controls.append(Control("checkbox", label, box, content, (0, top, 400, top + 24)))
    return picture, controls


def pixels_of(crop: Image.Image, color: tuple[int, int, int]) -> int:
    return int((np.asarray(crop) == color).all(2).sum())


@pytest.mark.parametrize("seed", range(20))
def test_a_crop_shows_its_control_whole_and_none_in_another_state(seed: int) -> None:
    picture, controls = scene()
    crops = list(cut_crops(picture, controls, "set", Random(seed)))
    assert len(crops) == len(controls)
    for path, png in crops:
        label, name = path.split("/")
        crop = Image.open(io.BytesIO(png)).convert("RGB")
        ours, others = (RED, BLUE) if label == "checked" else (BLUE, RED)
        assert name.startswith("set-checkbox-")
        assert pixels_of(crop, ours) >= 14 * 14
        assert pixels_of(crop, others) <= 2 * 0.31 * 14 * 14


def test_the_same_generator_cuts_the_same() -> None:
    picture, controls = scene()
    first, second = (list(cut_crops(picture, controls, "set", Random(1))) for _ in range(2))
    assert first == second


def test_rows_loose_boxes_and_the_control_alone_all_occur() -> None:
    _, controls = scene()
    areas = [draw_areas(controls[2], Random(seed))[0] for seed in range(200)]
    widths = [area[2] - area[0] for area in areas]
    heights = [area[3] - area[1] for area in areas]
    assert min(widths) < 30
    assert max(widths) >= 400
    assert max(heights) > 40


def test_an_area_with_two_states_is_refused() -> None:
    _, controls = scene()
    both = (0.0, 0.0, 100.0, 48.0)
    assert not shows_alone(both, controls[0], controls)
    assert shows_alone((0.0, 0.0, 100.0, 24.0), controls[0], controls)
    assert overlap(clipped(both, controls[0].box), controls[0].box) == size(controls[0].box)


def test_what_cannot_be_seen_is_left_out() -> None:
    picture = Image.new("RGB", (60, 30), (200, 200, 200))
    ImageDraw.Draw(picture).rectangle((10, 8, 23, 21), outline=(210, 210, 210))
    control = Control("checkbox", "unchecked", (10, 8, 24, 22), (10, 8, 24, 22), None)
    assert list(cut_crops(picture, [control], "set", Random(0))) == []
