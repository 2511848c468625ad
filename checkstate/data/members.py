"""The images of a data set by name and size; contents come when they are asked for."""

from __future__ import annotations

import lzma
import os
import stat
import struct
import tarfile
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import IO, Any

from checkstate.core import bounds
from checkstate.core.bounds import excess
from checkstate.core.errors import UserError
from checkstate.core.layout import HEAD, Place, noise_within, not_image, understand
from checkstate.core.paths import archive_kind
from checkstate.core.text import printable
from checkstate.core.walk import Walk

FOLDER = "folder"
DAMAGE = (
    *(zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, struct.error),
    *(EOFError, OverflowError, ValueError),
)
"""What the standard library raises for an archive that is damaged."""


def find_data(source: Path) -> Path:
    """Return a data set, a folder or one .zip or .tar archive; raises UserError for none."""
    if source.is_dir() or (archive_kind(source) and source.is_file()):
        return source
    if source.exists():
        raise UserError(f"{source}: neither a folder nor a .zip or .tar file")
    raise UserError(f"{source}: no such folder, .zip or .tar file")


@dataclass
class Members:
    """The images of a folder or an archive, and what lies beside them.

    `images` has each one's size in bytes by its POSIX path, `folders` the paths of all folders
    but noise, `left_out` the number of other files by kind.
    """

    source: Path
    open: Callable[[Any], IO[bytes] | None]
    images: dict[str, int] = field(default_factory=dict)
    folders: set[str] = field(default_factory=set)
    left_out: Counter[str] = field(default_factory=Counter)
    handles: dict[str, Any] = field(default_factory=dict)

    def add(self, path: str, size: int, handle: Any) -> None:
        """Add an image; raises UserError for a second one of its name, or for no text."""
        if path in self.images:
            raise UserError(
                f"{self.source}: two members are named {printable(path)}; make it again with "
                "one of them"
            )
        try:
            path.encode()
        except UnicodeEncodeError as error:
            raise UserError(f"{printable(path)}: its name is no valid UTF-8; rename it") from error
        self.images[path], self.handles[path] = size, handle

    def places(
        self, classes: Collection[str], left_out: Counter[str]
    ) -> tuple[dict[str, Place], set[str]]:
        """The place of every labeled image, and the class folders, as `understand` finds them.

        What is left out, images or not, is counted in `left_out` by kind.
        """
        left_out.update(self.left_out)
        counts = Counter(folder_of(path) for path in self.images)
        try:
            places, names = understand(counts, self.folders, classes, left_out)
        except UserError as error:
            raise UserError(f"{self.source}: {error}") from error
        return {path: places[f] for path in self.images if (f := folder_of(path)) in places}, names

    def read(self, path: str) -> bytes:
        """Read an image; raises UserError where it cannot be, or is larger than it was, or gone."""
        if path not in self.images:
            raise UserError(f"{self.source}: {printable(path)} went meanwhile; run it again")
        if reason := excess(self.images[path], bounds.IMAGE):
            raise UserError(f"{self.source}: {printable(path)}: {reason}; leave it out")
        content = self.read_start(self.handles[path], self.images[path] + 1)
        if len(content) > self.images[path]:
            raise UserError(f"{self.source}: {printable(path)} grew meanwhile; run it again")
        return content

    def read_start(self, handle: Any, size: int) -> bytes:
        """The first bytes of a file; raises UserError for a damaged archive."""
        with archive_errors(self.source), ExitStack() as stack:
            stream = self.open(handle)
            return stack.enter_context(stream).read(size) if stream else b""


def folder_of(path: str) -> str:
    """The folder of a POSIX path, or ''."""
    return path.rpartition("/")[0]


@contextmanager
def open_members(source: Path) -> Iterator[Members]:
    """List a data set; its images can be read inside of the block. Raises UserError."""
    with ExitStack() as stack:
        if source.is_dir():
            yield list_folder(source)
        elif archive_kind(source) == ".zip":
            with archive_errors(source):
                archive = stack.enter_context(zipfile.ZipFile(source))
                members = list_archive(source, archive.open, zip_files(archive))
            yield members
        else:
            with archive_errors(source):
                tar = stack.enter_context(tarfile.open(source, "r:"))
                members = list_archive(source, tar.extractfile, tar_files(tar))
            yield members


