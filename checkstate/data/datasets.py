"""Labeled images as one array: a split, an archive of class folders, extra data sets."""

from __future__ import annotations

import os
import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image
from tqdm import tqdm

from checkstate.core.files import archive_names, read_archive
from checkstate.core.tables import (
    ManifestRow,
    SplitRow,
    class_indices,
    crop_digits,
    label_of,
    libraries_of,
)
from checkstate.core.types import Indices, Pixels, Resize
from checkstate.data.surroundings import surround
from checkstate.runtime.images import read_image, resize

HOLDOUT_SHARE = 0.07
"""Of a library's pages, the last, from which pretraining does not learn: two of 28. The starter is
chosen out of it."""


@dataclass(frozen=True)
class Images:
    """Model inputs, uint8 [n, height, width, 3], their class indices, int64 [n], and paths.

    `encoded` are the files' bytes, which surroundings are drawn from; there may be none.
    """

    pixels: Pixels
    labels: Indices
    paths: list[str]
    classes: list[str]
    encoded: list[bytes] = field(default_factory=list)

    def take(self, indices: Indices) -> Images:
        """The images at these indices."""
        paths = [self.paths[i] for i in indices]
        encoded = [self.encoded[i] for i in indices] if self.encoded else []
        return Images(self.pixels[indices], self.labels[indices], paths, self.classes, encoded)

    def __add__(self, other: Images) -> Images:
        """These images and behind them others of the same classes."""
        return Images(
            np.concatenate([self.pixels, other.pixels]),
            np.concatenate([self.labels, other.labels]),
            self.paths + other.paths,
            self.classes,
            self.encoded + other.encoded,
        )

    def spread(self, count: int) -> Images:
        """At most `count` images, evenly over all of them, which are sorted by class."""
        places = np.linspace(0, len(self.labels) - 1, min(count, len(self.labels)))
        return self.take(places.astype(np.int64))


def load_split(
    table: Path, archive: Path, split: str, size: tuple[int, int], mode: Resize
) -> Images:
    """Decode the images of one split, in the order of the table."""
    rows = SplitRow.read(table)
    classes = sorted({row.label for row in rows})
    return load_rows(archive, [row for row in rows if row.split == split], classes, size, mode)


def load_rows(
    archive: Path,
    rows: Sequence[SplitRow] | Sequence[ManifestRow],
    classes: list[str],
    size: tuple[int, int],
    mode: Resize,
) -> Images:
    """Decode the images of an archive that the rows name."""
    labels = class_indices([row.label for row in rows], classes)
    return load_members(archive, [row.path for row in rows], labels, classes, size, mode)


def load_archive(archive: Path, size: tuple[int, int], mode: Resize) -> Images:
    """Decode an archive of class folders."""
    paths = archive_names(archive)
    labels, classes = archive_labels(paths)
    return load_members(archive, paths, labels, classes, size, mode)


def load_members(
    archive: Path,
    paths: list[str],
    labels: Indices,
    classes: list[str],
    size: tuple[int, int],
    mode: Resize,
) -> Images:
    """Decode members of an archive on all cores."""
    encoded = [member.getvalue() for member in read_archive(archive, paths)]
    pixels = np.empty((len(paths), *size, 3), np.uint8)
    decode = partial(preprocess, size=size, mode=mode)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        decoded = tqdm(pool.map(decode, encoded), "decode", len(paths), unit="image", leave=False)
        for number, image in enumerate(decoded):
            pixels[number] = image
    return Images(pixels, labels, paths, classes, encoded)


def archive_labels(paths: list[str]) -> tuple[Indices, list[str]]:
    """Class indices of an archive's members, int64 [members], and the class folders' names."""
    labels = [label_of(path) for path in paths]
    classes = sorted(set(labels))
    return class_indices(labels, classes), classes


def add_extra(train: Images, archives: Iterable[Path], mode: Resize) -> Images:
    """Training images, and behind them those of the archives of train.extra.

    Extra images of classes that the main data set lacks stay out, which is said on stderr.
    """
    size = train.pixels.shape[1], train.pixels.shape[2]
    for archive in archives:
        members = archive_names(archive)
        paths = [path for path in members if label_of(path) in train.classes]
        if unknown := {label_of(path) for path in members} - set(train.classes):
            name = archive.stem
            tqdm.write(f"train.extra: {name}: no such class here: {sorted(unknown)}", sys.stderr)
        labels = class_indices([label_of(path) for path in paths], train.classes)
        train = train + load_members(archive, paths, labels, train.classes, size, mode)
    return train


def holdout(members: list[str], share: float) -> tuple[Indices, Indices]:
    """Indices of renderings to learn from, and of those of every library's last pages.

    Several crops of a page show one control, so that whole pages are held out; more pages or
    libraries leave the others where they are. A toolkit's crops show another control each, and
    have two digits of their pixels for a page.
    """
    libraries, pages = libraries_of(members), [crop_digits(member)[0] for member in members]
    drawn = defaultdict[str, set[str]](set)
    for library, page in zip(libraries, pages, strict=True):
        drawn[library].add(page)
    last = {
        library: set(sorted(numbers)[max(1, int((1 - share) * len(numbers))) :])
        for library, numbers in drawn.items()
    }
    pairs = zip(libraries, pages, strict=True)
    held = np.array([page in last[library] for library, page in pairs], bool)
    return np.flatnonzero(~held), np.flatnonzero(held)


def preprocess(content: bytes, size: tuple[int, int], mode: Resize) -> Pixels:
    """Read one image and bring it to the model's input."""
    return resize(read_image(content), size, mode)


def redraw(data: Images, share: float, mode: Resize, seed: int, numbers: Iterable[int]) -> Images:
    """The same images, of those of these numbers a share in surroundings drawn from the seed.

    Images without their files' bytes stay as they are.
    """
    numbers = list(numbers)
    if not share or not data.encoded:
        return data
    pixels = data.pixels.copy()
    size = pixels.shape[1], pixels.shape[2]

    def draw(number: int) -> None:
        rng = np.random.default_rng((seed, number))  # one an image: threads end in any order
        if rng.random() < share:
            neighbor = data.encoded[int(rng.integers(len(data.encoded)))]
            image, other = (np.asarray(read_image(c)) for c in (data.encoded[number], neighbor))
            pixels[number] = resize(Image.fromarray(surround(image, other, rng)), size, mode)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(tqdm(pool.map(draw, numbers), "redraw", len(numbers), leave=False))
    return replace(data, pixels=pixels)
