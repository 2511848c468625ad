"""Files written whole or not at all, and the one archive format that stages exchange."""

from __future__ import annotations

import csv
import errno
import hashlib
import io
import json
import math
import os
import shutil
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from checkstate.core import bounds
from checkstate.core.bounds import check_size, excess, read_within
from checkstate.core.errors import UserError
from checkstate.core.text import as_cell, from_cell, printable

FULL_DISK = 2**16
"""Free bytes of a disk that a failed write has filled."""


@contextmanager
def atomic_write(path: str | Path) -> Iterator[Path]:
    """Give a temporary name beside `path`, and rename it to `path` when the block succeeds.

    The bytes are on the disk before the rename, so that a power cut leaves the old file or the
    new one. A full disk raises OSError, whatever the library that writes makes of it.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        yield temporary
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        temporary.replace(path)
    except Exception as error:
        if shutil.disk_usage(path.parent).free < FULL_DISK:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path)) from error
        raise
    finally:
        temporary.unlink(missing_ok=True)


def write_text(path: str | Path, text: str) -> None:
    """Write UTF-8 text atomically."""
    with atomic_write(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def copy_file(source: str | Path, target: str | Path) -> None:
    """Copy a file's bytes atomically."""
    with atomic_write(target) as temporary:
        shutil.copyfile(source, temporary)


def row_writer(stream: TextIO) -> Callable[[Iterable[object]], None]:
    """A function that writes a row of CSV to a stream that leaves line ends as they are.

    No cell is a formula to a spreadsheet; read_csv gives what it was.
    """
    plain = csv.writer(stream, lineterminator="\n")
    quoted = csv.writer(stream, lineterminator="\n", quoting=csv.QUOTE_ALL)

    def write(cells: Iterable[object]) -> None:
        row = [as_cell(cell) for cell in cells]
        # before 3.13 Python writes a \r without quotes, and reads it as the end of a row
        writer = quoted if any("\r" in str(cell) for cell in row) else plain
        writer.writerow(row)

    return write


def write_csv(path: str | Path, rows: Sequence[Mapping[str, object]]) -> None:
    """Write rows that share the first row's columns; there must be one row at least."""
    with atomic_write(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        columns, write = list(rows[0]), row_writer(file)
        write(columns)
        for row in rows:
            write(row[column] for column in columns)


def read_csv(path: str | Path, delimiter: str = ",") -> list[dict[str, str]]:
    """Read a CSV with a header; spreadsheets put a byte order mark before it.

    Raises UserError for another encoding than UTF-8, and for what is no CSV.
    """
    check_size(path, bounds.TABLE)
    try:
        with Path(path).open(newline="", encoding="utf-8-sig") as file:
            lines = csv.DictReader(file, delimiter=delimiter)
            rows = []
            for row in lines:
                if None in row:
                    raise UserError(f"{path}: line {lines.line_num} has more cells than its header")
                rows.append({key: from_cell(cell) for key, cell in row.items()})
            return rows
    except (UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{path}: {error}; save it as CSV in UTF-8") from error


def write_archive(path: str | Path, members: Iterable[tuple[str, bytes]]) -> None:
    """Write a zip whose bytes depend on names and contents alone (stored, fixed timestamps)."""
    with atomic_write(path) as temporary, zipfile.ZipFile(temporary, "w") as archive:
        for name, content in members:
            archive.writestr(zipfile.ZipInfo(name), content)


def archive_names(path: str | Path) -> list[str]:
    """The members of a zip, in its order; raises UserError for another file."""
    with archive_errors(path), zipfile.ZipFile(path) as archive:
        return archive.namelist()


@contextmanager
def archive_errors(path: str | Path) -> Iterator[None]:
    """Tell in one line of a zip that is damaged."""
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise UserError(f"{path}: damaged archive ({error}); make it again") from error


def read_archive(path: str | Path, names: Iterable[str]) -> Iterator[io.BytesIO]:
    """Yield the members of a zip in the order asked for.

    Raises UserError for too large ones, for one that is not there, and for another file.
    """
    total = 0
    try:
        with archive_errors(path), zipfile.ZipFile(path) as archive:
            for name in names:
                size = archive.getinfo(name).file_size  # never more is unpacked, whatever is packed
                total += size
                if reason := excess(size, bounds.IMAGE) or excess(total, bounds.ARCHIVE):
                    raise UserError(
                        f"{path}: {printable(name)}: {reason}; make it with smaller ones"
                    )
                content = archive.read(name)
                yield io.BytesIO(content)
    except KeyError as error:
        raise UserError(
            f"{path} is of other images than what lists them: no {printable(name)}; run `dvc repro`"
        ) from error


def md5_of(path: str | Path) -> str:
    """The md5 of a file, as DVC records it."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "md5").hexdigest()


def write_json(path: str | Path, values: object) -> None:
    """Write JSON for people and programs, atomically; a value that is no number becomes null."""
    write_text(path, json.dumps(finite(values), indent=2) + "\n")


def finite(value: object) -> object:
    """The same value with null for NaN and infinity at any depth: JSON has none."""
    if isinstance(value, Mapping):
        return {key: finite(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [finite(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def read_json(path: str | Path) -> Any:
    """Read a JSON file."""
    return json.loads(read_within(path, bounds.TABLE))