@contextmanager
def archive_errors(source: Path) -> Iterator[None]:
    """Turn what reading an archive or a file raises into one line."""
    try:
        yield
    except DAMAGE as error:
        raise UserError(f"{source}: damaged archive ({error}); fetch or make it again") from error
    except RuntimeError as error:  # zipfile's, of a password or a compression that it lacks
        raise UserError(f"{source}: {error}; make it without") from error
    except OSError as error:
        raise UserError(f"{printable(str(error.filename or source))}: {error.strerror}") from error


def open_file(path: str) -> IO[bytes]:
    """Open a file of a folder."""
    return Path(path).open("rb")


def list_folder(source: Path) -> Members:
    """The images below a folder, by paths relative to it."""
    members = Members(source, open_file)
    start = len(str(source)) + 1
    walk = Walk(source)
    for path in walk:
        with archive_errors(source):
            status = Path(path).stat()
        if stat.S_ISDIR(status.st_mode):
            raise UserError(f"{printable(path)}: the folder may not be read")
        if not stat.S_ISREG(status.st_mode):
            raise UserError(f"{printable(path)}: not a regular file; remove it")
        members.add(path[start:].replace(os.sep, "/"), status.st_size, path)
    members.folders = {path[start:].replace(os.sep, "/") for path in walk.folders}
    members.left_out = walk.left_out
    return members


Files = Iterable[tuple[str, int, Any]]
"""Name, size and handle of what an archive lists; text instead of a handle is a kind of no file."""


def list_archive(source: Path, open_: Callable[[Any], IO[bytes] | None], files: Files) -> Members:
    """The images of an archive, by names without a leading `/` or `./`."""
    members = Members(source, open_)
    passed = set()
    for name, size, handle in files:
        parts = [part for part in name.split("/") if part not in {"", "."}]
        path = "/".join(parts)
        outermost, kind = noise_within(path)
        if kind and outermost not in passed:
            members.left_out[kind] += 1
            passed.add(outermost)
        if kind or not parts:
            continue
        add_folders(members.folders, parts if handle is FOLDER else parts[:-1])
        if handle is FOLDER:
            continue
        irregular = handle if isinstance(handle, str) else ""
        kind = irregular or not_image(parts[-1], partial(members.read_start, handle, HEAD))
        if kind:
            members.left_out[kind] += 1
        else:
            members.add(path, size, handle)
    return members


def add_folders(folders: set[str], parts: list[str]) -> None:
    """Add a folder and those above it."""
    for depth in range(len(parts), 0, -1):
        folder = "/".join(parts[:depth])
        if folder in folders:
            return
        folders.add(folder)


def zip_files(archive: zipfile.ZipFile) -> Files:
    """What a .zip lists; names of some that were made on Windows have backslashes."""
    for info in archive.infolist():
        name = info.filename.replace("\\", "/")
        if name.endswith("/"):
            yield name, 0, FOLDER
        elif stat.S_ISLNK(info.external_attr >> 16):
            yield name, 0, "link"
        else:
            yield name, info.file_size, info


def tar_files(tar: tarfile.TarFile) -> Files:
    """What a .tar lists; a hard link stands for the file that it names."""
    known: dict[str, tarfile.TarInfo] = {}
    for member in tar:
        target = known.get(member.linkname) if member.islnk() else member
        if member.isdir():
            yield member.name, 0, FOLDER
        elif target and target.isreg():
            known[member.name] = target
            yield member.name, target.size, target
        else:
            yield member.name, 0, "link" if member.islnk() or member.issym() else "special file"
    tar.fileobj.seek(tar.offset)
    if tar.fileobj.read(tarfile.BLOCKSIZE) != bytes(tarfile.BLOCKSIZE):
        raise tarfile.ReadError("it ends in the middle")
