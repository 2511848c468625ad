"""Leave libraries out: how often is a control right whose library nobody trained on?

python -m stages.unseen

The libraries of data/rendered.zip fall into groups; a network starts from train.weights, learns
all groups but one and answers for that one. It shows what the renderings teach of controls that
they do not hold.
"""

import numpy as np

from checkstate.datasets import HELD, hold_out, load_archive
from checkstate.files import md5_of
from checkstate.libraries import libraries_of, write_metrics
from checkstate.networks import predict_logits
from checkstate.params import load_params
from checkstate.resume import resumable
from checkstate.running import run_stage
from checkstate.training import fit_model, new_model, prepare_torch

SOURCE = "data/rendered.zip"


def main() -> None:
    """Read data/rendered.zip; write metrics/unseen."""
    params = load_params()
    settings = params.unseen
    recipe = params.train.tuned(settings.tuning)
    prepare_torch(params.seed, recipe.threads)
    data = load_archive(SOURCE, recipe.image_size, recipe.resize)
    libraries = libraries_of(data.paths)
    names = np.random.default_rng(params.seed).permutation(np.unique(libraries))
    right = np.empty(len(libraries), bool)
    facts = (params.seed, recipe, settings, md5_of(SOURCE))
    with resumable("unseen", *facts) as resume:
        for number, group in enumerate(np.array_split(names, settings.groups)):
            held = np.isin(libraries, group)
            test, rest = data.take(np.flatnonzero(held)), data.take(np.flatnonzero(~held))
            rest = rest.take(hold_out(rest.labels, settings.share, params.seed)[1])
            train, val = map(rest.take, hold_out(rest.labels, HELD, params.seed))
            state = (resume, f"group-{number}")
            model = new_model(train, recipe)
            fit_model(model, train, val, recipe, params.seed, print, resume=state)
            logits = predict_logits(model, test.pixels, recipe.batch_size)
            right[held] = logits.argmax(1) == test.labels
    write_metrics("metrics/unseen", libraries, right)


if __name__ == "__main__":
    run_stage(main)
