"""Train the classifier and write models/model.safetensors.

python -m stages.train
"""

from functools import partial

from checkstate.core import paths
from checkstate.core.files import copy_file, md5_of, write_json
from checkstate.core.params import load_params
from checkstate.data.datasets import add_extra, load_split
from checkstate.evaluation.scores import validation_scores
from checkstate.model.averaging import keep_start
from checkstate.model.calibration import fit_temperature
from checkstate.model.checkpoints import save_model
from checkstate.model.loading import prove_loading
from checkstate.model.networks import predict_logits
from checkstate.model.optimization import pick_device, prepare_torch
from checkstate.model.resume import resumable
from checkstate.model.starting import new_metadata, new_model, start_files
from checkstate.model.training import fit_model
from checkstate.stage.live import log_epoch, new_live
from checkstate.stage.runner import run_stage


def main() -> None:
    """Read data/split.csv and data/curated.zip; write the model and its curves."""
    params = load_params()
    recipe = params.train
    prepare_torch(params.seed, recipe.threads)
    extra = [paths.extra_archive(name) for name in recipe.extra]
    train, val = (
        load_split(paths.SPLIT, paths.CURATED, split, recipe.image_size, recipe.resize)
        for split in ("train", "val")
    )
    train = add_extra(train, extra, recipe.resize)
    model = new_model(train, recipe)
    data_md5 = md5_of(paths.CURATED)
    described = partial(new_metadata, model, train.classes, recipe)
    prove_loading(model, described(1.0, data_md5, params.seed), train.pixels[:4])
    read = [paths.SPLIT, *extra, *start_files(recipe)]
    facts = (params.seed, recipe, data_md5, *map(md5_of, read))
    out = paths.metrics_folder("train")
    with resumable("train", *facts) as resume:
        with new_live(out) as live:
            report = partial(log_epoch, live)
            fit_model(model, train, val, recipe, params.seed, report, resume=(resume, "train"))
            keep_start(model, train.classes, recipe)
            logits = predict_logits(model, val.pixels, recipe.batch_size)
            temperature = fit_temperature(logits, val.labels)
            live.summary["temperature"] = temperature
            live.summary["device"] = str(pick_device(recipe.device))
            metadata = described(temperature, data_md5, params.seed)
            save_model(paths.MODEL, model, metadata)
        # dvclive wrote the last epoch; people compare the model that was saved
        copy_file(out / "metrics.json", out / paths.DETAILS)
        scores = validation_scores(logits, val.labels)
        write_json(out / "metrics.json", {key: scores[key] for key in ("val_loss", "val_top1")})


if __name__ == "__main__":
    run_stage(main)
