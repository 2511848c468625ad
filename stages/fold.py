"""Train on all folds but one and answer for that one: `dvc repro crossval/dvc.yaml`.

python -m stages.fold 0
"""

import sys

from checkstate.datasets import add_extra, load_rows
from checkstate.errors import UserError
from checkstate.evaluation import prediction_rows
from checkstate.files import read_csv, write_csv
from checkstate.networks import predict_logits
from checkstate.params import load_params
from checkstate.predictor import softmax
from checkstate.running import run_stage
from checkstate.splitting import folds_of, take
from checkstate.training import fit_model, fit_temperature, new_model, prepare_torch


def main() -> None:
    """Read the manifest and the curated images; write metrics/crossval/fold-<n>.csv."""
    fold = int(sys.argv[1])
    params = load_params()
    recipe = params.train
    if fold >= params.crossval.folds:
        raise UserError(
            f"crossval.folds={params.crossval.folds}: take {fold} out of crossval/dvc.yaml"
        )
    prepare_torch(params.seed, recipe.threads)
    rows = [row for row in read_csv("data/manifest.csv") if row["kept"] == "1"]
    classes = sorted({row["label"] for row in rows})
    folds = folds_of(rows, params.crossval.folds, params.seed)
    held = [row for row, number in zip(rows, folds, strict=True) if number == fold]
    rest = [row for row, number in zip(rows, folds, strict=True) if number != fold]
    chosen = take(rest, params.split.val, params.seed)
    sides = [[row for row, is_val in zip(rest, chosen, strict=True) if is_val == s] for s in (0, 1)]
    train, val, test = (
        load_rows(side, classes, recipe.image_size, recipe.resize) for side in (*sides, held)
    )
    train = add_extra(train, recipe.extra, recipe.resize)
    model = fit_model(new_model(train, recipe), train, val, recipe, params.seed, print)
    temperature = fit_temperature(predict_logits(model, val.pixels, 64), val.labels)
    logits = predict_logits(model, test.pixels, 64)
    said = prediction_rows(softmax(logits / temperature), test)
    write_csv(f"metrics/crossval/fold-{fold}.csv", [{"fold": fold, **row} for row in said])


if __name__ == "__main__":
    run_stage(main)
