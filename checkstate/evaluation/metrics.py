"""Metrics of predictions against labels, every rate with its 95 % interval."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from statistics import fmean
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import stats
from sklearn.metrics import f1_score, log_loss, precision_recall_fscore_support
from torchmetrics.functional.classification import multiclass_calibration_error

from checkstate.core.tables import PredictionRow
from checkstate.core.types import Floats, Indices
from checkstate.evaluation.intervals import rate
from checkstate.evaluation.scores import top_k

CONFIDENT = 0.9
"""From which confidence on people let a program act on an answer."""


def calibration_error(probabilities: Floats, labels: Indices) -> float:
    """Expected calibration error over 15 bins (Guo et al. 2017)."""
    return float(
        multiclass_calibration_error(
            torch.from_numpy(probabilities), torch.from_numpy(labels), probabilities.shape[1]
        )
    )


def confident(confidence: Floats, correct: NDArray[np.bool_]) -> dict[str, Any]:
    """What is right of what is answered with a confidence of at least CONFIDENT, and how much
    that is."""
    sure = confidence >= CONFIDENT
    return {"share": float(sure.mean()), "top1": rate(correct[sure])}


def macro_f1(predicted: Indices, labels: Indices) -> float:
    """The mean of the classes' F1."""
    return float(f1_score(labels, predicted, average="macro", zero_division=0))


def summarize(
    probabilities: Floats, labels: Indices, classes: list[str], seed: int
) -> dict[str, Any]:
    """Every metric of probabilities, [n, classes], against labels, int64 [n]."""
    predicted = probabilities.argmax(1)
    macro = stats.bootstrap(
        (predicted, labels),
        macro_f1,
        paired=True,
        vectorized=False,
        n_resamples=500,
        batch=100,
        method="percentile",
        rng=np.random.default_rng(seed),
    ).confidence_interval
    precision, recall, f1, _ = precision_recall_fscore_support(
        labels, predicted, labels=np.arange(len(classes)), zero_division=0
    )
    return {
        "images": len(labels),
        "loss": float(log_loss(labels, probabilities, labels=np.arange(len(classes)))),
        "top1": rate(predicted == labels),
        "topk": top_k(probabilities, labels),
        "macro_f1": {
            "value": macro_f1(predicted, labels),
            "low": float(macro.low),
            "high": float(macro.high),
        },
        "calibration_error": calibration_error(probabilities, labels),
        "confident": confident(probabilities.max(1), predicted == labels),
        "classes": {
            name: {
                "precision": rate((labels == i)[predicted == i]) | {"value": float(precision[i])},
                "recall": rate((predicted == i)[labels == i]) | {"value": float(recall[i])},
                "f1": float(f1[i]),
            }
            for i, name in enumerate(classes)
        },
    }


def headline(summary: dict[str, Any]) -> dict[str, float]:
    """The few of them that people compare, without their intervals.

    `robustness`, where it was measured, is the mean of its groups.
    """
    shown = {
        "top1": summary["top1"]["value"],
        "calibration_error": summary["calibration_error"],
    }
    if "robustness" in summary:
        shown["robustness"] = fmean(summary["robustness"].values())
    return shown


def over_folds(predictions: Sequence[PredictionRow]) -> dict[str, float]:
    """The mean of the folds' top1 with its 95 % interval (Student's t)."""
    hits = defaultdict(list)
    for row in predictions:
        hits[row.fold].append(row.correct)
    means = np.array([np.mean(found) for found in hits.values()])
    half = float(stats.t.ppf(0.975, len(means) - 1) * stats.sem(means))
    mean = float(means.mean())
    return {"value": mean, "low": mean - half, "high": mean + half}
