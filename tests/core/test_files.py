import math
from pathlib import Path

import pytest

from checkstate.core.errors import UserError
from checkstate.core.files import (
    archive_names,
    atomic_write,
    md5_of,
    read_archive,
    read_csv,
    read_json,
    write_archive,
    write_csv,
    write_json,
)


def test_a_failed_write_leaves_the_last_good_file(tmp_path: Path) -> None:
    target = tmp_path / "model.onnx"
    target.write_text("good")
    with pytest.raises(RuntimeError), atomic_write(target) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert target.read_text() == "good"
    assert list(tmp_path.iterdir()) == [target]


def test_an_archive_depends_on_names_and_contents_alone(tmp_path: Path) -> None:
    members = [("a/one.png", b"1"), ("b/two.png", b"22")]
    for name in ("first.zip", "second.zip"):
        write_archive(tmp_path / name, members)
    assert md5_of(tmp_path / "first.zip") == md5_of(tmp_path / "second.zip")
    assert archive_names(tmp_path / "first.zip") == ["a/one.png", "b/two.png"]
    read = [member.read() for member in read_archive(tmp_path / "first.zip", ["b/two.png"])]
    assert read == [b"22"]


def test_an_archive_that_lacks_a_member_or_is_damaged_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    content = bytes(range(256)) * 9
    write_archive(path, [("one.png", content)])
    with pytest.raises(UserError, match=r"a\.zip is of other images .*: no two.png"):
        list(read_archive(path, ["one.png", "two.png"]))
    whole = path.read_bytes()
    path.write_bytes(whole[:60] + b"damage" + whole[66:])
    with pytest.raises(UserError, match=r"a\.zip: damaged archive"):
        list(read_archive(path, ["one.png"]))
    path.write_bytes(whole[:-9])
    with pytest.raises(UserError, match=r"a\.zip: damaged archive"):
        list(read_archive(path, ["one.png"]))
    with pytest.raises(UserError, match=r"a\.zip: damaged archive"):
        archive_names(path)


def test_a_byte_order_mark_belongs_to_no_column(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(b"\xef\xbb\xbfpath,decision\na.png,keep\n")
    assert read_csv(tmp_path / "t.csv") == [{"path": "a.png", "decision": "keep"}]


def test_a_row_with_more_cells_than_columns_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("path,label\na.png,on\nb, c.png,off\n")
    with pytest.raises(UserError, match=r"a\.csv: line 3 has more cells than its header"):
        read_csv(tmp_path / "a.csv")


def test_a_table_in_another_encoding_says_how_to_save_it(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes("path,reason\na.png,doppelt geprüft\n".encode("cp1252"))
    with pytest.raises(UserError, match=r"t\.csv: .*; save it as CSV in UTF-8"):
        read_csv(tmp_path / "t.csv")


def test_what_is_no_number_is_null(tmp_path: Path) -> None:
    write_json(tmp_path / "t.json", {"rate": [math.nan, {"low": math.inf}, 0.5]})
    assert read_json(tmp_path / "t.json") == {"rate": [None, {"low": None}, 0.5]}


def test_csv_round_trip_keeps_awkward_names(tmp_path: Path) -> None:
    names = ('a,b\n"c".png', "a\rb.png", "a\r\nb.png", "\r")
    rows = [{"path": name, "label": "チェック"} for name in names]
    write_csv(tmp_path / "t.csv", rows)
    assert read_csv(tmp_path / "t.csv") == rows
