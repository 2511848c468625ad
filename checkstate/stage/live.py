"""Metrics as dvclive writes them, inside a stage whose dvc.yaml stays ours."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from dvclive.live import Live

from checkstate.core.files import finite

Scores = Mapping[str, float]


def new_live(folder: Path) -> Live:
    """A dvclive run that writes below `folder` and touches neither dvc.yaml nor experiments."""
    return Live(str(folder), dvcyaml=None, save_dvc_exp=False)


def write_metrics(folder: Path, values: Mapping[str, object]) -> None:
    """Write <folder>/metrics.json; a value that is no number, as of nothing, becomes null."""
    with new_live(folder) as live:
        live.summary.update(finite(values))


def log_epoch(live: Live, scores: Scores) -> None:
    """Add an epoch to the curves."""
    for name, value in scores.items():
        if name != "epoch":
            live.log_metric(name, value)
    live.next_step()
