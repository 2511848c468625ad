"""A file of three gigabytes in the place of any that is read: one line, and no memory."""

import io
import sys
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from checkstate.core.errors import UserError
from checkstate.core.files import read_archive, read_csv, read_json
from checkstate.core.params import load_params
from checkstate.data.decisions import read_decisions
from checkstate.data.members import open_members
from checkstate.model.checkpoints import load_model
from checkstate.model.detection import load_detector
from checkstate.model.networks import build_backbone
from checkstate.report.provenance import read_lock
from checkstate.runtime.finder import Finder
from checkstate.runtime.images import ImageError, read_image
from checkstate.runtime.predictor import ModelError, Predictor
from checkstate.runtime.sources import Source

SIZE = 3_000_000_000


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """Three gigabytes that take no room on the disk."""
    path = tmp_path / "large.safetensors"
    with path.open("wb") as file:
        file.truncate(SIZE)
    return path


def refused_unread(read: Callable[[], object]) -> str:
    tracemalloc.start()
    try:
        with pytest.raises((UserError, ImageError, ModelError)) as caught:
            read()
        assert tracemalloc.get_traced_memory()[1] < 50_000_000
    finally:
        tracemalloc.stop()
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    "read",
    [
        read_image,
        read_csv,
        read_json,
        load_params,
        read_lock,
        load_model,
        load_detector,
        Predictor,
        Finder,
        lambda path: read_decisions(path, []),
        lambda path: build_backbone("resnet10t", 2, (32, 32), str(path)),
    ],
)
def test_a_large_file_is_refused_by_its_size(large: Path, read: Callable[[Path], object]) -> None:
    message = refused_unread(lambda: read(large))
    assert "large.safetensors: 3,000 MB, and at most" in message


def test_a_large_image_in_a_folder_is_refused(large: Path) -> None:
    (large.parent / "on").mkdir()
    large.rename(large.parent / "on/a.png")
    with open_members(large.parent) as members:
        assert "on/a.png: 3,000 MB" in refused_unread(lambda: members.read("on/a.png"))


def test_a_large_member_of_an_archive_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("on/a.png", "w") as member,
    ):
        for _ in range(300):
            member.write(bytes(1_000_000))
    assert path.stat().st_size < 1_000_000
    message = refused_unread(lambda: list(read_archive(path, ["on/a.png"])))
    assert "x.zip: on/a.png: 300 MB, and at most 256 MB" in message
    with open_members(path) as members:
        assert "on/a.png: 300 MB" in refused_unread(lambda: members.read("on/a.png"))


def test_params_without_a_size_end() -> None:
    assert "/dev/zero: 1 MB" in refused_unread(lambda: load_params("/dev/zero"))


def test_standard_input_without_an_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with Path("/dev/zero").open("rb") as endless:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(endless))
        with pytest.raises(ImageError, match="-: 256 MB"):
            Source("-").content()
