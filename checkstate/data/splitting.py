"""Stratified splits that keep near-duplicate groups on one side."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedGroupKFold

from checkstate.core.errors import UserError
from checkstate.core.tables import ManifestRow
from checkstate.core.types import Indices

Rows = Sequence[ManifestRow]


def take_share(rows: Rows, share: float, seed: int) -> NDArray[np.bool_]:
    """Mark about `share` of the rows, 0 to 1, stratified by label, whole groups only.

    It is the nearest fraction of few folds: 0.15 marks one of seven, 0.4 two of five.
    """
    part = Fraction(share).limit_denominator(max(10, round(1 / min(share, 1 - share))))
    folds = folds_of(rows, part.denominator, seed)
    marked: NDArray[np.bool_] = folds < part.numerator
    return marked


def folds_of(rows: Rows, folds: int, seed: int) -> Indices:
    """Number the fold of every row, int64 [rows]; raises UserError for too few of them."""
    labels = [row.label for row in rows]
    for label, count in sorted(Counter(labels).items()):
        if count < folds:
            raise UserError(
                f"class {label}: {count} images are too few to split (needs {folds} or more)"
            )
    groups = len({row.group for row in rows})
    if groups < folds:
        raise UserError(
            f"{len(rows)} images in {groups} near-duplicate groups are too few to split (needs "
            f"{folds} groups or more); a lower curate.near_duplicate_distance makes more of them"
        )
    splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    numbers = np.empty(len(rows), np.int64)
    # as text, by whose order the folds of 0.1 were drawn
    parts = splitter.split(labels, labels, [str(row.group) for row in rows])
    for number, (_, held_out) in enumerate(parts):
        numbers[held_out] = number
    return numbers


def split_rows(rows: Rows, val: float, test: float, seed: int) -> list[str]:
    """Return train, val or test for every manifest row that is kept.

    A predefined split is honored: `test` is the test set, or `val` where there is no `test`
    (the layout of a train/val folder, whose val is what people report); a validation set that
    is missing is carved out of train. An image whose near-duplicate is in the test set, or a
    training image whose is in a predefined val, leaves for `dropped`: no split can leak.
    """
    defined = {row.predefined for row in rows} - {""}
    splits = np.array([row.predefined or "train" for row in rows], dtype="<U7")
    if defined and not defined & {"val", "test"}:
        defined = set()
    if defined and "test" not in defined:
        splits[splits == "val"] = "test"
    if not defined:
        splits[take_share(rows, test, seed)] = "test"
    for side, others in (("test", ("train", "val")), ("val", ("train",))):
        held = {row.group for row, split in zip(rows, splits, strict=True) if split == side}
        leaking = np.array([row.group in held for row in rows]) & np.isin(splits, others)
        splits[leaking] = "dropped"
    if "val" not in splits:
        left = np.flatnonzero(splits == "train")
        share = val if defined else val / (1 - test)
        splits[left[take_share([rows[int(i)] for i in left], share, seed)]] = "val"
    check_classes(rows, splits.tolist(), ("train", "val", "test"))
    return [str(split) for split in splits]


def check_classes(rows: Rows, splits: Sequence[str], sides: Sequence[str]) -> None:
    """Refuse a split in which a class is missing from one of these sides."""
    present = Counter((row.label, split) for row, split in zip(rows, splits, strict=True))
    for label in sorted({row.label for row in rows}):
        for split in sides:
            if not present[label, split]:
                raise UserError(
                    f"class {label}: no image for {split}; its images are too few, or all alike"
                )
