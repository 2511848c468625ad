"""The folder of Parquet files that a run writes, local or a URI."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from pyarrow.fs import FileSelector, LocalFileSystem

from checkstate.core.errors import UserError
from checkstate.core.files import atomic_write
from checkstate.core.locks import try_lock
from checkstate.scale.shards import TABLE
from checkstate.scale.storage import filesystem, storage_errors

SUMMARY = "_summary.json"
"""Readers of a folder of Parquet files pass over names that begin with _ or a point."""

FINDER = "finder_md5"
"""What the summary says of a run that finds controls."""


class Target:
    """Parts, each written whole or not at all, and the summary."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.system, self.path = filesystem(name)
        self.is_local = isinstance(self.system, LocalFileSystem)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Refuse a second run into a local folder at the same time."""
        if not self.is_local:
            yield
            return
        Path(self.path).mkdir(parents=True, exist_ok=True)
        with Path(self.path, ".lock").open("w") as file:
            if not try_lock(file):
                raise UserError(f"{self.name}: another run writes there; wait for it")
            yield

    def parts(self) -> set[str]:
        """The names of the Parquet files that are there."""
        with storage_errors(self.name):
            found = self.system.get_file_info(FileSelector(self.path, allow_not_found=True))
        return {info.base_name for info in found if info.base_name.endswith(TABLE)}

    def is_free(self, made_from: dict[str, str | None]) -> bool:
        """Whether no run has noted what it reads; raises UserError where another run has."""
        try:
            found = json.loads(self.read(SUMMARY))
        except FileNotFoundError:
            return True
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise UserError(f"{self.name}: its {SUMMARY} is none of ours; name another folder")
        if (found.get(FINDER) is None) != (made_from.get(FINDER) is None):
            way = "without" if found.get(FINDER) is None else "with"
            raise UserError(f"{self.name}: made {way} --find; name another folder")
        for key, value in made_from.items():
            if found.get(key) != value:
                raise UserError(
                    f"{self.name}: made with another {key} ({found.get(key)}, now {value}); name "
                    "another folder"
                )
        return False

    def write_summary(self, values: dict[str, Any]) -> None:
        """Write _summary.json."""
        self.write(SUMMARY, (json.dumps(values, indent=2) + "\n").encode())

    def read(self, name: str) -> bytes:
        """A file's bytes; raises FileNotFoundError for none, and UserError when the store fails."""
        path = f"{self.path}/{name}"
        with (
            storage_errors(self.name),
            suppress(FileNotFoundError),  # raised below, where it is no error of the store
            self.system.open_input_stream(path) as stream,
        ):
            return bytes(stream.read())
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)

    def write(self, name: str, content: bytes) -> None:
        """Write a file whole or not at all: a store elsewhere shows it once it is complete."""
        if self.is_local:
            with atomic_write(Path(self.path, name)) as temporary:
                temporary.write_bytes(content)
            return
        with (
            storage_errors(self.name),
            self.system.open_output_stream(f"{self.path}/{name}") as stream,
        ):
            stream.write(content)
