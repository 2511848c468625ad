"""Learn controls from all renderings, before any real image: `make weights`.

python -m stages.pretrain teacher
python -m stages.pretrain student

The student is the teacher with most channels pruned. It learns the teacher's answers, and is the
small network that every training goes on from (train.init_from).
"""

import sys

from checkstate.compression import distillation_loss, prune
from checkstate.datasets import HELD, hold_out, load_archive
from checkstate.files import md5_of
from checkstate.networks import load_model, save_half
from checkstate.params import load_params
from checkstate.resume import resumable
from checkstate.running import run_stage
from checkstate.training import fit_model, new_card, new_model, pick_device, prepare_torch

SOURCE = "data/rendered.zip"
TEACHER = "models/teacher.safetensors"


def main() -> None:
    """Read data/rendered.zip; write models/<role>.safetensors."""
    (role,) = sys.argv[1:]
    params = load_params()
    teacher, student = params.pretrain.teacher, params.pretrain.student
    tuning = teacher if role == "teacher" else student
    recipe = params.train.tuned(tuning)
    prepare_torch(params.seed, recipe.threads)
    data = load_archive(SOURCE, recipe.image_size, recipe.resize)
    train, val = map(data.take, hold_out(data.labels, HELD, params.seed))
    facts = [params.seed, recipe, tuning, md5_of(SOURCE)]
    if role == "teacher":
        model, loss = new_model(train, recipe), None
    else:
        wide, _ = load_model(TEACHER)
        facts.append(md5_of(TEACHER))
        model = prune(wide, student.ratio, recipe.image_size, student.ratios)
        loss = distillation_loss(
            wide.to(pick_device(recipe.device)), student.distillation_temperature
        )
    with resumable("pretrain", *facts) as resume:
        fit_model(model, train, val, recipe, params.seed, print, loss, (resume, role))
        card = new_card(model, train.classes, recipe, 1.0, md5_of(SOURCE), params.seed)
        save_half(f"models/{role}.safetensors", model, card)


if __name__ == "__main__":
    run_stage(main)
