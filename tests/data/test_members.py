import io
import os
import tarfile
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from checkstate.core.errors import UserError
from checkstate.core.paths import curation_list
from checkstate.data.members import find_data, open_members

PNG = b"\x89PNG\r\n\x1a\n"


def write_zip(path: Path, *members: tuple[str | zipfile.ZipInfo, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return path


def write_tar(path: Path, *members: tuple[tarfile.TarInfo | str, bytes]) -> Path:
    with tarfile.open(path, "w") as tar:
        for name, content in members:
            member = tarfile.TarInfo(name) if isinstance(name, str) else name
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return path


def images(source: Path) -> list[str]:
    with open_members(source) as members:
        return sorted(members.images)


@pytest.mark.parametrize("write", [write_zip, write_tar])
def test_noise_in_an_archive_is_counted_as_in_a_folder(
    tmp_path: Path, write: Callable[..., Path]
) -> None:
    names = ("./on/a.png", "/off/b.jpe", "on/notes.txt", "__MACOSX/on/._a.png", "__MACOSX/x")
    source = write(tmp_path / f"x.{write.__name__[-3:]}", *((n, PNG) for n in names), ("on/c", PNG))
    with open_members(source) as members:
        assert members.images == {"on/a.png": 8, "off/b.jpe": 8, "on/c": 8}
        assert members.folders == {"on", "off"}
        assert members.left_out == {".txt": 1, "system file": 1}
        assert members.read("on/c") == PNG


def test_backslashes_of_windows_are_folders(tmp_path: Path) -> None:
    info = zipfile.ZipInfo("x")
    info.filename = "train\\on\\a.png"
    folder = zipfile.ZipInfo("y")
    folder.filename = "train\\off\\"
    source = write_zip(tmp_path / "x.zip", (info, PNG), (folder, b""))
    with open_members(source) as members:
        assert list(members.images) == ["train/on/a.png"]
        assert members.folders == {"train", "train/on", "train/off"}


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("write", [write_zip, write_tar])
def test_one_name_twice_is_refused(tmp_path: Path, write: Callable[..., Path]) -> None:
    ending = write.__name__[-3:]
    source = write(tmp_path / f"x.{ending}", ("on/a.png", PNG), ("./on/a.png", b"other"))
    with pytest.raises(UserError, match=rf"x\.{ending}: two members are named on/a\.png"):
        images(source)


def test_links_in_archives(tmp_path: Path) -> None:
    soft = zipfile.ZipInfo("on/b.png")
    soft.external_attr = 0o120777 << 16
    with open_members(write_zip(tmp_path / "x.zip", (soft, b"a.png"))) as members:
        assert not members.images
        assert members.left_out == {"link": 1}
    hard, broken = tarfile.TarInfo("on/b.png"), tarfile.TarInfo("on/c.png")
    hard.type = broken.type = tarfile.LNKTYPE
    hard.linkname, broken.linkname = "on/a.png", "gone"
    source = write_tar(tmp_path / "x.tar", ("on/a.png", PNG), (hard, b""), (broken, b""))
    with open_members(source) as members:
        assert members.read("on/b.png") == PNG
        assert members.left_out == {"link": 1}


def test_a_tar_that_ends_in_the_middle_is_refused(tmp_path: Path) -> None:
    whole = write_tar(tmp_path / "x.tar", ("on/a.png", PNG), ("on/b.png", PNG)).read_bytes()
    for end in (1024, 1200, 2048):
        (tmp_path / "x.tar").write_bytes(whole[:end])
        with pytest.raises(UserError, match=r"x\.tar: damaged archive"):
            images(tmp_path / "x.tar")


def test_what_is_no_image_is_not_read(tmp_path: Path) -> None:
    video = tmp_path / "folder/on/clip.mp4"
    video.parent.mkdir(parents=True)
    with video.open("wb") as file:
        file.truncate(2**40)  # a terabyte that takes no room
    (tmp_path / "folder/on/a.png").write_bytes(PNG)
    source = write_zip(tmp_path / "x.zip", ("on/clip.mp4", bytes(2**26)), ("on/a.png", PNG))
    tracemalloc.start()
    assert images(tmp_path / "folder") == images(source) == ["on/a.png"]
    assert tracemalloc.get_traced_memory()[1] < 2_000_000
    tracemalloc.stop()


def test_a_broken_link_or_a_pipe_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "on").mkdir()
    (tmp_path / "on/a.png").symlink_to("gone")
    with pytest.raises(UserError, match=r"on/a\.png: No such file"):
        images(tmp_path)
    (tmp_path / "on/a.png").unlink()
    os.mkfifo(tmp_path / "on/a.png")
    with pytest.raises(UserError, match=r"on/a\.png: not a regular file"):
        images(tmp_path)


@pytest.mark.parametrize("write", [write_zip, write_tar])
def test_the_case_of_an_ending_does_not_matter(tmp_path: Path, write: Callable[..., Path]) -> None:
    source = write(tmp_path / f"X.{write.__name__[-3:].upper()}", ("on/a.png", PNG))
    assert images(find_data(source)) == ["on/a.png"]
    assert curation_list(source).name == "X.csv"


def test_other_files_are_no_data_set(tmp_path: Path) -> None:
    (tmp_path / "x.rar").touch()
    with pytest.raises(UserError, match=r"x\.rar: neither a folder nor"):
        find_data(tmp_path / "x.rar")
