"""Images in every form that score reads, and the command in processes of its own."""

import io
import os
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from tests.conftest import CLASSES, ROOT
from tests.screens import screenshot

RELEASED = ROOT / "checkstate/released"
MODELS = ("--model", RELEASED / "model.onnx", "--finder", RELEASED / "finder.onnx")
"""Arguments for what tells controls apart, which an untrained model does not."""

Rows = list[dict[str, object]]


def run(*arguments: object) -> tuple[int, str]:
    """`checkstate score`: its exit status, and what it said, even where a library aborts it."""
    told = {**os.environ, "PYTHONFAULTHANDLER": "1"}
    done = subprocess.run(command(*arguments), capture_output=True, text=True, env=told)
    return done.returncode, done.stdout + done.stderr


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "checkstate.cli", "score", *map(str, arguments)]


def rows_of(target: Path) -> Rows:
    """All rows, in the order of the parts."""
    rows: Rows = pq.read_table(target).to_pylist()
    return rows


def bytes_of(target: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(target.iterdir())}


def write_zip(path: Path, members: Iterable[tuple[str, bytes]]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members:
            archive.writestr(name, content)
    return path


def write_tar(path: Path, members: Iterable[tuple[str, bytes]]) -> Path:
    with tarfile.open(path, "w") as archive:
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return path


def write_table(path: Path, names: list[str], contents: list[bytes | None], rows: int) -> Path:
    """A Parquet file of row groups of so many rows."""
    pq.write_table(pa.table({"path": names, "bytes": contents}), path, row_group_size=rows)
    return path


@pytest.fixture
def many(crops: list[Path], tmp_path: Path) -> Path:
    """An archive of 4,500 images: five shards."""
    contents = [crop.read_bytes() for crop in crops]
    members = ((f"{CLASSES[n % 3]}/{n:05}.png", contents[n % 9]) for n in range(4500))
    return write_zip(tmp_path / "many.zip", members)


@pytest.fixture
def screens(tmp_path: Path) -> Path:
    """Two screens with controls, one without, and what is none."""
    folder = tmp_path / "screens"
    folder.mkdir()
    screen, _ = screenshot()
    screen.save(folder / "a.png")
    screen.crop((250, 0, 900, 300)).save(folder / "b.png")
    Image.new("RGB", (300, 200), "white").save(folder / "blank.png")
    (folder / "broken.png").write_bytes((folder / "a.png").read_bytes()[:2000])
    return folder
