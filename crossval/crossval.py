"""Cross-validation: every image is predicted by a model that never saw it.

python -m crossval.crossval
"""

from checkstate.core import paths
from checkstate.core.files import md5_of, write_json
from checkstate.core.params import load_params
from checkstate.core.tables import kept_images, write_table
from checkstate.evaluation.metrics import over_folds, summarize
from checkstate.evaluation.predictions import to_arrays
from checkstate.model.crossvalidation import predict_fold
from checkstate.model.optimization import prepare_torch
from checkstate.model.resume import resumable
from checkstate.model.starting import start_files
from checkstate.stage.live import write_metrics
from checkstate.stage.runner import run_stage


def main() -> None:
    """Read the manifest and the curated images; write out-of-fold predictions and metrics."""
    params = load_params()
    recipe = params.train
    rows = kept_images(paths.MANIFEST)
    extra = [paths.extra_archive(name) for name in recipe.extra]
    read = [paths.MANIFEST, paths.CURATED, *extra, *start_files(recipe)]
    facts = (params.seed, recipe, params.split.val, params.crossval, *map(md5_of, read))
    predictions = []
    with resumable("crossval", *facts) as resume:
        for fold in range(params.crossval.folds):
            prepare_torch(params.seed, recipe.threads)
            predictions += predict_fold(fold, rows, paths.CURATED, extra, params, resume)
        predictions.sort(key=lambda row: row.path)
        summary = summarize(*to_arrays(predictions), params.seed)
        out = paths.metrics_folder("crossval")
        write_metrics(out, {"out_of_fold_top1": summary["top1"]["value"]})
        write_json(out / paths.DETAILS, {**summary, "top1_over_folds": over_folds(predictions)})
        write_table(paths.predictions_table("crossval"), predictions)


if __name__ == "__main__":
    run_stage(main)
