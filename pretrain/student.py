"""Teach a small network what the teacher predicts: `make weights`.

python -m pretrain.student

The student is the teacher without most of its blocks and channels. Every training goes on from it
(train.init_from).
"""

from checkstate.core import paths
from checkstate.core.files import md5_of
from checkstate.core.params import load_params
from checkstate.model.checkpoints import load_model
from checkstate.model.compression import DistillationLoss, drop_blocks, prune
from checkstate.model.optimization import prepare_torch
from checkstate.model.pretraining import load_renderings, pretrain
from checkstate.stage.runner import run_stage


def main() -> None:
    """Read data/rendered.zip and the teacher; write models/student.safetensors."""
    params = load_params()
    student = params.pretrain.student
    recipe = params.train.at(student)
    prepare_torch(params.seed, recipe.threads)
    data = load_renderings(paths.RENDERED, recipe)
    teacher, metadata = load_model(paths.TEACHER)
    shallow = drop_blocks(teacher, student.dropped)
    model = prune(shallow, student.ratio, recipe.image_size, student.ratios)
    loss = DistillationLoss(teacher, metadata, recipe.threads, student.distillation_temperature)
    facts = (student, md5_of(paths.TEACHER))
    pretrain(paths.STUDENT, model, data, paths.RENDERED, recipe, params.seed, facts, loss)


if __name__ == "__main__":
    run_stage(main)
