"""The curated images of a split as one array, and the augmentation of a batch."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import BinaryIO

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.model_selection import train_test_split
from torch import Tensor
from torch.nn import functional as F
from tqdm import tqdm

from checkstate.files import archive_names, read_archive, read_csv
from checkstate.images import Pixels, Resize, fit, read_image
from checkstate.params import Augment


@dataclass(frozen=True)
class Images:
    """Fitted images, uint8 [n, height, width, 3], their class indices, int64 [n], and paths."""

    pixels: Pixels
    labels: NDArray[np.int64]
    paths: list[str]
    classes: list[str]

    def take(self, indices: NDArray[np.int64]) -> Images:
        """The images at these indices."""
        paths = [self.paths[i] for i in indices]
        return Images(self.pixels[indices], self.labels[indices], paths, self.classes)


def load_split(split: str, size: tuple[int, int], resize: Resize) -> Images:
    """Decode and fit the images of one split, in the order of data/split.csv."""
    table = read_csv("data/split.csv")
    classes = sorted({row["label"] for row in table})
    return load_rows([row for row in table if row["split"] == split], classes, size, resize)


def load_rows(
    rows: Sequence[Mapping[str, str]], classes: list[str], size: tuple[int, int], resize: Resize
) -> Images:
    """Decode and fit curated images by their rows' path and label."""
    paths = [row["path"] for row in rows]
    labels = np.array([classes.index(row["label"]) for row in rows], np.int64)
    return Images(fit_all("data/curated.zip", paths, size, resize), labels, paths, classes)


def add_extra(train: Images, names: Iterable[str], resize: Resize) -> Images:
    """Training images, and behind them those of the data sets of train.extra.

    Extra images of classes that the main data set lacks stay out, which is said on stderr.
    """
    size = train.pixels.shape[1], train.pixels.shape[2]
    for name in names:
        archive = f"data/extra/{name}.zip"
        folders = [(path, path.split("/")[0]) for path in archive_names(archive)]
        known = [(path, label) for path, label in folders if label in train.classes]
        if unknown := {label for _, label in folders} - set(train.classes):
            tqdm.write(f"train.extra: {name}: no such class here: {sorted(unknown)}", sys.stderr)
        paths = [path for path, _ in known]
        labels = np.array([train.classes.index(label) for _, label in known], np.int64)
        train = Images(
            np.concatenate([train.pixels, fit_all(archive, paths, size, resize)]),
            np.concatenate([train.labels, labels]),
            train.paths + paths,
            train.classes,
        )
    return train


def load_archive(archive: str, size: tuple[int, int], resize: Resize) -> Images:
    """Decode and fit an archive of class folders."""
    paths = archive_names(archive)
    labels, classes = archive_labels(paths)
    return Images(fit_all(archive, paths, size, resize), labels, paths, classes)


def archive_labels(paths: list[str]) -> tuple[NDArray[np.int64], list[str]]:
    """Class indices of an archive's members, int64 [members], and the class folders' names."""
    classes = sorted({path.split("/")[0] for path in paths})
    return np.array([classes.index(path.split("/")[0]) for path in paths], np.int64), classes


HELD = 0.05
"""Share of the renderings that pretraining does not learn from; the starter is chosen out of it."""


def hold_out(labels: NDArray[np.int64], share: float, seed: int) -> list[NDArray[np.int64]]:
    """Indices of a training side and of a share held out, stratified by label."""
    sides: list[NDArray[np.int64]] = train_test_split(
        np.arange(len(labels)), test_size=share, stratify=labels, random_state=seed
    )
    return sides


def fit_all(archive: str, paths: list[str], size: tuple[int, int], resize: Resize) -> Pixels:
    """Decode and fit members of an archive on all cores, uint8 [n, height, width, 3]."""
    pixels = np.empty((len(paths), *size, 3), np.uint8)
    prepare = partial(decode, size=size, resize=resize)
    members = read_archive(archive, paths)  # opened once: a long directory takes long to read
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for start in tqdm(range(0, len(paths), 256), "decode", unit="block"):
            for offset, fitted in enumerate(pool.map(prepare, islice(members, 256))):
                pixels[start + offset] = fitted
    return pixels


def decode(content: BinaryIO, size: tuple[int, int], resize: Resize) -> Pixels:
    """Read and fit one image."""
    return fit(read_image(content), size, resize)


def uniform(n: int, low: float, high: float, generator: torch.Generator) -> Tensor:
    """Random numbers, float32 [n], between two bounds."""
    return torch.rand(n, generator=generator) * (high - low) + low


def augment(images: Tensor, strength: Augment, generator: torch.Generator) -> Tensor:
    """Vary a batch, uint8 [n, height, width, 3], as controls vary; float32 of 0..255.

    Place and size first, then colours. No flips: a check mark is not symmetric. Beyond the border
    its own pixels go on.
    """
    x = images.permute(0, 3, 1, 2).float()
    if strength.shift or strength.shrink or strength.enlarge:
        x = move(x, strength, generator)
    if strength.invert or strength.colour or strength.fade:
        x = recolour(x, strength, generator)
    return x.clamp(0, 255).permute(0, 2, 3, 1)


def move(x: Tensor, strength: Augment, generator: torch.Generator) -> Tensor:
    """Shift, scale and slightly stretch images, [n, 3, height, width]."""
    n = len(x)
    zoom = torch.exp2(uniform(n, -strength.enlarge, strength.shrink, generator))
    stretch = torch.exp2(uniform(n, -strength.enlarge / 4, strength.enlarge / 4, generator))
    theta = torch.zeros(n, 2, 3)
    theta[:, 0, 0], theta[:, 1, 1] = zoom * stretch, zoom / stretch
    theta[:, :, 2] = 2 * uniform(2 * n, -strength.shift, strength.shift, generator).view(n, 2)
    grid = F.affine_grid(theta, list(x.shape), align_corners=False)
    return F.grid_sample(x, grid, padding_mode="border", align_corners=False)


def recolour(x: Tensor, strength: Augment, generator: torch.Generator) -> Tensor:
    """Map the channels of every image, [n, 3, height, width] of 0..255, by one matrix.

    It swaps channels, takes saturation away, changes contrast and brightness, and turns light
    into dark.
    """
    n = len(x)
    swapped = uniform(n, 0, 1, generator) < strength.colour
    order = torch.rand(n, 3, generator=generator).argsort(1)
    matrix = F.one_hot(torch.where(swapped[:, None], order, torch.arange(3)), 3).float()
    faded = uniform(n, 0, 1, generator) < strength.fade
    grey = torch.where(faded, uniform(n, 0, 1, generator), 0).view(n, 1, 1)
    matrix = torch.lerp(matrix, torch.full_like(matrix, 1 / 3), grey)
    inverted = uniform(n, 0, 1, generator) < strength.invert
    gain = (1 + uniform(n, -strength.colour, strength.colour, generator)) * (1 - 2 * inverted)
    offset = (1 - gain) / 2 + uniform(n, -strength.colour, strength.colour, generator) / 2
    mapped = torch.baddbmm(255 * offset.view(n, 1, 1), gain.view(n, 1, 1) * matrix, x.flatten(2))
    return mapped.view(x.shape)
