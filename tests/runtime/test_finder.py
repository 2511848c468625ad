"""The released finder on a screenshot of real controls."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from checkstate import Control, Finder, Predictor
from checkstate.core import paths
from checkstate.core.find_params import load_find_params
from checkstate.runtime import finder as module
from checkstate.runtime.images import ImageError
from checkstate.runtime.predictor import ModelError
from tests.conftest import ROOT
from tests.screens import screenshot


@pytest.fixture(scope="module")
def finder() -> Finder:
    return Finder(ROOT / paths.RELEASED_FINDER, threads=1)


def within(control: Control, place: tuple[int, int, int, int]) -> bool:
    left, top, right, bottom = control.box
    x, y = (left + right) / 2, (top + bottom) / 2
    return place[0] <= x <= place[2] and place[1] <= y <= place[3]


def test_controls_are_found_where_they_are_with_their_states(finder: Finder) -> None:
    picture, places = screenshot()
    controls = finder(picture)
    right = 0
    for state, place in places:
        here = [control for control in controls if within(control, place)]
        right += len(here) == 1 and here[0].prediction.label == state
    assert right >= len(places) - 1
    outside = [c for c in controls if not any(within(c, place) for _, place in places)]
    assert len(outside) <= 1
    assert [c.box[1] for c in controls] == sorted(c.box[1] for c in controls)


def test_tiles_give_what_the_whole_screenshot_gives(
    finder: Finder, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture, _ = screenshot()
    whole = finder(picture)
    monkeypatch.setattr(module, "core_of", lambda *_: (256, 256))
    tiled = finder(picture)
    assert len(tiled) == len(whole)
    for one, two in zip(whole, tiled, strict=True):
        assert one.kind == two.kind
        assert one.box == pytest.approx(two.box, abs=0.5)


@pytest.mark.parametrize(
    ("name", "height", "left"),
    [
        ("unchecked/onsen-radio", 92, 209),  # both tiles thought it theirs
        ("checked/antd-switch", 48, 228),  # neither did
        ("unchecked/antd-switch", 104, 194),
    ],
)
def test_a_control_across_a_seam_is_found_once(
    finder: Finder, monkeypatch: pytest.MonkeyPatch, name: str, height: int, left: int
) -> None:
    [file] = (ROOT / "tests/controls").glob(f"{name}-*.png")
    crop = Image.open(file).convert("RGB")
    crop = crop.resize((crop.width * height // crop.height, height))
    page = Image.new("RGB", (640, 320), "white")
    for line in range(11):
        text = 3 * "Settings of this computer and its users "
        ImageDraw.Draw(page).text((10, 8 + 30 * line), text, "black")
    monkeypatch.setattr(module, "core_of", lambda *_: (256, 256))
    for x in range(left - 12, left + 13, 2):
        picture = page.copy()
        picture.paste(crop, (x, 100))
        place = (x, 100, x + crop.width, 100 + height)
        found = finder(picture, keep_other=True)
        assert sum(within(control, place) for control in found) == 1, x


def test_a_seam_counts_as_one_control_what_a_tile_does() -> None:
    assert load_find_params().export.overlap == module.OVERLAP


@pytest.mark.parametrize(
    ("size", "tiles"),
    [
        ((1, 1), 1),
        ((1920, 1080), 1),
        ((2560, 1440), 2),
        ((3840, 2160), 6),
        ((60, 900_000), 25),
        ((1, 16_000_000), 430),
    ],
)
def test_tiles_are_few_and_of_bounded_size(size: tuple[int, int], tiles: int) -> None:
    cores = module.core_of(*size, multiple=32)
    counts = [-(-side // core) for side, core in zip(size, cores, strict=True)]
    sides = [
        module.padded_side(min(core + 2 * module.RIM, side), 32)
        for side, core in zip(size, cores, strict=True)
    ]
    assert counts[0] * counts[1] == tiles
    assert sides[0] * sides[1] <= module.TILE


def test_the_surest_are_kept_of_more_than_a_screenshot_may_have(
    finder: Finder, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert load_find_params().export.max_controls == module.MOST
    picture, _ = screenshot()
    every = finder.boxes(picture, 0)
    monkeypatch.setattr(module, "MOST", 5)
    surest = sorted((score for _, _, score in every), reverse=True)[:5]
    assert [score for _, _, score in finder.boxes(picture, 0)] == surest


def test_the_threshold_leaves_out_what_is_less_sure(finder: Finder) -> None:
    picture, _ = screenshot()
    every, some = finder(picture, 0.05, keep_other=True), finder(picture, 0.5)
    assert len(every) > len(some) > 0
    assert all(control.confidence >= 0.5 for control in some)


@pytest.mark.parametrize(
    "wrong", [5, -1, 1.01, float("nan"), float("inf"), "0.5", True, np.zeros(99)]
)
def test_a_threshold_that_is_no_number_from_0_to_1_is_refused(
    finder: Finder, wrong: object
) -> None:
    picture = Image.new("RGB", (40, 30), "white")
    for find in (finder, finder.find):
        with pytest.raises(ValueError, match=r"threshold: .* is no number from 0 to 1") as told:
            find(picture, wrong)
        assert "\n" not in str(told.value)


def test_thresholds_of_any_number_and_at_both_ends_are_taken(finder: Finder) -> None:
    picture, _ = screenshot()
    assert finder(picture, np.float32(0.5)) == finder(picture, 0.5) != []
    assert finder(picture, 1) == []
    assert len(finder(picture, 0, keep_other=True)) > len(finder(picture))


def test_several_screenshots_in_one_call_are_refused(finder: Finder) -> None:
    for several in ([screenshot()[0]] * 2, ("a.png", "b.png"), []):
        with pytest.raises(TypeError, match="one screenshot at a time"):
            finder(several)


@pytest.mark.parametrize("size", [(1, 1), (5, 900), (200, 40), (33, 17)])
def test_plain_pictures_of_any_size_hold_nothing(finder: Finder, size: tuple[int, int]) -> None:
    assert finder(Image.new("RGB", size, "white")) == []


@pytest.mark.parametrize(("columns", "rows"), [(25, 40), (40, 40)])
def test_a_page_full_of_controls_is_found_whole(finder: Finder, columns: int, rows: int) -> None:
    [file] = (ROOT / "tests/controls/unchecked").glob("onsen-radio-*.png")
    crop = Image.open(file).convert("RGB").resize((39, 24))
    page = Image.new("RGB", (47 * columns, 32 * rows), "white")
    for column in range(columns):
        for row in range(rows):
            page.paste(crop, (4 + 47 * column, 4 + 32 * row))
    found = finder(page, keep_other=True)
    assert 0.95 * columns * rows <= len(found) <= columns * rows


def test_controls_over_and_in_each_other_have_boxes_all_the_same(finder: Finder) -> None:
    picture, places = screenshot()
    for number, (_, place) in enumerate(places):
        crop = picture.crop(place)
        picture.paste(crop, (place[0] + crop.width // 3, place[1] + crop.height // 3))
        picture.paste(crop.resize((crop.width // 3, crop.height // 3)), (20, 20 + 60 * number))
    boxes = [control.box for control in finder(picture, 0.05, keep_other=True)]
    assert boxes
    assert len(set(boxes)) == len(boxes)


def test_a_picture_of_a_control_inside_a_photo_counts_as_one(finder: Finder) -> None:
    picture = photograph()
    assert finder(picture) == []
    places = []
    for row, file in enumerate(sorted((ROOT / "tests/controls/checked").glob("*.png"))):
        crop = Image.open(file).convert("RGB")
        for column, scale in enumerate([1, 1.5]):
            scaled = crop.resize((round(scale * crop.width), round(scale * crop.height)))
            left, top = 100 + 320 * column, 40 + 170 * row
            picture.paste(scaled, (left, top))
            places.append((left, top, left + scaled.width, top + scaled.height))
    found = finder(picture)
    assert all(0 <= c.box[0] < c.box[2] <= picture.width for c in found)
    assert all(0 <= c.box[1] < c.box[3] <= picture.height for c in found)
    assert all(any(within(control, place) for place in places) for control in found)
    assert len(found) >= len(places) - 2
    assert {control.prediction.label for control in found} == {"checked"}


def photograph() -> Image.Image:
    """Patches of light in three sizes, and the noise of a camera."""
    numbers = np.random.default_rng(0)
    pixels = numbers.normal(0, 6, (720, 640, 3))
    for patches, weight in ((6, 0.55), (24, 0.3), (90, 0.15)):
        light = numbers.integers(0, 256, (patches, patches, 3), dtype=np.uint8)
        pixels += weight * np.asarray(Image.fromarray(light).resize((640, 720)), np.float64)
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


def test_a_screen_of_4k_is_found_in_its_last_corner_too(finder: Finder) -> None:
    picture, places = screenshot()
    screen = Image.new("RGB", (3840, 2160), "white")
    x, y = screen.width - picture.width, screen.height - picture.height
    screen.paste(picture, (x, y))
    found = finder(screen)
    for _, (left, top, right, bottom) in places:
        place = (left + x, top + y, right + x, bottom + y)
        assert sum(within(control, place) for control in found) == 1


def test_boxes_lie_in_the_screenshot(finder: Finder) -> None:
    picture, _ = screenshot()
    cut = picture.crop((310, 50, 900, 300))
    found = finder(cut)
    assert found
    for control in found:
        left, top, right, bottom = control.box
        assert 0 <= left < right <= cut.width
        assert 0 <= top < bottom <= cut.height


def test_arrays_of_opencv_are_turned(finder: Finder) -> None:
    picture, _ = screenshot()
    turned = np.asarray(picture)[:, :, ::-1]
    assert finder(turned, channels="bgr") == finder(picture)


def test_what_is_no_image_is_one_line(finder: Finder, tmp_path: Path) -> None:
    file = tmp_path / "a.png"
    file.write_bytes(b"\x89PNG\r\n")
    with pytest.raises(ImageError, match=r"a\.png"):
        finder(file)


def test_another_file_is_no_finder(model: Path, tmp_path: Path) -> None:
    missing = tmp_path / "none.onnx"
    with pytest.raises(ModelError, match="no such model file"):
        Finder(missing)
    with pytest.raises(ModelError, match="not a checkstate finder"):
        Finder(model)


def test_confidence_is_that_of_both_networks(finder: Finder) -> None:
    picture, _ = screenshot()
    every = finder(picture, 0.1, keep_other=True)
    alone = {tuple(box): score for box, _, score in finder.boxes(picture, 0.1)}
    for control in every:
        doubt = control.prediction.probabilities["other"]
        assert control.confidence == pytest.approx(alone[control.box] * (1 - doubt))
    sure = [c.box for c in every if c.confidence >= 0.1 and c.prediction.label != "other"]
    assert [control.box for control in finder(picture, 0.1)] == sure


def test_an_unsure_state_is_the_mean_of_two_crops_one_with_more_of_the_label(
    finder: Finder,
) -> None:
    picture, _ = screenshot()
    looks = set()
    for control in finder(picture, 0.05, keep_other=True):
        left, top, right, bottom = control.box
        margin = 2 + min(right - left, bottom - top) / 4
        few, more = (
            finder.predictor(picture.crop(tuple(round(side) for side in sides)))
            for sides in (
                (
                    max(left - margin, 0),
                    max(top - margin, 0),
                    min(right + margin + label, picture.width),
                    min(bottom + margin, picture.height),
                )
                for label in (bottom - top, 2.5 * (bottom - top))
            )
        )
        once = few.label != "other" and few.confidence >= 0.95
        looks.add(once)
        for state, probability in control.prediction.probabilities.items():
            mean = (few.probabilities[state] + more.probabilities[state]) / 2
            assert probability == pytest.approx(
                few.probabilities[state] if once else mean, abs=1e-6
            )
    assert looks == {True, False}


def test_the_classifier_may_be_another(predictor: Predictor) -> None:
    picture, _ = screenshot()
    found = Finder(ROOT / paths.RELEASED_FINDER, predictor, threads=1)(picture, keep_other=True)
    assert found
    for control in found:
        assert control.prediction.label in predictor.classes
