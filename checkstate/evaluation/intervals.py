"""Shares with their 95 % intervals."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest


def rate(hits: NDArray[np.bool_]) -> dict[str, float]:
    """A share with its Wilson interval; an empty one is nan."""
    if not len(hits):
        return dict.fromkeys(("value", "low", "high"), float("nan"))
    low, high = wilson(int(hits.sum()), len(hits))
    return {"value": float(hits.mean()), "low": low, "high": high}


def wilson(hits: int, trials: int) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson 1927)."""
    interval = binomtest(hits, trials).proportion_ci(method="wilson")
    return float(interval.low), float(interval.high)
