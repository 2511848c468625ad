"""Local paths and URIs (s3://, gs://, hdfs://, file://) as filesystems of pyarrow."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import IO, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow.fs import FileInfo, FileSelector, FileSystem, FileType, LocalFileSystem

from checkstate.core.errors import UserError
from checkstate.core.layout import HEAD, noise
from checkstate.core.text import first_line

CHUNK = 2**24
"""Bytes read at a time of a file that is read for its own sake."""

PART = "part-000000.parquet"
"""A name like those that a run writes."""


class File(NamedTuple):
    """A file by its name in the filesystem, its bytes, and when it was written, in ns.

    What cannot be looked at, such as a broken link, has -1 bytes: reading it says why not.
    """

    path: str
    size: int
    modified: int


def is_uri(name: str) -> bool:
    """Whether a name is of a filesystem elsewhere."""
    return "://" in name


@lru_cache(maxsize=8)
def filesystem(name: str) -> tuple[FileSystem, str]:
    """The filesystem of a path or URI, and the name there; raises UserError for no such kind."""
    if not is_uri(name):
        return LocalFileSystem(), Path(name).absolute().as_posix()
    with storage_errors(name):
        try:
            found: tuple[FileSystem, str] = FileSystem.from_uri(name)
        except pa.ArrowInvalid as error:
            raise UserError(f"{name}: {first_line(error)}; use a path or s3://") from error
    return found


def is_read_with(folder: str, source: str) -> bool:
    """Whether what is written to a folder would be read with a source: a folder that it is or lies
    in, through links as well, or a pattern that fits it, a folder around it, or parts in it."""
    (system, place), (other, top) = filesystem(folder), filesystem(source)
    pattern: list[str] = []
    while is_pattern(top) and not is_there(source, other, top):
        top, _, last = top.rpartition("/")
        pattern.insert(0, last)
    if isinstance(system, LocalFileSystem):
        place, top = os.path.realpath(place), os.path.realpath(top)
    if system != other or not PurePosixPath(place).is_relative_to(top):
        return False
    inner = PurePosixPath(place, PART).relative_to(top).parts
    if "**" in pattern:  # stands for any number of folders
        return any(fnmatchcase(name, pattern[-1]) for name in inner)
    return len(inner) >= len(pattern) and all(map(fnmatchcase, inner, pattern))


def is_there(source: str, system: FileSystem, path: str) -> bool:
    """Whether something has a path in the filesystem of a source."""
    with storage_errors(source):
        return bool(system.get_file_info(path).type != FileType.NotFound)


def is_pattern(name: str) -> bool:
    """Whether a path, or a part of it, may stand for several."""
    return bool(set(name) & set("*?["))


@contextmanager
def storage_errors(name: str) -> Iterator[None]:
    """Turn what a filesystem elsewhere raises into one line; a run goes on after it."""
    try:
        yield
    except OSError as error:
        raise UserError(f"{name}: {first_line(error)}; run it again to go on") from error


def list_files(uri: str, left_out: Counter[str]) -> Iterator[File]:
    """Every file that a URI stands for: one, those of a pattern in its last part, or below it.

    Sorted, with one folder's names in memory. Raises UserError where there is none.
    """
    system, path = filesystem(uri)
    folder, _, last = path.rpartition("/")
    with storage_errors(uri):
        found = [system.get_file_info(path)]
        if found[0].type == FileType.Directory:
            found = entries(system, path)
        elif found[0].type == FileType.NotFound and is_pattern(last):
            found = [i for i in entries(system, folder) if fnmatchcase(i.base_name, last)]
    if all(info.type == FileType.NotFound for info in found):
        raise UserError(f"{uri}: no such file or folder, or an empty one")
    yield from below(uri, system, found, left_out)


def arrives(uri: str, file: File) -> bool:
    """Whether all bytes of a file can be read: what cannot be made of them is then its own fault.

    pyarrow has one error for a damaged table and for a store that fails.
    """
    system, _ = filesystem(uri)
    try:
        with system.open_input_stream(file.path) as stream:
            while stream.read(CHUNK):
                pass
    except OSError:
        return False
    return True


def read_head(uri: str, file: File) -> bytes:
    """The first bytes of a file, or none where it is no regular one or may not be read."""
    system, _ = filesystem(uri)
    if file.size <= 0:
        return b""
    with storage_errors(uri):
        try:
            with system.open_input_stream(file.path) as stream:
                return bytes(stream.read(HEAD))
        except (FileNotFoundError, PermissionError):
            return b""


def read_columns(part: IO[bytes], names: list[str]) -> pa.Table:
    """Columns of a Parquet file, read by this thread alone.

    Threads of Arrow that still hold a Python file when the process ends abort it: one exit of
    eight on a busy machine.
    """
    return pq.ParquetFile(part, pre_buffer=False).read(names, use_threads=False)


def entries(system: FileSystem, folder: str) -> list[FileInfo]:
    """What lies directly in a folder, sorted."""
    found = system.get_file_info(FileSelector(folder, allow_not_found=True))
    return sorted(found, key=lambda info: str(info.path))


def below(
    uri: str, system: FileSystem, found: list[FileInfo], left_out: Counter[str]
) -> Iterator[File]:
    """The files among these and in the folders among them; noise is counted."""
    for info in found:
        if kind := noise(info.base_name):
            left_out[kind] += 1
        elif info.type == FileType.Directory:
            with storage_errors(uri):
                inner = entries(system, info.path)
            yield from below(uri, system, inner, left_out)
        else:
            size = -1 if info.size is None else info.size  # of a pipe
            yield File(info.path, size, info.mtime_ns or 0)
