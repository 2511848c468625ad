"""Learn controls from all renderings, before any real image: `dvc repro pretrain/dvc.yaml`.

python -m stages.pretrain teacher
python -m stages.pretrain student

The teacher is what train goes on from (train.init_from); the student, its channels pruned, learns
the teacher's answers and is a candidate of quantize_prune.
"""

import sys
from typing import Any

from checkstate.compression import distillation_loss, prune
from checkstate.datasets import hold_out, load_archive
from checkstate.errors import run_stage
from checkstate.files import md5_of
from checkstate.networks import Card, load_model, save_half
from checkstate.params import load_params
from checkstate.resume import resumable
from checkstate.training import fit_model, new_model, pick_device, prepare_torch

SOURCE = "data/rendered.zip"
HELD = 0.05
"""Share of the renderings that is not learned from: the starter data are chosen out of it."""
TEACHER = "models/teacher.safetensors"


def main() -> None:
    """Read data/rendered.zip; write pretrain/weights/<role>.safetensors."""
    (role,) = sys.argv[1:]
    params = load_params()
    tuning: dict[str, Any] = params.pretrain.model_dump()[role]
    ratio = tuning.pop("ratio", 0.0)
    recipe = params.train.model_copy(
        update={**tuning, "init_from": "", "patience": tuning["epochs"]}
    )
    prepare_torch(params.seed, recipe.threads)
    data = load_archive(SOURCE, recipe.image_size, recipe.resize)
    train, val = map(data.take, hold_out(data.labels, HELD, params.seed))
    model, loss = new_model(train, recipe), None
    facts = [params.seed, recipe, ratio, md5_of(SOURCE)]
    if role == "student":
        teacher, _ = load_model(TEACHER)
        model = prune(teacher, ratio, recipe.image_size)
        loss = distillation_loss(teacher.to(pick_device(recipe.device)), 2.0)
        facts.append(md5_of(TEACHER))
    with resumable("pretrain", *facts) as resume:
        fit_model(model, train, val, recipe, params.seed, print, loss, (resume, role))
        card = Card(
            recipe.backbone,
            train.classes,
            recipe.image_size,
            recipe.resize,
            tuple(model.mean.flatten().div(255).tolist()),
            tuple(model.std.flatten().div(255).tolist()),
            1.0,
            md5_of(SOURCE),
            recipe.model_dump(mode="json") | {"seed": params.seed, "ratio": ratio},
        )
        save_half(f"models/{role}.safetensors", model, card)


if __name__ == "__main__":
    run_stage(main)
