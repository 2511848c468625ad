"""Learn controls from all renderings, before any real image: `make weights`.

python -m stages.teacher
"""

from checkstate.datasets import HELD, hold_out, load_archive
from checkstate.files import md5_of
from checkstate.networks import save_half
from checkstate.params import load_params
from checkstate.resume import resumable
from checkstate.running import run_stage
from checkstate.training import fit_model, new_card, new_model, prepare_torch

SOURCE = "data/rendered.zip"


def main() -> None:
    """Read data/rendered.zip; write models/teacher.safetensors."""
    params = load_params()
    recipe = params.train.tuned(params.pretrain.teacher)
    prepare_torch(params.seed, recipe.threads)
    data = load_archive(SOURCE, recipe.image_size, recipe.resize)
    train, val = map(data.take, hold_out(data.labels, HELD, params.seed))
    model = new_model(train, recipe)
    with resumable("teacher", params.seed, recipe, md5_of(SOURCE)) as resume:
        state = (resume, "teacher")
        fit_model(model, train, val, recipe, params.seed, print, resume=state)
        card = new_card(model, train.classes, recipe, 1.0, md5_of(SOURCE), params.seed)
        save_half("models/teacher.safetensors", model, card)


if __name__ == "__main__":
    run_stage(main)
