"""How often a model file is right on labeled images, and whether another one is better."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import numpy as np
from scipy import stats
from tqdm import tqdm

from checkstate.core.errors import UserError
from checkstate.core.files import read_archive
from checkstate.core.tables import PredictionRow, SplitRow
from checkstate.core.text import printable
from checkstate.core.types import Pixels
from checkstate.data.members import find_data, open_members
from checkstate.evaluation.intervals import rate
from checkstate.evaluation.metrics import calibration_error, confident
from checkstate.evaluation.predictions import to_arrays
from checkstate.runtime.images import ImageError, read_image
from checkstate.runtime.predictor import Predictor

BATCH = 32
WORST = 10
"""Mistakes that a summary lists."""


@dataclass(frozen=True)
class Labeled:
    """An image file by name, with its label."""

    path: str
    label: str
    content: bytes


def in_folder(source: Path, classes: Sequence[str], left_out: Counter[str]) -> Iterator[Labeled]:
    """The images of class folders, or of a .zip or .tar of them, that carry one of the classes.

    `left_out` counts by kind what does not. Raises UserError where none does.
    """
    with open_members(find_data(source)) as members:
        places, _ = members.places(classes, left_out)
        if not places:
            raise UserError(f"{source}: no images in folders named {', '.join(classes)}")
        for path in sorted(places):
            yield Labeled(path, places[path].label, members.read(path))


def in_folders(
    sources: Sequence[Path], classes: Sequence[str], left_out: Counter[str]
) -> Iterator[Labeled]:
    """The same of several as one set, in which a name begins with its source.

    Raises UserError for any that is missing before the first is read.
    """
    for source in sources:
        find_data(source)
    for source in sources:
        for image in in_folder(source, classes, left_out):
            yield replace(image, path=f"{source}/{image.path}") if len(sources) > 1 else image


def in_test_split(
    table: Path, archive: Path, classes: Sequence[str], left_out: Counter[str]
) -> Iterator[Labeled]:
    """The test images of the data set that flows that carry one of the classes.

    `left_out` counts the others. Raises UserError where there is no split yet.
    """
    if not table.exists():
        raise UserError(f"{table} is missing: name a folder, or run `dvc repro split`")
    tested = [row for row in SplitRow.read(table) if row.split == "test"]
    rows = [row for row in tested if row.label in classes]
    if others := len(tested) - len(rows):
        left_out["image of no known class"] += others
    members = read_archive(archive, [row.path for row in rows])
    for row, member in zip(rows, members, strict=True):
        yield Labeled(row.path, row.label, member.getvalue())


def predict_labeled(
    predictors: Sequence[Predictor], images: Iterable[Labeled]
) -> tuple[list[list[PredictionRow]], list[str]]:
    """The predictions of every model, image by image, and the errors of unreadable images.

    Raises UserError where no image can be read.
    """
    tables: list[list[PredictionRow]] = [[] for _ in predictors]
    errors: list[str] = []
    source = iter(tqdm(images, "evaluate", unit="image", disable=None, leave=False))
    while batch := list(islice(source, BATCH)):
        for predictor, table in zip(predictors, tables, strict=True):
            inputs: list[tuple[Labeled, Pixels]] = []
            for image in batch:
                try:
                    inputs.append((image, predictor.to_input(read_image(image.content))))
                except ImageError as error:
                    if predictor is predictors[0]:
                        errors.append(f"{image.path}: {str(error).removeprefix('image: ')}")
            table += to_rows(predictor, inputs)
    if not tables[0]:
        raise UserError(f"no image to measure on: {printable(next(iter(errors), 'none is there'))}")
    return tables, errors


def to_rows(predictor: Predictor, inputs: list[tuple[Labeled, Pixels]]) -> list[PredictionRow]:
    """Predictions of one batch beside its labels."""
    if not inputs:
        return []
    rows = []
    for (image, _), prediction in zip(
        inputs, predictor.predict(pixels for _, pixels in inputs), strict=True
    ):
        rows.append(
            PredictionRow(
                path=image.path,
                label=image.label,
                predicted=str(prediction.label),
                confidence=prediction.confidence,
                probabilities=prediction.probabilities,
            )
        )
    return rows


def summarize_labeled(rows: Sequence[PredictionRow]) -> dict[str, object]:
    """Accuracy with its interval, confusion, calibration and the most confident mistakes."""
    correct = np.array([row.correct for row in rows])
    confidence = np.array([row.confidence for row in rows])
    probabilities, labels, _ = to_arrays(rows)
    confusion = Counter((row.label, row.predicted) for row in rows)
    mistakes = sorted((row for row in rows if not row.correct), key=lambda row: -row.confidence)
    return {
        "images": len(rows),
        "correct": int(correct.sum()),
        "top1": rate(correct),
        "confusion": [
            {"label": label, "predicted": predicted, "images": count}
            for (label, predicted), count in sorted(confusion.items())
        ],
        "mean_confidence": float(confidence.mean()),
        "calibration_error": calibration_error(probabilities, labels),
        "confident": confident(confidence, correct),
        "mistakes": [row.model_dump(exclude={"fold", "probabilities"}) for row in mistakes[:WORST]],
    }


def check_same_classes(first: Predictor, second: Predictor) -> None:
    """Raises UserError where two models know other classes; their order does not matter."""
    if set(first.classes) != set(second.classes):
        ours, theirs = (printable(", ".join(sorted(model.classes))) for model in (first, second))
        raise UserError(
            f"{second.path}: its classes are {theirs}, those of {first.path} {ours}: "
            "compare models of the same classes"
        )


def compare(first: Sequence[PredictionRow], second: Sequence[PredictionRow]) -> dict[str, object]:
    """Two models on the same images: who is right where the other is wrong.

    The exact McNemar test (McNemar 1947) over the images on which they differ, and the 95 %
    interval of the difference of accuracies by the paired bootstrap of scipy.
    """
    right, other = (np.array([row.correct for row in rows]) for rows in (first, second))
    gained, lost = int((other & ~right).sum()), int((right & ~other).sum())
    p_value = stats.binomtest(gained, gained + lost).pvalue if gained + lost else 1.0
    difference = other.astype(float) - right
    low = high = float(difference.mean())
    if gained + lost and len(difference) > 1:
        interval = stats.bootstrap(
            (difference,), np.mean, batch=100, method="percentile", rng=np.random.default_rng(0)
        ).confidence_interval
        low, high = float(interval.low), float(interval.high)
    return {
        "gained": gained,
        "lost": lost,
        "difference": {"value": float(difference.mean()), "low": low, "high": high},
        "p_value": float(p_value),
        "within_noise": bool(p_value >= 0.05),
    }
