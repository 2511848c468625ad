"""Look at every image of a data set once: size, hashes, and whether it can be read."""

from __future__ import annotations

import hashlib
import os
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

import numpy as np
from PIL import Image
from scipy.fft import dct
from tqdm import tqdm

from checkstate.core.errors import UserError
from checkstate.core.processes import end_with_parent
from checkstate.core.tables import ManifestRow
from checkstate.core.types import Pixels
from checkstate.runtime.images import ImageError, read_image

BLOCK = 64
"""Images that one process inspects at a time."""

BLOCK_BYTES = 4_000_000
"""Bytes from which fewer images are a block: several wait in memory."""

HASH_SIZE = 16


def inspect(items: list[tuple[str, bytes]]) -> list[ManifestRow]:
    """Decode images: size, md5 of the pixels and of the file, 256-bit perceptual hash."""
    rows: list[ManifestRow] = []
    grays: dict[int, Pixels] = {}
    for number, (path, content) in enumerate(items):
        row = ManifestRow(path=path)
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
        grays[number] = hash_input(image)
    for number, phash in zip(grays, perceptual_hashes(list(grays.values())), strict=True):
        rows[number].phash = phash
    return rows


def hash_input(image: Image.Image) -> Pixels:
    """What the perceptual hash looks at: uint8 [64, 64], gray."""
    small = image.resize((128, 128), Image.Resampling.BILINEAR, reducing_gap=2.0)
    side = 4 * HASH_SIZE
    return np.asarray(small.convert("L").resize((side, side), Image.Resampling.LANCZOS))


def perceptual_hashes(grays: list[Pixels]) -> list[str]:
    """Hash shrunk images: bits of `imagehash.phash(hash_size=16)`, a whole block in one DCT."""
    if not grays:
        return []
    rows = dct(np.stack(grays), axis=1)[:, :HASH_SIZE]
    low = dct(rows, axis=2)[:, :, :HASH_SIZE].reshape(len(grays), -1)
    bits = np.packbits(low > np.median(low, axis=1, keepdims=True), axis=1)
    return [row.tobytes().hex() for row in bits]


def inspect_all(items: Iterable[tuple[str, bytes]]) -> list[ManifestRow]:
    """Inspect images, path and content each, on all cores; in the order that they come in."""
    rows: list[ManifestRow] = []
    with tqdm(desc="curate", unit="image") as bar:
        for block in inspect_blocks(blocks(items)):
            rows += block
            bar.update(len(block))
    return rows


def blocks(items: Iterable[tuple[str, bytes]]) -> Iterator[list[tuple[str, bytes]]]:
    """Cut into blocks of `BLOCK` images, or fewer when those reach `BLOCK_BYTES`."""
    block, size = [], 0
    for item in items:
        block.append(item)
        size += len(item[1])
        if len(block) == BLOCK or size >= BLOCK_BYTES:
            yield block
            block, size = [], 0
    if block:
        yield block


def inspect_blocks(blocks: Iterable[list[tuple[str, bytes]]]) -> Iterator[list[ManifestRow]]:
    """Inspect blocks in order, with a few in memory; `pool.map` would read all of them first."""
    cores = os.cpu_count() or 1
    waiting: deque[Future[list[ManifestRow]]] = deque()
    try:
        with ProcessPoolExecutor(cores, initializer=end_with_parent) as pool:
            for block in blocks:
                waiting.append(pool.submit(inspect, block))
                if len(waiting) > 4 * cores:
                    yield waiting.popleft().result()
            yield from (future.result() for future in waiting)
    except BrokenProcessPool as error:
        raise UserError(
            "a process that inspects images died, perhaps for want of memory; leave the largest "
            "out with a lower curate.max_file_mb"
        ) from error
