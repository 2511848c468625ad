"""Rendered crops by the UI library that they are of, and how often each is right."""

from __future__ import annotations

import numpy as np
from dvclive.live import Live
from numpy.typing import NDArray

from checkstate.evaluation import rate
from checkstate.files import write_csv


def libraries_of(paths: list[str]) -> NDArray[np.str_]:
    """The library of every <label>/<library>-<kind>-<hash>.png; kinds of controls have no dash."""
    stems = [path.split("/")[1].rsplit("-", 1)[0] for path in paths]
    controls = (s for p, s in zip(paths, stems, strict=True) if not p.startswith("other/"))
    known = sorted({stem.rsplit("-", 1)[0] for stem in controls}, key=len, reverse=True)
    return np.array([next(name for name in known if f"{s}-".startswith(f"{name}-")) for s in stems])


def write_metrics(folder: str, libraries: NDArray[np.str_], right: NDArray[np.bool_]) -> None:
    """Write the mean over libraries, the worst one and a table; `right` says so of every crop."""
    names = np.unique(libraries)
    rows = [{"library": name, **rate(right[libraries == name])} for name in names]
    worst = min(rows, key=lambda row: float(str(row["value"])))
    with Live(folder, dvcyaml=None, save_dvc_exp=False) as live:
        live.summary.update(
            {
                "mean": float(np.mean([float(str(row["value"])) for row in rows])),
                "worst": worst["library"],
                "worst_top1": worst["value"],
            }
        )
    write_csv(f"{folder}/plots/libraries.csv", rows)
