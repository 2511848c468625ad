"""Labeled images as one array: a split, an archive of class folders, extra data sets."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import BinaryIO

import numpy as np
from sklearn.model_selection import train_test_split
from tqdm import tqdm

from checkstate.core.files import archive_names, read_archive
from checkstate.core.tables import ManifestRow, SplitRow, class_indices, label_of
from checkstate.core.types import Indices, Pixels, Resize
from checkstate.runtime.images import read_image, resize

HOLDOUT_SHARE = 0.05
"""Share of the renderings that pretraining does not learn from; the starter is chosen out of it."""


@dataclass(frozen=True)
class Images:
    """Model inputs, uint8 [n, height, width, 3], their class indices, int64 [n], and paths."""

    pixels: Pixels
    labels: Indices
    paths: list[str]
    classes: list[str]

    def take(self, indices: Indices) -> Images:
        """The images at these indices."""
        paths = [self.paths[i] for i in indices]
        return Images(self.pixels[indices], self.labels[indices], paths, self.classes)

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
    paths = [row.path for row in rows]
    labels = class_indices([row.label for row in rows], classes)
    return Images(decode_archive(archive, paths, size, mode), labels, paths, classes)


def load_archive(archive: Path, size: tuple[int, int], mode: Resize) -> Images:
    """Decode an archive of class folders."""
    paths = archive_names(archive)
    labels, classes = archive_labels(paths)
    return Images(decode_archive(archive, paths, size, mode), labels, paths, classes)


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
        train = Images(
            np.concatenate([train.pixels, decode_archive(archive, paths, size, mode)]),
            np.concatenate([train.labels, labels]),
            train.paths + paths,
            train.classes,
        )
    return train


def holdout(labels: Indices, share: float, seed: int) -> tuple[Indices, Indices]:
    """Indices of a training side and of a share held out, stratified by label."""
    train, held = train_test_split(
        np.arange(len(labels)), test_size=share, stratify=labels, random_state=seed
    )
    return train, held


def decode_archive(archive: Path, paths: list[str], size: tuple[int, int], mode: Resize) -> Pixels:
    """Decode and resize members of an archive on all cores, uint8 [n, height, width, 3]."""
    pixels = np.empty((len(paths), *size, 3), np.uint8)
    prepare = partial(preprocess, size=size, mode=mode)
    members = read_archive(archive, paths)  # opened once: a long directory takes long to read
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for start in tqdm(range(0, len(paths), 256), "decode", unit="block"):
            for offset, image in enumerate(pool.map(prepare, islice(members, 256))):
                pixels[start + offset] = image
    return pixels


def preprocess(content: BinaryIO, size: tuple[int, int], mode: Resize) -> Pixels:
    """Read one image and bring it to the model's input."""
    return resize(read_image(content), size, mode)
