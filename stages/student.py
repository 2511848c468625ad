"""Teach a small network the teacher's answers: `make weights`.

python -m stages.student

The student is the teacher without most of its blocks and channels. Every training goes on from it
(train.init_from).
"""

from checkstate.compression import distillation_loss, drop_blocks, prune
from checkstate.datasets import HELD, hold_out, load_archive
from checkstate.export import as_predictor
from checkstate.files import md5_of
from checkstate.networks import load_model, save_half
from checkstate.params import load_params
from checkstate.resume import resumable
from checkstate.running import run_stage
from checkstate.training import fit_model, new_card, prepare_torch

SOURCE = "data/rendered.zip"
TEACHER = "models/teacher.safetensors"


def main() -> None:
    """Read data/rendered.zip and the teacher; write models/student.safetensors."""
    params = load_params()
    student = params.pretrain.student
    recipe = params.train.tuned(student)
    prepare_torch(params.seed, recipe.threads)
    data = load_archive(SOURCE, recipe.image_size, recipe.resize)
    train, val = map(data.take, hold_out(data.labels, HELD, params.seed))
    teacher, teacher_card = load_model(TEACHER)
    shallow = drop_blocks(teacher, student.dropped)
    model = prune(shallow, student.ratio, recipe.image_size, student.ratios)
    answers = as_predictor(teacher, teacher_card, recipe.threads)
    loss = distillation_loss(answers, student.distillation_temperature)
    facts = (params.seed, recipe, student, md5_of(SOURCE), md5_of(TEACHER))
    with resumable("student", *facts) as resume:
        state = (resume, "student")
        fit_model(model, train, val, recipe, params.seed, print, loss, state)
        card = new_card(model, train.classes, recipe, 1.0, md5_of(SOURCE), params.seed)
        save_half("models/student.safetensors", model, card)


if __name__ == "__main__":
    run_stage(main)
