"""Temperature scaling of logits."""

from __future__ import annotations

import math

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

from checkstate.core.types import Floats, Indices


def fit_temperature(logits: Floats, labels: Indices) -> float:
    """The temperature that minimizes validation loss (Guo et al. 2017, section 4.2).

    Logits are [n, classes], labels int64 [n].

    One image that is evenly of every class joins the n there are, after Platt 1999, section
    2.2, who adds one of each class. Without it, validation without a mistake asks for
    probabilities of 1, and few images rarely hold one.
    """
    n, classes = logits.shape
    targets = (np.eye(classes)[labels] * n + 1 / classes) / (n + 1)

    def loss_at(log_temperature: float) -> float:
        return float(-(targets * log_softmax(logits / np.exp(log_temperature), axis=1)).sum())

    found = minimize_scalar(loss_at, bounds=(math.log(0.25), math.log(4)), method="bounded")
    return float(np.exp(found.x))
