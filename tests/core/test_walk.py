import os
from pathlib import Path

import pytest

from checkstate.core.walk import Walk

NOISE = (".DS_Store", "._a.png", "Thumbs.db", ".ipynb_checkpoints/a.png", "@eaDir/a.png")


def touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def test_images_come_sorted_and_the_rest_is_counted(tmp_path: Path) -> None:
    touch(tmp_path, "b/2.png", "b/1.jfif", "a.png", "notes.txt", "README", *NOISE)
    (tmp_path / "c").write_bytes(b"GIF89a")
    (tmp_path / "empty").mkdir()
    walk = Walk(tmp_path)
    found = [Path(path).relative_to(tmp_path).as_posix() for path in walk]
    assert found == ["a.png", "b/1.jfif", "b/2.png", "c"]
    assert [Path(path).name for path in walk.folders] == ["b", "empty"]
    assert walk.left_out == {"hidden": 3, "system file": 2, ".txt": 1, "no ending": 1}


def test_links_to_files_count_as_files_and_loops_end(tmp_path: Path) -> None:
    touch(tmp_path, "on/a.png")
    (tmp_path / "on/b.png").symlink_to("a.png")
    (tmp_path / "on/up").symlink_to(tmp_path)
    (tmp_path / "on/self.png").symlink_to("self.png")
    (tmp_path / "on/gone.png").symlink_to("nowhere")
    os.mkfifo(tmp_path / "on/pipe.png")
    walk = Walk(tmp_path)
    names = ["a.png", "b.png", "gone.png", "pipe.png", "self.png"]
    assert [Path(path).name for path in walk] == names
    assert walk.left_out == {"linked folder": 1}


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_may_not_be_read_is_yielded(tmp_path: Path) -> None:
    touch(tmp_path, "on/a.png", "off/a.png")
    (tmp_path / "on").chmod(0)
    try:
        assert [Path(path).name for path in Walk(tmp_path)] == ["a.png", "on"]
    finally:
        (tmp_path / "on").chmod(0o700)
