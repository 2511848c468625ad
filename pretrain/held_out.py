"""How often is a control right whose library or toolkit nothing has learned from?

python -m pretrain.held_out

The released model, as it ships, predicts data/held-out.zip.
"""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from checkstate.core import paths
from checkstate.core.errors import UserError
from checkstate.core.layout import summarize
from checkstate.core.render_params import load_render_params
from checkstate.core.tables import PredictionRow, libraries_of
from checkstate.evaluation.labeled import in_folder, predict_labeled
from checkstate.evaluation.libraries import by_library
from checkstate.evaluation.metrics import confident
from checkstate.runtime.predictor import Predictor
from checkstate.stage.live import write_metrics
from checkstate.stage.runner import run_stage

PICTOGRAMS = "toolbars"
"""The set of pictograms beside words; what of it holds no state is `other`."""


def main() -> None:
    """Read data/held-out.zip and the released model; write metrics/held_out."""
    params = load_render_params()
    predictor = Predictor(paths.RELEASED, threads=1)
    left_out = Counter[str]()
    images = in_folder(paths.HELD_OUT, predictor.classes, left_out)
    [rows], unreadable = predict_labeled([predictor], images)
    if left_out or unreadable:
        raise UserError(
            f"{paths.HELD_OUT}: left out: {summarize(left_out)}, unreadable: {len(unreadable)}; "
            "render it again, or train on its classes"
        )
    names = libraries_of([row.path for row in rows])
    toolkits = [row for row, name in zip(rows, names, strict=True) if name in params.toolkits]
    pictograms = [
        row
        for row, name in zip(rows, names, strict=True)
        if name == PICTOGRAMS and row.label == "other"
    ]
    out = paths.metrics_folder("held_out")
    correct = np.array([row.correct for row in rows])
    libraries = by_library([row.path for row in rows], correct, out / "plots/libraries.csv")
    sure = confident(
        np.array([row.confidence for row in toolkits]), np.array([row.correct for row in toolkits])
    )
    write_metrics(
        out,
        {
            **libraries,
            "toolkits": right(toolkits),
            "toolkits_confident": sure["top1"]["value"],
            "toolkits_confident_share": sure["share"],
            "pictograms": right(pictograms),
        },
    )


def right(rows: Sequence[PredictionRow]) -> float:
    """The share that is right; raises UserError where there are none."""
    if not rows:
        raise UserError(
            f"{paths.HELD_OUT}: no crops of toolkits, or none of {PICTOGRAMS}: render it"
        )
    return float(np.mean([row.correct for row in rows]))


if __name__ == "__main__":
    run_stage(main)
