import csv
import io
import os
from pathlib import Path

import pytest

from checkstate.core.files import read_csv
from checkstate.runtime.output import check_writable, explanation_path, writer
from checkstate.runtime.predictor import Prediction, Predictor


@pytest.mark.parametrize("name", ["=1+1.png", "+a.png", "@x.png", "-2.png", "\tb.png"])
def test_a_name_that_a_spreadsheet_would_run_is_text(predictor: Predictor, name: str) -> None:
    stream = io.StringIO()
    show = writer(stream, "csv", predictor)
    for path in (name, "a=b.png"):
        show(path, Prediction("checked", 0.9, {"checked": 0.9, "other": 0.05, "unchecked": 0.05}))
    header, first, second = csv.reader(stream.getvalue().splitlines())
    assert header == ["path", "label", "confidence", "p_checked", "p_other", "p_unchecked"]
    assert first == [f"'{name}", "checked", "0.900000", "0.900000", "0.050000", "0.050000"]
    assert second[0] == "a=b.png"


@pytest.mark.parametrize("name", ["a\rb.png", "\r.png", "a\r\n,'b\".png"])
def test_a_name_with_an_end_of_line_is_one_row(
    predictor: Predictor, tmp_path: Path, name: str
) -> None:
    table = tmp_path / "rows.csv"
    with table.open("w", newline="", encoding="utf-8") as stream:
        show = writer(stream, "csv", predictor)
        for path in (name, "b.png"):
            show(path, Prediction("on", 0.9, dict.fromkeys(predictor.classes, 0.5)))
    assert [row["path"] for row in read_csv(table)] == [name, "b.png"]


def test_a_folder_that_cannot_be_made_is_told_before_it_is_needed(tmp_path: Path) -> None:
    check_writable(tmp_path / "new/er")
    assert not list(tmp_path.iterdir())
    (tmp_path / "file").touch()
    with pytest.raises(NotADirectoryError):
        check_writable(tmp_path / "file/new")
    (tmp_path / "link").symlink_to(tmp_path / "gone")
    with pytest.raises(FileNotFoundError):
        check_writable(tmp_path / "link")


def test_no_two_names_share_an_explanation() -> None:
    names = [
        *("a.png", "../a.png", "../../a.png", "/a.png", "x/a.png", "-"),
        *("https://x.org/a.png", "https://x.org/a.png?id=1", "https://x.org/a.png?id=2"),
        *("https://y.org/a.png", "https://x.org/", "http://x.org/a.png", "https://x.org/A.png"),
        *("https://x.org/a.png/", "https://x.org/a.png%3Fid%3D1"),
    ]
    places = {explanation_path(name, Path("why")) for name in names}
    assert len({str(place).casefold() for place in places}) == len(names)
    assert all(place.is_relative_to("why") and ".." not in place.parts for place in places)


def test_a_long_name_is_cut_for_its_explanation_and_stays_its_own() -> None:
    names = [250 * "n" + ".png", 251 * "n" + ".png", 80 * "\u5b57" + ".png", "bad\udcff.png"]
    names += [f"https://x.org/{300 * token}/a.png" for token in "xy"]
    places = [explanation_path(name, Path("why")) for name in names]
    assert len(set(places)) == len(places)
    assert all(len(os.fsencode(part)) < 255 for place in places for part in place.parts)
