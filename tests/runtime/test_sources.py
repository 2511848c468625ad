import os
from pathlib import Path

import pytest

from checkstate.runtime.images import ImageError
from checkstate.runtime.sources import expand


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("a.png", "b.JPG", "notes.txt", "sub/c.webp", "sub/ünï\ncode.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "x.png").mkdir()
    (tmp_path / "loop").symlink_to(tmp_path)
    os.mkfifo(tmp_path / "pipe.png")
    return tmp_path


def names(*given: object) -> list[str]:
    return [Path(source.name).name for source in expand(map(str, given))]


def test_a_folder_is_walked_without_loops_or_texts(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert names(folder) == ["a.png", "b.JPG", "pipe.png", "c.webp", "ünï\ncode.png"]
    error = capsys.readouterr().err
    assert error.endswith(": passed over: .txt 1, linked folder 1\n")
    assert error.count("\n") == 1


def test_a_pattern_is_matched(folder: Path) -> None:
    assert names(folder / "**" / "*.webp") == ["c.webp"]


def test_what_stands_for_nothing_stays_to_be_reported(folder: Path) -> None:
    assert names(folder / "gone.png", folder / "*.gif") == ["gone.png", "*.gif"]
    assert names(folder / "x.png", "a" * 5000) == ["x.png", "a" * 5000]
    with pytest.raises(ImageError, match=r"x\.png: a folder in which no image was found"):
        next(expand([str(folder / "x.png")])).content()
    assert names("-", "https://example.org/a.png") == ["-", "a.png"]
