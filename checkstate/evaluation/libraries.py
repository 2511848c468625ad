"""How often rendered controls are predicted right, by the UI library that they are of."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from checkstate.core.files import write_csv
from checkstate.core.tables import libraries_of
from checkstate.evaluation.intervals import rate


def by_library(members: list[str], correct: NDArray[np.bool_], table: Path) -> dict[str, object]:
    """Write a row a library to `table`; returns the mean over libraries and the worst one.

    `correct` says of every rendered crop in `members` whether its prediction is its label.
    """
    libraries = np.array(libraries_of(members))
    rates = {str(name): rate(correct[libraries == name]) for name in np.unique(libraries)}
    write_csv(table, [{"library": name, **found} for name, found in rates.items()])
    worst = min(rates, key=lambda name: rates[name]["value"])
    mean = float(np.mean([found["value"] for found in rates.values()]))
    return {"mean": mean, "worst": worst, "worst_top1": rates[worst]["value"]}
