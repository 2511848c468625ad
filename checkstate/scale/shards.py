"""A source of images, cut into shards that processes and machines can score apart.

A shard is a number of image files, as many images of an archive, or the row groups of a Parquet
file that hold as many. Archives elsewhere are one shard each, as WebDataset makes them.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import astuple, dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Literal, Self

import pyarrow as pa
import pyarrow.parquet as pq

from checkstate.core.errors import UserError
from checkstate.core.layout import noise_within, not_image
from checkstate.core.paths import archive_kind
from checkstate.core.text import first_line
from checkstate.core.walk import Walk
from checkstate.data.members import open_members
from checkstate.runtime.sources import expand
from checkstate.scale.storage import (
    File,
    arrives,
    filesystem,
    is_uri,
    list_files,
    read_head,
)

CROPS, SCREENSHOTS = 1000, 100
"""Images of a shard: seconds of work, and what a crash costs a process at most."""

TABLE = ".parquet"


@dataclass(frozen=True)
class Shard:
    """A part of the work; `source` is the URI that its files are reached by, or ''.

    `start` and `stop` count images of an archive, or row groups of a table; `images` is None
    where nobody has counted them.
    """

    source: str
    kind: Literal["images", "archive", "table"]
    files: tuple[File, ...]
    start: int = 0
    stop: int | None = None
    images: int | None = None

    def as_line(self) -> str:
        """The shard as a line of ASCII, whatever its files are called."""
        return json.dumps(astuple(self)) + "\n"

    @classmethod
    def from_line(cls, line: str) -> Self:
        """What as_line wrote."""
        source, kind, files, *rest = json.loads(line)
        return cls(source, kind, tuple(File(*file) for file in files), *rest)

    def digest(self) -> str:
        """Twelve hexadecimal digits that change with the names, sizes and times of the files."""
        return hashlib.md5(repr(astuple(self)).encode(), usedforsecurity=False).hexdigest()[:12]


def find_shards(source: str, size: int, left_out: Counter[str]) -> Iterator[Shard]:
    """The shards of `size` images of a folder, pattern, archive or Parquet file, local or a URI.

    Always the same ones in the same order while the files are the same. `left_out` counts by kind
    what is no image. Raises UserError for a source without any image, archive or table.
    """
    uri = source if is_uri(source) else ""
    files = list_files(source, left_out) if uri else local_files(source, left_out)
    waiting: list[File] = []
    found = False
    for file in files:
        # a pipe would be waited for
        if file.size >= 0 and (cut := cutter(Path(file.path))):
            for shard in cut(uri, file, size, left_out):
                yield shard
                found = True
        elif kind := uri and not_image(
            PurePosixPath(file.path).name, partial(read_head, uri, file)
        ):
            left_out[kind] += 1
        else:
            waiting.append(file)
        if len(waiting) == size:
            yield Shard(uri, "images", tuple(waiting), images=size)
            found, waiting = True, []
    if waiting:
        yield Shard(uri, "images", tuple(waiting), images=len(waiting))
    elif not found:
        raise UserError(f"{source}: no image there, nor in a .zip, .tar or .parquet file")


def local_files(source: str, left_out: Counter[str]) -> Iterator[File]:
    """The images of a folder, or its archives and tables where it has none; else as `predict`."""
    if not Path(source).is_dir():
        for each in expand([source]):
            if not os.path.lexists(each.name):
                raise UserError(f"{source}: no such file or folder")
            yield look_at(each.name)
        return
    walk = Walk(source)
    empty = True
    for path in walk:
        empty = False
        yield look_at(path)
    if empty:
        yield from map(look_at, containers(Path(source)))
    else:
        left_out.update(walk.left_out)


def containers(folder: Path) -> list[str]:
    """The archives and Parquet files below a folder, sorted."""
    return sorted(
        str(path)
        for path in folder.rglob("*")
        if cutter(path) and path.is_file()
        if not noise_within(path.relative_to(folder).as_posix())[0]
    )


def cutter(path: Path) -> Callable[[str, File, int, Counter[str]], Iterator[Shard]] | None:
    """What cuts an archive or a Parquet file, or None for another file."""
    if path.suffix.lower() == TABLE:
        return cut_table
    return cut_archive if archive_kind(path) else None


def look_at(path: str) -> File:
    """A local file's size and time."""
    try:
        status = Path(path).stat()
    except OSError:
        return File(path, -1, 0)
    if not stat.S_ISREG(status.st_mode):
        return File(path, -1, 0)
    return File(path, status.st_size, status.st_mtime_ns)


def cut_archive(uri: str, file: File, size: int, left_out: Counter[str]) -> Iterator[Shard]:
    """The shards of an archive; a damaged one is a shard whose only row says so.

    `left_out` counts what is no image in a local one: one elsewhere is not listed yet.
    """
    if uri:
        yield Shard(uri, "archive", (file,))
        return
    try:
        with open_members(Path(file.path)) as members:
            count = len(members.images)
            left_out.update(members.left_out)
    except UserError:
        yield Shard(uri, "archive", (file,), images=1)
        return
    for start in range(0, count, size):
        stop = min(start + size, count)
        yield Shard(uri, "archive", (file,), start, stop, stop - start)


def cut_table(uri: str, file: File, size: int, _: Counter[str]) -> Iterator[Shard]:
    """The shards of a Parquet file, of whole row groups; a damaged one as above."""
    try:
        rows = group_rows(uri, file)
    except (pa.ArrowInvalid, UnicodeDecodeError, OSError) as error:
        if uri and isinstance(error, OSError) and not arrives(uri, file):
            raise UserError(f"{file.path}: {first_line(error)}; run it again to go on") from error
        yield Shard(uri, "table", (file,), images=1)
        return
    start = images = 0
    for stop, count in enumerate(rows, start=1):
        images += count
        if images >= size or stop == len(rows):
            yield Shard(uri, "table", (file,), start, stop, images)
            start, images = stop, 0


def group_rows(uri: str, file: File) -> list[int]:
    """The rows of every row group of a Parquet file.

    Raises ArrowInvalid or OSError for a damaged file, UnicodeDecodeError for a column whose name is
    no UTF-8, and OSError for a file that cannot be read.
    """
    system, _ = filesystem(uri)
    with system.open_input_file(file.path) as stream:
        metadata = pq.read_metadata(stream)
        return [metadata.row_group(n).num_rows for n in range(metadata.num_row_groups)]
