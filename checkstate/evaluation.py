"""What a test set says, every rate with its 95 % interval."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from scipy.stats import bootstrap
from sklearn.metrics import f1_score, log_loss, precision_recall_fscore_support
from statsmodels.stats.proportion import proportion_confint
from torchmetrics.functional.classification import multiclass_calibration_error

from checkstate.datasets import Images
from checkstate.files import replacing
from checkstate.training import top_k

Floats = NDArray[np.float32]


def rate(hits: NDArray[np.bool_]) -> dict[str, float]:
    """A share with its Wilson interval (statsmodels); an empty one is nan."""
    if not len(hits):
        return dict.fromkeys(("value", "low", "high"), float("nan"))
    low, high = proportion_confint(int(hits.sum()), len(hits), method="wilson")
    return {"value": float(hits.mean()), "low": float(low), "high": float(high)}


def calibration_error(probabilities: Floats, labels: NDArray[np.int64]) -> float:
    """Expected calibration error over 15 bins (Guo et al. 2017)."""
    return float(
        multiclass_calibration_error(
            torch.from_numpy(probabilities), torch.from_numpy(labels), probabilities.shape[1]
        )
    )


def macro_f1(predicted: NDArray[np.int64], labels: NDArray[np.int64]) -> float:
    """The mean of the classes' F1."""
    return float(f1_score(labels, predicted, average="macro", zero_division=0))


def summarise(
    probabilities: Floats, labels: NDArray[np.int64], classes: list[str], seed: int
) -> dict[str, object]:
    """Every metric of probabilities, [n, classes], against labels, int64 [n]."""
    predicted = probabilities.argmax(1)
    macro = bootstrap(
        (predicted, labels),
        macro_f1,
        paired=True,
        vectorized=False,
        n_resamples=500,
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
        "classes": {
            name: {
                "precision": rate((labels == i)[predicted == i]) | {"value": float(precision[i])},
                "recall": rate((predicted == i)[labels == i]) | {"value": float(recall[i])},
                "f1": float(f1[i]),
            }
            for i, name in enumerate(classes)
        },
    }


def prediction_rows(probabilities: Floats, data: Images) -> list[dict[str, object]]:
    """One row an image: path, label, predicted, confidence and a probability a class."""
    rows: list[dict[str, object]] = []
    for path, label, row in zip(data.paths, data.labels, probabilities, strict=True):
        named = {f"p_{n}": round(float(p), 6) for n, p in zip(data.classes, row, strict=True)}
        rows.append(
            {
                "path": path,
                "label": data.classes[label],
                "predicted": data.classes[int(row.argmax())],
                "confidence": round(float(row.max()), 6),
                **named,
            }
        )
    return rows


def coverage_rows(probabilities: Floats, labels: NDArray[np.int64]) -> list[dict[str, object]]:
    """Accuracy of the answers that a rising confidence threshold leaves."""
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


def draw_mistakes(path: Path, probabilities: Floats, data: Images, worst: int) -> None:
    """Draw the most confident mistakes with given and predicted label, as one PNG."""
    predicted = probabilities.argmax(1)
    wrong = np.flatnonzero(predicted != data.labels)
    wrong = wrong[np.argsort(-probabilities[wrong].max(1), kind="stable")][:worst]
    height, width = data.pixels.shape[1:3]
    columns, row_height = 6, height + 34
    sheet = Image.new(
        "RGB", (columns * (width + 12), max(1, -(-len(wrong) // columns)) * row_height), "white"
    )
    draw = ImageDraw.Draw(sheet)
    for place, index in enumerate(wrong):
        x, y = place % columns * (width + 12) + 6, place // columns * row_height
        sheet.paste(Image.fromarray(data.pixels[index]), (x, y + 28))
        draw.text((x, y + 2), f"given {data.classes[data.labels[index]]}", "black")
        confidence = probabilities[index].max()
        draw.text((x, y + 14), f"said {data.classes[predicted[index]]} {confidence:.2f}", "red")
    if not len(wrong):
        draw.text((6, 2), "no mistakes", "black")
    with replacing(path) as temporary:
        sheet.save(temporary, "PNG")
