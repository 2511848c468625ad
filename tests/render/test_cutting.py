"""Crops of drawn pictures, whose controls lie where we put them."""

import io
from random import Random

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image, ImageDraw

from render.cutting import (
    Box,
    Control,
    around_click,
    clipped,
    cut_crops,
    draw_areas,
    overlap,
    shows_alone,
    size,
)

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


def mask_of(crop: Image.Image, color: tuple[int, int, int]) -> npt.NDArray[np.bool_]:
    mask: npt.NDArray[np.bool_] = (np.asarray(crop) == color).all(2)
    return mask


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
        assert mask_of(crop, ours).sum() >= 14 * 14
        # five rows at most of the one above, and of the one below
        assert mask_of(crop, others).sum(0).max(initial=0) <= 2 * 5


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


@pytest.mark.parametrize(
    ("area", "alone"),
    [
        ((0, 0, 60, 34), True),  # up to the neighbors
        ((0, 0, 62, 34), False),  # the edge of the one beside, which tells its color
        ((0, 0, 72, 34), False),  # its knob
        ((0, 0, 60, 40), True),  # a slice of the one below
        ((0, 0, 60, 42), False),  # too much of it
    ],
)
def test_of_a_switch_in_another_state_only_a_low_slice_shows(area: Box, alone: bool) -> None:
    boxes: list[Box] = [(10, 4, 50, 24), (60, 4, 100, 24), (10, 34, 50, 54)]
    labels = ["unchecked", "checked", "checked"]
    controls = [
        Control("switch", label, box, box, None) for box, label in zip(boxes, labels, strict=True)
    ]
    assert shows_alone(area, controls[0], controls) == alone


@pytest.mark.parametrize(("left", "thirds"), [(4, {0}), (592, {0, 1, 2}), (1180, {2})])
def test_of_a_long_row_a_piece_shows_the_control_wherever_it_can_stand(
    left: int, thirds: set[int]
) -> None:
    picture = Image.new("RGB", (1200, 60), "white")
    ImageDraw.Draw(picture).rectangle((left, 23, left + 13, 36), fill=RED)
    box: Box = (left, 23, left + 14, 37)
    controls = [Control("checkbox", "checked", box, box, (0, 18, 1200, 42))]
    seen = set()
    for seed in range(60):
        ((_, png),) = cut_crops(picture, controls, "set", Random(seed))
        crop = Image.open(io.BytesIO(png)).convert("RGB")
        assert crop.width <= 15.5 * crop.height  # half a pixel of rounding
        assert mask_of(crop, RED).sum() == 14 * 14
        if crop.width > 6 * crop.height:
            columns = np.nonzero(mask_of(crop, RED))[1]
            seen.add(int(3 * columns.mean() / crop.width))
    assert seen == thirds


@pytest.mark.parametrize(
    ("box", "shapes"),
    [
        (
            (300, 300, 320, 320),
            {(32, 32), (48, 48), (48, 24), (64, 64), (64, 32), (96, 96), (96, 48)}
            | {(128, 128), (128, 64)},
        ),
        ((300, 300, 390, 350), {(96, 96), (128, 128), (128, 64)}),
        ((300, 300, 500, 330), {(200, 30)}),
    ],
)
def test_boxes_around_a_click_have_the_sizes_that_tools_take(
    box: Box, shapes: set[tuple[int, int]]
) -> None:
    areas = [around_click(box, Random(seed)) for seed in range(200)]
    assert {(round(area[2] - area[0]), round(area[3] - area[1])) for area in areas} == shapes
    assert all(overlap(area, box) == size(box) for area in areas)


@pytest.mark.parametrize("scale", [1, 3])
def test_loose_boxes_are_as_loose_at_every_scale(scale: int) -> None:
    box: Box = (100, 100, 300, 100 + 16 * scale)  # wider than any box around a click
    control = Control("checkbox", "checked", box, box, None)
    margins = [box[0] - draw_areas(control, Random(seed))[0][0] for seed in range(200)]
    assert 12 * scale < max(margins) <= 16 * scale


def test_what_cannot_be_seen_is_left_out() -> None:
    picture = Image.new("RGB", (60, 30), (200, 200, 200))
    ImageDraw.Draw(picture).rectangle((10, 8, 23, 21), outline=(210, 210, 210))
    control = Control("checkbox", "unchecked", (10, 8, 24, 22), (10, 8, 24, 22), None)
    assert list(cut_crops(picture, [control], "set", Random(0))) == []
