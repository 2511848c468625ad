"""What a user names on the command line, as a stream of images: files, folders, globs, URLs, -."""

from __future__ import annotations

import glob
import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from checkstate.core.text import printable
from checkstate.runtime.images import SUFFIXES, ImageError


@dataclass(frozen=True)
class Source:
    """An image by name, not read yet; `content` gives a path or the bytes of a URL or stdin."""

    name: str
    private_urls: bool = False

    def content(self) -> Path | bytes:
        """Return what read_image takes; raises ImageError for a folder or a failed fetch."""
        if self.name == "-":
            return sys.stdin.buffer.read()
        if not is_url(self.name):
            if is_folder(self.name):
                open_to_us = os.access(self.name, os.R_OK | os.X_OK)
                why = "in which no image was found" if open_to_us else "that may not be read"
                raise ImageError(f"{printable(self.name)}: a folder {why}")
            return Path(self.name)
        import asyncio  # this and httpx cost a cold start 0.1 s

        from checkstate.runtime.fetch import FetchError, fetch

        try:
            return asyncio.run(fetch(self.name, private=self.private_urls))
        except FetchError as error:
            raise ImageError(str(error)) from error


def is_url(name: str) -> bool:
    """Whether a name is a URL that can be fetched."""
    return name.startswith(("http://", "https://"))


def expand(names: Iterable[str], *, private_urls: bool = False) -> Iterator[Source]:
    """Yield every image that the names stand for; a folder is walked, a pattern is matched.

    Symbolic links to folders are not followed, so that a loop ends. What stands for nothing, and
    what has an image's suffix but is none, is yielded as it is: reading it says what is wrong.
    """
    for name in names:
        if name == "-" or is_url(name):
            yield Source(name, private_urls)
        elif is_folder(name):
            found = walk(name)
            yield Source(next(found, name))
            yield from map(Source, found)
        elif glob.has_magic(name) and not os.path.lexists(name):
            files: dict[str, str] = {}  # by real path: glob goes around a loop of links many times
            for match in sorted(glob.glob(name, recursive=True), key=lambda m: (len(m), m)):
                if not is_folder(match):
                    files.setdefault(os.path.realpath(match), match)
            yield from map(Source, sorted(files.values()) or [name])
        else:
            yield Source(name)


def is_folder(name: str) -> bool:
    """Whether a name stands for a folder; False for one that the system refuses."""
    try:
        return Path(name).is_dir()
    except OSError:  # too long, or a folder above it may not be entered
        return False


def walk(folder: str) -> Iterator[str]:
    """Yield what has an image's suffix below a folder, sorted, one folder's names in memory."""
    try:
        with os.scandir(folder) as found:
            entries = sorted(found, key=lambda entry: entry.name)
    except OSError:
        yield folder
        return
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            yield from walk(entry.path)
        elif Path(entry.name).suffix.lower() in SUFFIXES:
            yield entry.path
