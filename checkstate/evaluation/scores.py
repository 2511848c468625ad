"""Loss and accuracies of logits, as training follows them epoch by epoch."""

from __future__ import annotations

import numpy as np
from sklearn.metrics import log_loss, top_k_accuracy_score

from checkstate.core.types import Floats, Indices
from checkstate.runtime.predictor import softmax

Scores = dict[str, float]


def validation_scores(logits: Floats, labels: Indices) -> Scores:
    """Loss, top1 and topk, k being the smaller of 3 and the classes."""
    classes = np.arange(logits.shape[1])
    return {
        "val_loss": float(log_loss(labels, softmax(logits), labels=classes)),
        "val_top1": float((logits.argmax(1) == labels).mean()),
        "val_topk": top_k(logits, labels),
    }


def top_k(logits: Floats, labels: Indices) -> float:
    """Share of images whose label is among the three likeliest; 1 with three classes or fewer."""
    if logits.shape[1] <= 3:
        return 1.0
    return float(top_k_accuracy_score(labels, logits, k=3, labels=np.arange(logits.shape[1])))


def is_better(rule: str, new: Scores, best: Scores) -> bool:
    """Whether a checkpoint replaces the best one; `loss_and_top1` wants both to hold."""
    if rule == "loss":
        return new["val_loss"] < best["val_loss"]
    if rule == "top1":
        return new["val_top1"] > best["val_top1"]
    return new["val_loss"] < best["val_loss"] and new["val_top1"] >= best["val_top1"]
