"""Every image predicted by a model that never saw it, nor a near-duplicate of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from checkstate.core.params import Params
from checkstate.core.tables import ManifestRow, PredictionRow
from checkstate.data.datasets import add_extra, load_rows
from checkstate.data.splitting import check_classes, folds_of, take_share
from checkstate.evaluation.predictions import prediction_rows
from checkstate.model.averaging import keep_start
from checkstate.model.calibration import fit_temperature
from checkstate.model.networks import predict_logits
from checkstate.model.resume import Resume
from checkstate.model.starting import new_model
from checkstate.model.training import fit_model
from checkstate.runtime.predictor import softmax


def predict_fold(
    fold: int,
    rows: Sequence[ManifestRow],
    archive: Path,
    extra: Sequence[Path],
    params: Params,
    resume: Resume,
) -> list[PredictionRow]:
    """Train on all folds but one and predict that one.

    A share of the others, split.val, chooses the checkpoint and the temperature.
    """
    recipe, seed, name = params.train, params.seed, f"fold-{fold}"
    size, mode, batch_size = recipe.image_size, recipe.resize, params.evaluate.batch_size
    classes = sorted({row.label for row in rows})
    folds = folds_of(rows, params.crossval.folds, seed)
    held = [row for row, number in zip(rows, folds, strict=True) if number == fold]
    rest = [row for row, number in zip(rows, folds, strict=True) if number != fold]
    is_val = take_share(rest, params.split.val, seed)
    check_classes(rest, np.where(is_val, "val", "train").tolist(), ("train", "val"))
    train, val, test = (
        load_rows(archive, side, classes, size, mode)
        for side in (
            [row for row, chosen in zip(rest, is_val, strict=True) if not chosen],
            [row for row, chosen in zip(rest, is_val, strict=True) if chosen],
            held,
        )
    )
    train = add_extra(train, extra, mode)
    model = new_model(train, recipe)
    fit_model(model, train, val, recipe, seed, print, resume=(resume, name))
    keep_start(model, train.classes, recipe)
    temperature = fit_temperature(predict_logits(model, val.pixels, batch_size), val.labels)
    logits = predict_logits(model, test.pixels, batch_size)
    return prediction_rows(softmax(logits / temperature), test, fold)
