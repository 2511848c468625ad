"""The images below a folder on disk."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from checkstate.core.layout import HEAD, noise, not_image


class Walk:
    """Paths of the images below a folder, sorted, with one folder's names in memory.

    Linked files count as files. Linked folders are not entered: DVC does not look into them
    either, and a loop has to end. After the walk `left_out` counts what was passed over, by
    kind, and `folders` has every folder but the first. A folder that may not be read, and a broken
    link or a pipe with an image's ending, are yielded like images: reading them says why not.
    """

    def __init__(self, root: str | Path) -> None:
        self.root = str(root)
        self.folders: list[str] = []
        self.left_out = Counter[str]()

    def __iter__(self) -> Iterator[str]:
        levels = [self.entries(self.root)]
        while levels:
            path, is_folder = next(levels[-1], ("", False))
            if not path:
                levels.pop()
            elif is_folder:
                self.folders.append(path)
                levels.append(self.entries(path))
            else:
                yield path

    def entries(self, folder: str) -> Iterator[tuple[str, bool]]:
        """What lies directly in a folder, images and folders, and which of both."""
        kept = []
        try:
            with os.scandir(folder) as found:
                for entry in found:
                    if kind := noise(entry.name) or kind_of(entry):
                        self.left_out[kind] += 1
                    else:
                        kept.append((entry.path, entry.is_dir(follow_symlinks=False)))
        except OSError:
            kept = [(folder, False)]
        return iter(sorted(kept))


def kind_of(entry: os.DirEntry[str]) -> str:
    """What an entry is when it is neither a folder nor an image, or ''."""
    if entry.is_dir(follow_symlinks=False):
        return ""
    try:
        if entry.is_dir():
            return "linked folder"
        regular = entry.is_file()
    except OSError:  # a link to itself
        regular = False
    return not_image(entry.name, lambda: read_head(entry.path) if regular else b"")


def read_head(path: str) -> bytes:
    """The first bytes of a file, or none where it may not be read."""
    try:
        with Path(path).open("rb") as file:
            return file.read(HEAD)
    except OSError:
        return b""
