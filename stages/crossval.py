"""Gather the folds' answers: every image, answered by a model that never saw it.

python -m stages.crossval
"""

from pathlib import Path

import numpy as np
from dvclive.live import Live
from scipy import stats

from checkstate.errors import UserError
from checkstate.evaluation import summarise
from checkstate.files import read_csv, write_csv
from checkstate.params import load_params
from checkstate.running import run_stage


def main() -> None:
    """Read metrics/crossval/fold-*.csv; write out-of-fold predictions and their metrics."""
    params = load_params()
    folds = range(params.crossval.folds)
    sources = [Path(f"metrics/crossval/fold-{fold}.csv") for fold in folds]
    if missing := next((source for source in sources if not source.exists()), None):
        raise UserError(f"{missing} is missing: add the fold to the list in crossval/dvc.yaml")
    rows = [row for source in sources for row in read_csv(source)]
    classes = [key.removeprefix("p_") for key in rows[0] if key.startswith("p_")]
    probabilities = np.array([[row[f"p_{name}"] for name in classes] for row in rows], np.float32)
    probabilities /= probabilities.sum(1, keepdims=True)
    labels = np.array([classes.index(row["label"]) for row in rows])
    summary = summarise(probabilities, labels, classes, params.seed)
    right = np.array([row["label"] == row["predicted"] for row in rows])
    numbers = np.array([int(row["fold"]) for row in rows])
    means = np.array([right[numbers == fold].mean() for fold in folds])
    half = stats.t.ppf(0.975, len(means) - 1) * stats.sem(means)
    mean = float(means.mean())
    over_folds = {"value": mean, "low": mean - float(half), "high": mean + float(half)}
    out = Path("metrics/crossval")
    with Live(str(out), dvcyaml=None, save_dvc_exp=False) as live:
        live.summary.update({**summary, "top1_over_folds": over_folds})
    rows.sort(key=lambda row: row["path"])
    write_csv(out / "plots/predictions.csv", rows)


if __name__ == "__main__":
    run_stage(main)
