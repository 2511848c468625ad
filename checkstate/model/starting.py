"""The network that a training starts from, and what its file will say of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from checkstate.core.errors import UserError
from checkstate.core.params import Train
from checkstate.core.types import Color
from checkstate.data.datasets import Images
from checkstate.model.checkpoints import ModelMetadata, load_model
from checkstate.model.networks import IMAGENET, Classifier, build_backbone, replace_head


def normalization(train: Images, setting: str | tuple[Color, Color]) -> tuple[Color, Color]:
    """Mean and standard deviation of 0..1: ImageNet's, the training split's, or those given."""
    if isinstance(setting, tuple):
        return setting
    if setting == "imagenet":
        return IMAGENET
    # by how often each level is there: the pixels as floats would be eight times as large
    counts = np.zeros((3, 256))
    for image in train.pixels:
        for channel, values in enumerate(image.reshape(-1, 3).T):
            counts[channel] += np.bincount(values, minlength=256)
    levels, share = np.arange(256) / 255, counts / counts.sum(1, keepdims=True)
    mean = share @ levels
    std = np.sqrt((share * (levels - mean[:, None]) ** 2).sum(1))
    (r, g, b), (x, y, z) = mean.tolist(), std.tolist()
    return (r, g, b), (x, y, z)


def start_files(params: Train) -> list[Path]:
    """The files that a training starts from: `init_from`, and `weights` where that is a file."""
    named = [params.init_from, "" if params.weights in {"imagenet", "none"} else params.weights]
    return [Path(name) for name in named if name]


def new_model(train: Images, params: Train) -> Classifier:
    """Build the network that training starts from: a model to go on from, or a new one."""
    mean, std = normalization(train, params.normalization)
    if not params.init_from:
        size = params.image_size
        return Classifier(
            build_backbone(params.backbone, len(train.classes), size, params.weights), mean, std
        )
    model, metadata = load_model(params.init_from)
    if metadata.backbone != params.backbone:
        raise UserError(
            f"train.init_from={params.init_from}: a {metadata.backbone}, not train.backbone="
            f"{params.backbone}; name another, or none with -S train.init_from="
        )
    if metadata.classes != train.classes:
        replace_head(model.backbone, len(train.classes))
    return Classifier(model.backbone, mean, std)


def new_metadata(
    model: Classifier, classes: list[str], recipe: Train, temperature: float, data: str, seed: int
) -> ModelMetadata:
    """What the file of a trained model says of it; `data` is the md5 of what it learned from."""
    mean, std = (tuple((c.flatten() / 255).tolist()) for c in (model.mean, model.std))
    return ModelMetadata(
        recipe.backbone,
        classes,
        recipe.image_size,
        recipe.resize,
        mean,
        std,
        temperature,
        data,
        # a file of one worker says nothing of workers, as those of before there were several
        recipe.model_dump(mode="json", exclude_defaults=True) | {"seed": seed},
    )
