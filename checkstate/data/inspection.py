"""Look at every image of a data set once: size, hashes, and whether it can be read."""

from __future__ import annotations

import hashlib
import os
import sys
import tarfile
import zipfile
import zlib
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from itertools import islice
from multiprocessing import parent_process
from pathlib import Path, PurePosixPath
from threading import Thread

import numpy as np
from PIL import Image
from scipy.fft import dct
from tqdm import tqdm

from checkstate.core.errors import UserError
from checkstate.core.tables import ManifestRow
from checkstate.core.text import printable
from checkstate.core.types import Pixels
from checkstate.runtime.images import SUFFIXES, ImageError, read_image

SPLITS = frozenset({"train", "val", "test"})
BLOCK = 64
"""Images that one process inspects at a time."""

HASH_SIZE = 16


def find_data(source: Path) -> Path:
    """Return a data set, a folder or one .zip or .tar archive; raises UserError for none."""
    if not source.is_dir() and (source.suffix not in {".zip", ".tar"} or not source.is_file()):
        raise UserError(f"{source}: no such folder, .zip or .tar file")
    return source


def read_members(source: Path) -> Iterator[tuple[str, bytes]]:
    """Yield (relative POSIX path, bytes) of every file of a folder, .zip or .tar, unsorted."""
    if source.is_dir():
        for path in sorted(p for p in source.rglob("*") if p.is_file()):
            yield path.relative_to(source).as_posix(), path.read_bytes()
        return
    read = read_zip if source.suffix == ".zip" else read_tar
    try:
        yield from read(source)
    except (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError) as error:
        raise UserError(f"{source}: damaged archive ({error}); fetch or make it again") from error
    except RuntimeError as error:  # zipfile's, of a password or a compression that it lacks
        raise UserError(f"{source}: {error}; make it without") from error


def read_zip(source: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the files of a .zip."""
    with zipfile.ZipFile(source) as archive:
        for info in archive.infolist():
            if not info.is_dir():
                yield info.filename, archive.read(info)


def read_tar(source: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the files of a .tar."""
    with tarfile.open(source) as tar:
        for member in tar:
            content = tar.extractfile(member) if member.isfile() else None
            if content:
                yield member.name.removeprefix("./"), content.read()


def parse_layout(path: str) -> tuple[str, str] | None:
    """Return (label, predefined split or '') of a path, or None for what is no labelled image.

    Both layouts are read: <class>/<file> and <train|val|test>/<class>/<file>.
    """
    pure = PurePosixPath(path)
    if pure.suffix.lower() not in SUFFIXES or any(part.startswith(".") for part in pure.parts):
        return None
    folders = pure.parts[:-1]
    if len(folders) > 1 and folders[0] in SPLITS:
        return folders[1], folders[0]
    return (folders[0], "") if folders and folders[0] not in SPLITS else None


def inspect(items: list[tuple[str, bytes]]) -> list[ManifestRow]:
    """Decode images: size, md5 of the pixels and of the file, 256-bit perceptual hash."""
    rows: list[ManifestRow] = []
    greys: dict[int, Pixels] = {}
    for number, (path, content) in enumerate(items):
        label, split = parse_layout(path) or ("", "")
        row = ManifestRow(path=path, label=label, predefined=split)
        rows.append(row)
        try:
            image = read_image(content)
        except ImageError as error:
            row.error = str(error).removeprefix("image: ")
            continue
        pixels = hashlib.md5(repr(image.size).encode() + image.tobytes(), usedforsecurity=False)
        row.width, row.height = image.size
        row.md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()
        row.pixels = pixels.hexdigest()
        greys[number] = hash_input(image)
    for number, phash in zip(greys, perceptual_hashes(list(greys.values())), strict=True):
        rows[number].phash = phash
    return rows


def hash_input(image: Image.Image) -> Pixels:
    """What the perceptual hash looks at: uint8 [64, 64], grey."""
    small = image.resize((128, 128), Image.Resampling.BILINEAR, reducing_gap=2.0)
    side = 4 * HASH_SIZE
    return np.asarray(small.convert("L").resize((side, side), Image.Resampling.LANCZOS))


def perceptual_hashes(greys: list[Pixels]) -> list[str]:
    """Hash shrunk images: bits of `imagehash.phash(hash_size=16)`, a whole block in one DCT."""
    if not greys:
        return []
    rows = dct(np.stack(greys), axis=1)[:, :HASH_SIZE]
    low = dct(rows, axis=2)[:, :, :HASH_SIZE].reshape(len(greys), -1)
    bits = np.packbits(low > np.median(low, axis=1, keepdims=True), axis=1)
    return [row.tobytes().hex() for row in bits]


def inspect_all(members: Iterable[tuple[str, bytes]]) -> list[ManifestRow]:
    """Inspect every labelled image on all cores; sorted by path; says what it skips."""
    skipped = Counter[str]()
    items = labelled(members, skipped)
    blocks = iter(lambda: list(islice(items, BLOCK)), [])
    with tqdm(desc="curate", unit="image") as bar:
        rows: list[ManifestRow] = []
        for block in inspect_blocks(blocks):
            rows += block
            bar.update(len(block))
    if skipped:
        kinds = ", ".join(f"{kind or 'no suffix'} {n}" for kind, n in sorted(skipped.items()))
        tqdm.write(f"warning: files that are no images in class folders: {kinds}", sys.stderr)
    return sorted(rows, key=lambda row: row.path)


def labelled(
    members: Iterable[tuple[str, bytes]], skipped: Counter[str]
) -> Iterator[tuple[str, bytes]]:
    """Yield labelled images; count the others by suffix, but for hidden files."""
    for path, content in members:
        if parse_layout(path):
            try:
                path.encode()
            except UnicodeEncodeError as error:
                raise UserError(
                    f"{printable(path)}: its name is no valid UTF-8; rename it"
                ) from error
            yield path, content
        elif not any(part.startswith(".") for part in PurePosixPath(path).parts):
            skipped[PurePosixPath(path).suffix.lower()] += 1


def inspect_blocks(blocks: Iterable[list[tuple[str, bytes]]]) -> Iterator[list[ManifestRow]]:
    """Inspect blocks in order, with a few in memory; `pool.map` would read all of them first."""
    cores = os.cpu_count() or 1
    waiting: deque[Future[list[ManifestRow]]] = deque()
    with ProcessPoolExecutor(cores, initializer=end_with_parent) as pool:
        for block in blocks:
            waiting.append(pool.submit(inspect, block))
            if len(waiting) > 4 * cores:
                yield waiting.popleft().result()
        yield from (future.result() for future in waiting)


def end_with_parent() -> None:
    """End this worker when its parent is killed; it would wait for work for ever."""

    def wait() -> None:
        if parent := parent_process():
            parent.join()
            os._exit(1)

    Thread(target=wait, daemon=True).start()


def class_folders(source: Path) -> set[str]:
    """Class folders of a data folder, empty ones too."""
    if not source.is_dir():
        return set()
    tops = [p for p in source.iterdir() if p.is_dir() and not p.name.startswith(".")]
    nested = [c for p in tops if p.name in SPLITS for c in p.iterdir() if c.is_dir()]
    return {p.name for p in [*(p for p in tops if p.name not in SPLITS), *nested]}


def kept_members(source: Path, rows: list[ManifestRow]) -> Iterator[tuple[str, bytes]]:
    """Yield the kept images' files; a folder comes sorted, an archive in its own order."""
    kept = {row.path for row in rows if row.kept}
    return ((name, content) for name, content in read_members(source) if name in kept)
