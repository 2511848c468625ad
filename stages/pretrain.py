"""Learn controls from all renderings, before any real image: `dvc repro pretrain/dvc.yaml`.

python -m stages.pretrain

Go on from the result with train.init_from=models/pretrained.safetensors.
"""

import numpy as np
from sklearn.model_selection import train_test_split

from checkstate.datasets import Images, fit_all
from checkstate.errors import run_stage
from checkstate.files import archive_names, md5_of
from checkstate.networks import Card, save_model
from checkstate.params import load_params
from checkstate.resume import resumable
from checkstate.training import fit_model, new_model, prepare_torch

SOURCE = "data/rendered.zip"


def main() -> None:
    """Read data/rendered.zip; write models/pretrained.safetensors."""
    params = load_params()
    recipe = params.train.model_copy(update={**params.pretrain.model_dump(), "init_from": ""})
    prepare_torch(params.seed, recipe.threads)
    paths = archive_names(SOURCE)
    classes = sorted({path.split("/")[0] for path in paths})
    labels = np.array([classes.index(path.split("/")[0]) for path in paths], np.int64)
    pixels = fit_all(SOURCE, paths, recipe.image_size, recipe.resize)
    sides = train_test_split(
        np.arange(len(paths)), test_size=0.05, stratify=labels, random_state=params.seed
    )
    train, val = (Images(pixels[i], labels[i], [paths[j] for j in i], classes) for i in sides)
    with resumable("pretrain", params.seed, recipe, md5_of(SOURCE)) as resume:
        model = new_model(train, recipe)
        fit_model(model, train, val, recipe, params.seed, print, resume=(resume, "pretrain"))
    card = Card(
        recipe.backbone,
        classes,
        recipe.image_size,
        recipe.resize,
        tuple(model.mean.flatten().div(255).tolist()),
        tuple(model.std.flatten().div(255).tolist()),
        1.0,
        md5_of(SOURCE),
        recipe.model_dump(mode="json") | {"seed": params.seed},
    )
    save_model("models/pretrained.safetensors", model, card)


if __name__ == "__main__":
    run_stage(main)
