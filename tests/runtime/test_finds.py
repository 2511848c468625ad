import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageChops

from checkstate.core import paths
from checkstate.core.errors import UserError
from checkstate.data.decisions import read_decisions
from checkstate.runtime.finder import Control, Finder
from checkstate.runtime.finds import Crops, drawn, font_size, save, writer
from checkstate.runtime.predictor import Prediction
from tests.conftest import ROOT

CHECKED = Prediction("checked", 0.98, {"checked": 0.98, "other": 0.01, "unchecked": 0.01})
CONTROL = Control((10.0, 20.0, 26.0, 36.25), "checkbox", 0.95, 0.9, CHECKED)


@pytest.fixture
def picture() -> Image.Image:
    return Image.new("RGB", (120, 80), "white")


@pytest.fixture(scope="module")
def finder() -> Finder:
    return Finder(ROOT / paths.RELEASED_FINDER, threads=1)


def test_json_is_one_object_per_screenshot(finder: Finder, picture: Image.Image) -> None:
    stream = io.StringIO()
    show = writer(stream, "json", finder)
    show("a.png", picture, [CONTROL])
    show("b.png", picture, [])
    first, second = map(json.loads, stream.getvalue().splitlines())
    assert (first["path"], first["width"], first["height"]) == ("a.png", 120, 80)
    assert first["controls"] == [
        {
            "box": [10.0, 20.0, 26.0, 36.2],
            "kind": "checkbox",
            "kind_confidence": 0.95,
            "confidence": 0.9,
            "state": "checked",
            "state_confidence": 0.98,
        }
    ]
    assert second["controls"] == []
    assert (first["finder"], first["model"]) == ("finder.onnx", "model.onnx")


def test_csv_has_a_row_per_control(finder: Finder, picture: Image.Image) -> None:
    stream = io.StringIO()
    writer(stream, "csv", finder)("=a.png", picture, [CONTROL, CONTROL])
    rows = list(csv.DictReader(stream.getvalue().splitlines()))
    assert len(rows) == 2
    assert rows[0]["path"] == "'=a.png"
    assert [rows[0][side] for side in ("left", "top", "right", "bottom")] == [
        "10.0",
        "20.0",
        "26.0",
        "36.2",
    ]


def test_text_names_the_screenshot_and_the_place(finder: Finder, picture: Image.Image) -> None:
    stream = io.StringIO()
    writer(stream, "text", finder)("a.png", picture, [CONTROL])
    first, second = stream.getvalue().splitlines()
    assert first == "a.png  120x80  1 control"
    said = "checked 98.0% checkbox 95.0% control 90.0% at 10,20 to 26,36"
    assert " ".join(second.split()) == said


def test_boxes_are_drawn_around_controls_and_the_screenshot_stays(picture: Image.Image) -> None:
    before = picture.tobytes()
    boxes = np.asarray(drawn(picture, [CONTROL], ["checked", "other", "unchecked"]))
    assert picture.tobytes() == before
    assert (boxes[28, 8] != 255).any()
    assert (boxes[22:34, 12:24] == 255).all()


@pytest.mark.parametrize("right", [200, 120, 90])
def test_a_state_at_the_right_edge_is_whole(right: int) -> None:
    """Rows of settings end in their switches, where a state is wider than its switch."""
    picture = Image.new("RGB", (200, 80), "white")
    switch = replace(CONTROL, box=(right - 30.0, 40.0, float(right), 56.0), kind="switch")
    label = label_of(drawn(picture, [switch], ["checked"]))
    middle = replace(CONTROL, box=(60.0, 40.0, 90.0, 56.0))
    assert label.tobytes() == label_of(drawn(picture, [middle], ["checked"])).tobytes()


def test_no_state_covers_a_control_of_a_tight_column() -> None:
    column = [
        replace(CONTROL, box=(90.0, 40.0 + 18 * row, 106.0, 56.0 + 18 * row)) for row in range(3)
    ]
    picture = drawn(Image.new("RGB", (200, 120), "white"), column, ["checked"])
    for control in column:
        inside = np.asarray(picture.crop(tuple(round(side) for side in control.box)))
        assert (inside == 255).all()


def label_of(picture: Image.Image) -> Image.Image:
    """What is written above a control whose box begins at 40 pixels."""
    above = picture.crop((0, 0, picture.width, 36))
    return above.crop(ImageChops.invert(above).getbbox())


