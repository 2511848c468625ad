"""Files written whole or not at all, and the one archive that stages hand on."""

from __future__ import annotations

import csv
import errno
import hashlib
import io
import os
import shutil
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

FULL = 2**16
"""Free bytes of a disk that a failed write has filled."""


@contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """Give a temporary name beside `path`, and rename it to `path` when the block succeeds.

    A full disk raises OSError, whatever the library that writes makes of it.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        yield temporary
        temporary.replace(path)
    except Exception as error:
        if shutil.disk_usage(path.parent).free < FULL:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path)) from error
        raise
    finally:
        temporary.unlink(missing_ok=True)


def write_csv(path: str | Path, rows: Sequence[Mapping[str, object]]) -> None:
    """Write rows that share the first row's columns; there must be one row at least."""
    with replacing(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def read_csv(path: str | Path, delimiter: str = ",") -> list[dict[str, str]]:
    """Read a CSV with a header; spreadsheets put a byte order mark before it."""
    with Path(path).open(newline="", encoding="utf-8-sig") as file:
        return list(csv.DictReader(file, delimiter=delimiter))


def write_archive(path: str | Path, members: Iterable[tuple[str, bytes]]) -> None:
    """Write a zip whose bytes depend on names and contents alone (stored, fixed timestamps)."""
    with replacing(path) as temporary, zipfile.ZipFile(temporary, "w") as archive:
        for name, content in members:
            archive.writestr(zipfile.ZipInfo(name), content)


def archive_names(path: str | Path) -> list[str]:
    """The members of a zip, in its order."""
    with zipfile.ZipFile(path) as archive:
        return archive.namelist()


def read_archive(path: str | Path, names: Iterable[str]) -> Iterator[io.BytesIO]:
    """Yield the members of a zip in the order asked for."""
    with zipfile.ZipFile(path) as archive:
        for name in names:
            yield io.BytesIO(archive.read(name))


def is_free(lock: IO[str]) -> bool:
    """Take a lock that the kernel keeps for as long as this process lives, if nobody has it."""
    import fcntl  # not on Windows, where the runtime, which locks nothing, works as well

    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def md5_of(path: str | Path) -> str:
    """The md5 of a file, as DVC records it."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "md5").hexdigest()
