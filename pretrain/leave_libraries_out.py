"""Leave libraries out: how often is a control right whose library nobody trained on?

python -m pretrain.leave_libraries_out

The libraries of data/rendered.zip fall into groups; a network starts from train.weights, learns
all groups but one and predicts that one. It shows what the renderings teach of controls that
they do not hold.
"""

import numpy as np

from checkstate.core import paths
from checkstate.core.files import md5_of
from checkstate.core.params import load_params
from checkstate.core.tables import libraries_of
from checkstate.data.datasets import HOLDOUT_SHARE, holdout, load_archive
from checkstate.evaluation.libraries import by_library
from checkstate.model.networks import predict_logits
from checkstate.model.optimization import prepare_torch
from checkstate.model.resume import resumable
from checkstate.model.starting import new_model
from checkstate.model.training import fit_model
from checkstate.stage.live import write_metrics
from checkstate.stage.runner import run_stage


def main() -> None:
    """Read data/rendered.zip; write metrics/leave_libraries_out."""
    params = load_params()
    settings = params.leave_libraries_out
    recipe = params.train.at(settings.pace)
    data = load_archive(paths.RENDERED, recipe.image_size, recipe.resize)
    libraries = np.array(libraries_of(data.paths))
    names = np.random.default_rng(params.seed).permutation(np.unique(libraries))
    correct = np.empty(len(libraries), bool)
    facts = ("leave_libraries_out", params.seed, recipe, settings, md5_of(paths.RENDERED))
    with resumable(*facts) as resume:
        for number, group in enumerate(np.array_split(names, settings.groups)):
            prepare_torch(params.seed, recipe.threads)  # so that a group that is done changes none
            left_out = np.isin(libraries, group)
            test, rest = data.take(np.flatnonzero(left_out)), data.take(np.flatnonzero(~left_out))
            rest = rest.take(holdout(rest.paths, settings.share)[1])
            train, val = map(rest.take, holdout(rest.paths, HOLDOUT_SHARE))
            state = (resume, f"group-{number}")
            model = new_model(train, recipe)
            fit_model(model, train, val, recipe, params.seed, print, resume=state)
            logits = predict_logits(model, test.pixels, recipe.batch_size)
            correct[left_out] = logits.argmax(1) == test.labels
        out = paths.metrics_folder("leave_libraries_out")
        write_metrics(out, by_library(data.paths, correct, out / "plots/libraries.csv"))


if __name__ == "__main__":
    run_stage(main)
