"""The student goes on over all renderings, with other surroundings each time: `make weights`.

python -m pretrain.finetune
"""

from pathlib import Path

from checkstate.core import paths
from checkstate.core.files import md5_of
from checkstate.core.params import load_params
from checkstate.model.optimization import prepare_torch
from checkstate.model.pretraining import load_renderings, pretrain
from checkstate.model.starting import new_model
from checkstate.stage.runner import run_stage


def main() -> None:
    """Read data/rendered.zip and the student; write models/finetuned.safetensors."""
    params = load_params()
    settings = params.pretrain.finetune
    recipe = params.train.at(settings).override(init_from=settings.init_from)
    prepare_torch(params.seed, recipe.threads)
    data = load_renderings(paths.RENDERED, recipe)
    model = new_model(data[0], recipe)
    facts = (md5_of(Path(settings.init_from)),)
    pretrain(paths.FINETUNED, model, data, paths.RENDERED, recipe, params.seed, facts)


if __name__ == "__main__":
    run_stage(main)
