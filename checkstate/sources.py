"""What a user names on the command line, as a stream of images: files, folders, globs, URLs, -."""

from __future__ import annotations

import glob
import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from checkstate.images import SUFFIXES, ImageError


@dataclass(frozen=True)
class Source:
    """An image by name, not read yet; `content` gives a path or the bytes of a URL or stdin."""

    name: str
    private_urls: bool = False

    def content(self) -> Path | bytes:
        """Return what read_image takes; raises ImageError when a URL cannot be fetched."""
        if self.name == "-":
            return sys.stdin.buffer.read()
        if not is_url(self.name):
            return Path(self.name)
        from checkstate.fetch import FetchError, fetch  # httpx costs a cold start 0.1 s

        try:
            return fetch(self.name, private=self.private_urls)
        except FetchError as error:
            raise ImageError(str(error)) from error


def is_url(name: str) -> bool:
    """Whether a name is a URL that can be fetched."""
    return name.startswith(("http://", "https://"))


def expand(names: Iterable[str], *, private_urls: bool = False) -> Iterator[Source]:
    """Yield every image that the names stand for; a folder is walked, a pattern is matched.

    Symbolic links to folders are not followed, so that a loop ends. A name that stands for
    nothing is yielded as it is: reading it then says what is wrong.
    """
    for name in names:
        if name == "-" or is_url(name):
            yield Source(name, private_urls)
        elif Path(name).is_dir():
            yield from (Source(path) for path in walk(name))
        elif not Path(name).exists() and glob.has_magic(name):
            found: dict[str, str] = {}  # by real path: glob goes around a loop of links many times
            for match in sorted(glob.glob(name, recursive=True), key=lambda m: (len(m), m)):
                if not Path(match).is_dir():
                    found.setdefault(os.path.realpath(match), match)
            yield from (Source(match) for match in sorted(found.values()) or [name])
        else:
            yield Source(name)


def walk(folder: str) -> Iterator[str]:
    """Yield the image files below a folder in a stable order, one folder in memory at a time."""
    with os.scandir(folder) as found:
        entries = sorted(found, key=lambda entry: entry.name)
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            yield from walk(entry.path)
        elif Path(entry.name).suffix.lower() in SUFFIXES and entry.is_file():
            yield entry.path
