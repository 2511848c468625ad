"""What a user names on the command line, as a stream of images: files, folders, globs, URLs, -."""

from __future__ import annotations

import glob
import os
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from tqdm import tqdm

from checkstate.core import bounds
from checkstate.core.bounds import excess
from checkstate.core.layout import summarize
from checkstate.core.text import printable
from checkstate.core.walk import Walk
from checkstate.runtime.images import ImageError

SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://", re.I)


@dataclass(frozen=True)
class Source:
    """An image by name, not read yet; `content` gives a path or the bytes of a URL or stdin."""

    name: str
    private_urls: bool = False

    def content(self) -> Path | bytes:
        """Return what read_image takes; raises ImageError for a folder or a failed fetch."""
        if self.name == "-":
            if sys.stdin is None:  # closed, as `<&-` does
                raise ImageError("-: standard input is closed")
            content = sys.stdin.buffer.read(bounds.IMAGE + 1)
            if reason := excess(len(content), bounds.IMAGE):
                raise ImageError(f"-: {reason}")
            return content
        if not is_url(self.name):
            if is_file_url(self.name):
                return local_path(self.name)
            if SCHEME.match(self.name) and not os.path.lexists(self.name):
                raise ImageError("image: of URLs, those of http, https and file are read")
            if is_folder(self.name):
                open_to_us = os.access(self.name, os.R_OK | os.X_OK)
                why = "in which no image was found" if open_to_us else "that may not be read"
                raise ImageError(f"{printable(self.name)}: a folder {why}")
            return Path(self.name)
        import asyncio  # this and httpx cost a cold start 0.1 s

        from checkstate.runtime.fetch import FetchError, PrivateAddressError, fetch

        try:
            return asyncio.run(fetch(self.name, private=self.private_urls))
        except PrivateAddressError as error:
            raise ImageError(f"{error}; --private-urls allows it") from error
        except FetchError as error:
            raise ImageError(str(error)) from error


def is_url(name: str) -> bool:
    """Whether a name is a URL that can be fetched; the case of its scheme does not count."""
    return name.lower().startswith(("http://", "https://"))


def is_file_url(name: str) -> bool:
    """Whether a name is the URL of a file, on whatever machine."""
    return name.lower().startswith("file://")


def local_path(url: str) -> Path:
    """The path of a file URL; raises ImageError where it names another machine, or no file."""
    try:
        parts = urlsplit(url)
        path = url2pathname(parts.path)
    except ValueError as error:
        raise ImageError("image: no valid URL") from error
    if parts.netloc.lower() not in {"", "localhost"}:
        raise ImageError("image: a file of another machine")
    if not path:
        raise ImageError("image: the URL of no file")
    return Path(path)


def without_scheme(name: str) -> str:
    """The path of a file URL of this machine; other names as they are."""
    if is_file_url(name):
        with suppress(ImageError):  # reading it says why not
            return str(local_path(name))
    return name


def expand(names: Iterable[str], *, private_urls: bool = False) -> Iterator[Source]:
    """Yield every image that the names stand for; a folder is walked, a pattern is matched.

    What is no image in a folder is counted on stderr, as `Walk` tells it. What stands for nothing,
    and what has an image's ending but is none, is yielded as it is: reading it says what is wrong.
    A file URL stands for its path, by which its images are named.
    """
    for name in map(without_scheme, names):
        if name == "-" or is_url(name):
            yield Source(name, private_urls)
        elif is_folder(name):
            walk = Walk(name)
            found = iter(walk)
            yield Source(next(found, name))
            yield from map(Source, found)
            if walk.left_out:
                message = f"{printable(name)}: passed over: {summarize(walk.left_out)}"
                tqdm.write(message, file=sys.stderr)
        elif glob.has_magic(name) and not os.path.lexists(name):
            files: dict[str, str] = {}  # by real path: glob goes around a loop of links many times
            for match in sorted(glob.glob(name, recursive=True), key=lambda m: (len(m), m)):
                if not is_folder(match):
                    files.setdefault(os.path.realpath(match), match)
            yield from map(Source, sorted(files.values()) or [name])
        else:
            yield Source(name)


def reads_below(names: Iterable[str], folder: Path) -> str | None:
    """The first of the names by which images in a folder would be read, now or on the next run:
    a folder that it is or lies in, or a pattern whose `**` may go down to it.

    Links inside of a folder are not followed, and patterns without `**` are taken as they are.
    """
    target = Path(os.path.realpath(folder))
    for name in map(without_scheme, names):
        if is_folder(name):
            top = name
        elif "**" in Path(name).parts and not is_url(name):
            top = fixed_part(name)
        else:
            continue
        if target.is_relative_to(os.path.realpath(top)):
            return name
    return None


def fixed_part(pattern: str) -> str:
    """The folder below which all lies that a pattern matches."""
    parts = Path(pattern).parts
    return str(Path(*takewhile(lambda part: not glob.has_magic(part), parts)))


def is_folder(name: str) -> bool:
    """Whether a name stands for a folder; False for one that the system refuses."""
    try:
        return Path(name).is_dir()
    except OSError:  # too long, or a folder above it may not be entered
        return False
