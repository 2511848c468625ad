"""Learn controls from all renderings, before any real image: `make weights`.

python -m pretrain.teacher
"""

from checkstate.core import paths
from checkstate.core.params import load_params
from checkstate.model.optimization import prepare_torch
from checkstate.model.pretraining import load_renderings, pretrain
from checkstate.model.starting import new_model
from checkstate.stage.runner import run_stage


def main() -> None:
    """Read data/rendered.zip; write models/teacher.safetensors."""
    params = load_params()
    recipe = params.train.at(params.pretrain.teacher)
    prepare_torch(params.seed, recipe.threads)
    data = load_renderings(paths.RENDERED, recipe)
    model = new_model(data[0], recipe)
    pretrain(paths.TEACHER, model, data, paths.RENDERED, recipe, params.seed, facts=())


if __name__ == "__main__":
    run_stage(main)
