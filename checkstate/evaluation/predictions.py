"""Predictions as tables: one row an image, and accuracy over a rising threshold."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from checkstate.core.tables import PredictionRow
from checkstate.core.types import Floats, Indices
from checkstate.data.datasets import Images


def prediction_rows(probabilities: Floats, data: Images, fold: int = -1) -> list[PredictionRow]:
    """One row an image from probabilities, [n, classes]."""
    return [
        PredictionRow(
            path=path,
            label=data.classes[label],
            predicted=data.classes[int(row.argmax())],
            confidence=round(float(row.max()), 6),
            probabilities={n: round(float(p), 6) for n, p in zip(data.classes, row, strict=True)},
            fold=fold,
        )
        for path, label, row in zip(data.paths, data.labels, probabilities, strict=True)
    ]


def to_arrays(rows: Sequence[PredictionRow]) -> tuple[Floats, Indices, list[str]]:
    """Probabilities, float32 [n, classes], labels, int64 [n], and classes of a table."""
    classes = list(rows[0].probabilities)
    probabilities = np.array([list(row.probabilities.values()) for row in rows], np.float32)
    probabilities /= probabilities.sum(1, keepdims=True)  # they were rounded
    return probabilities, np.array([classes.index(row.label) for row in rows]), classes


def coverage_rows(probabilities: Floats, labels: Indices) -> list[dict[str, object]]:
    """Accuracy of the predictions that a rising confidence threshold leaves."""
    order = np.argsort(-probabilities.max(1), kind="stable")
    hits = (probabilities.argmax(1) == labels)[order].cumsum()
    n = len(labels)
    return [
        {
            "coverage": round(k / n, 4),
            "accuracy": round(float(hits[k - 1] / k), 6),
            "threshold": round(float(probabilities[order[k - 1]].max()), 6),
        }
        for k in range(1, n + 1)
    ]