@pytest.mark.parametrize(
    ("size", "height"),
    [((640, 480), 11), ((1920, 1080), 12), ((3840, 2160), 24), ((1080, 2400), 18)],
)
def test_a_state_is_written_for_the_size_of_the_screen(size: tuple[int, int], height: int) -> None:
    assert font_size(Image.new("1", size)) == height


def test_a_state_of_a_page_of_many_screens_is_not_as_high_as_one() -> None:
    assert font_size(Image.new("1", (1280, 20_000))) < 30


def test_a_picture_smaller_than_a_state_is_drawn_on() -> None:
    small = replace(CONTROL, box=(0.0, 0.0, 8.0, 8.0))
    assert drawn(Image.new("RGB", (9, 9)), [small], ["checked"]).size == (9, 9)


def test_crops_lie_in_class_folders_with_a_list_that_curation_reads(
    picture: Image.Image, tmp_path: Path
) -> None:
    crops = Crops(tmp_path / "mine")
    crops.add("shots/a.png", picture, [CONTROL, CONTROL])
    crops.add("more/a.png", picture, [CONTROL])
    crops.write_list()
    files = sorted(p.relative_to(tmp_path / "mine").as_posix() for p in tmp_path.rglob("*.png"))
    assert len(files) == 3
    assert all(file.startswith("checked/") for file in files)
    decisions = read_decisions(tmp_path / "curation/mine.csv", files)
    assert decisions == dict.fromkeys(files, "keep")


def test_a_crop_has_no_profile_of_colors_that_its_file_had(tmp_path: Path) -> None:
    picture = Image.new("RGB", (40, 30))
    picture.info["icc_profile"] = b"of a printer"
    save(picture, tmp_path / "a.png")
    assert "icc_profile" not in Image.open(tmp_path / "a.png").info


def test_no_two_screenshots_share_a_crop(picture: Image.Image, tmp_path: Path) -> None:
    names = ["one/a.png", "one-a.png", "one/a.jpg", "One/A.png", "?.png", "*.png"]
    crops = Crops(tmp_path / "mine")
    for name in names:
        crops.add(name, picture, [CONTROL, CONTROL])
    files = [str(row["path"]) for row in crops.rows]
    assert len({file.casefold() for file in files}) == 2 * len(names)
    assert all((tmp_path / "mine" / file).is_file() for file in files)


@pytest.mark.parametrize(
    "name", [f"{150 * 'a'}/{150 * 'b'}.png", f"{80 * '設'}.png", f"x{40 * '🙂定'}.png", 255 * "a"]
)
def test_long_names_of_screenshots_are_cut_in_those_of_crops(
    picture: Image.Image, tmp_path: Path, name: str
) -> None:
    crops = Crops(tmp_path / "mine")
    for each in (name, f"b{name}", name):
        crops.add(each, picture, [CONTROL])
    crops.write_list()
    files = sorted(path.name for path in (tmp_path / "mine/checked").iterdir())
    assert len(files) == 3
    assert all(len(file.encode()) <= 120 for file in files)
    assert set(read_decisions(tmp_path / "curation/mine.csv", [f"checked/{f}" for f in files]))
    assert all("\N{REPLACEMENT CHARACTER}" not in file for file in files)


def test_long_names_that_begin_alike_stay_apart(picture: Image.Image, tmp_path: Path) -> None:
    first, second = Crops(tmp_path / "one"), Crops(tmp_path / "two")
    first.add(f"{200 * 'a'}b.png", picture, [CONTROL])
    second.add(f"{200 * 'a'}c.png", picture, [CONTROL])
    assert first.rows[0]["path"] != second.rows[0]["path"]


def test_a_class_that_a_spreadsheet_would_run_is_text(
    finder: Finder, picture: Image.Image, tmp_path: Path
) -> None:
    stream = io.StringIO()
    odd = replace(CONTROL, prediction=replace(CHECKED, label="=on"))
    writer(stream, "csv", finder)("a.png", picture, [odd])
    assert next(csv.DictReader(stream.getvalue().splitlines()))["state"] == "'=on"
    crops = Crops(tmp_path / "mine")
    crops.add("a.png", picture, [odd])
    crops.write_list()
    listed = tmp_path / "curation/mine.csv"
    assert "\n'=on/a-000.png,keep," in listed.read_text()
    assert read_decisions(listed, ["=on/a-000.png"]) == {"=on/a-000.png": "keep"}


def test_crops_that_a_person_may_have_corrected_are_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    with pytest.raises(UserError, match="already there"):
        Crops(tmp_path / "mine")
