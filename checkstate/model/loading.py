"""Prove before a training that its network can be trained, saved and loaded."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from checkstate.core.errors import UserError, is_out_of_memory
from checkstate.core.text import first_line
from checkstate.core.types import Pixels
from checkstate.model.checkpoints import ModelMetadata, load_model, save_model
from checkstate.model.networks import Classifier, predict_logits

WAY_OUT = "name another backbone, or another train.image_size"


def prove_loading(model: Classifier, metadata: ModelMetadata, images: Pixels) -> None:
    """Save, load and run a network once, before hours are spent on it.

    `images` are a few, uint8 [n, height, width, 3]. Leaves the model, its mode but for `eval`,
    and torch's random numbers as they were. Raises UserError when anything fails.
    """
    try:
        with torch.random.fork_rng(devices=[]), tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "model.safetensors")
            save_model(path, model, metadata)
            again, _ = load_model(path)
            compare(model, again, images, len(metadata.classes))
            check_training(again, images, len(metadata.classes))
    except Exception as error:  # networks fail in ways of their own
        if is_out_of_memory(error):
            raise
        reason = first_line(error)
        raise UserError(f"train.backbone={metadata.backbone}: {reason}; {WAY_OUT}") from error


def compare(model: Classifier, again: Classifier, images: Pixels, classes: int) -> None:
    """Raise ValueError when a loaded network answers otherwise than the one that was saved."""
    logits = predict_logits(model, images, len(images))
    if logits.shape != (len(images), classes):
        raise ValueError(f"its output is {list(logits.shape)}, not one number a class")
    if not np.allclose(logits, predict_logits(again, images, len(images)), 1e-4, 1e-4, True):
        raise ValueError("loaded from its file, it answers otherwise")


def check_training(model: Classifier, images: Pixels, classes: int) -> None:
    """Raise ValueError when a network in training gives anything but one number a class."""
    logits = model.train()(torch.from_numpy(images))
    if not isinstance(logits, Tensor):
        raise ValueError("it has several outputs in training")
    if logits.shape != (len(images), classes):
        raise ValueError(f"its output is {list(logits.shape)}, not one number a class")
    nn.functional.cross_entropy(logits, torch.zeros(len(images), dtype=torch.long)).backward()
