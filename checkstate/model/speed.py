"""What a benchmark times: both models in every engine, and the training loop."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import onnxruntime as ort
import torch

from checkstate.core.params import Augment, Params
from checkstate.core.types import Pixels
from checkstate.data.datasets import Images
from checkstate.evaluation.timing import interleave
from checkstate.model.baseline import Row, add_times, eager, thread_counts
from checkstate.model.networks import Classifier
from checkstate.model.optimization import classification_loss, prepare_torch
from checkstate.model.starting import new_model
from checkstate.model.training import begin, train_one_epoch
from checkstate.runtime.predictor import Predictor

Call = Callable[[], object]

ENGINES = {
    "shipped_openvino": "OpenVINOExecutionProvider",
    "shipped_cuda": "CUDAExecutionProvider",
    "shipped_tensorrt": "TensorrtExecutionProvider",
}
TRAINING_IMAGES = 256
"""Images of a training loop that is timed."""


def time_models(
    trained: Classifier, files: dict[str, Path], images: Pixels, png: bytes, params: Params
) -> dict[str, Row]:
    """Time the trained model in torch and the files in ONNX Runtime, by row and batch size.

    `files` has the rows `trained_onnx` and `shipped`; `images` are model inputs, uint8
    [n, height, width, 3]. On one thread, `png` is also decoded by the shipped one.
    """
    settings = params.benchmark
    batch = {n: np.resize(images, (n, *images.shape[1:])) for n in settings.batches}
    rows: dict[str, Row] = {}
    for threads in thread_counts():
        prepare_torch(params.seed, threads)
        predictors = in_engines(files, threads)
        for n in settings.batches:
            calls: dict[str, Call] = {
                "trained": partial(eager, trained, torch.from_numpy(batch[n]))
            }
            calls |= {name: partial(p.logits, batch[n]) for name, p in predictors.items()}
            if threads == n == 1:
                calls["shipped_from_png"] = partial(predictors["shipped"], png)
                calls["shipped_preprocess"] = partial(predictors["shipped"].preprocess, png)
            for name, times in interleave(calls, settings.rounds if n == 1 else 1).items():
                add_times(rows.setdefault(name, {}), times, n, threads)
    return rows


def in_engines(files: dict[str, Path], threads: int) -> dict[str, Predictor]:
    """Every file on the CPU, and the shipped one in each engine that is installed here."""
    predictors = {name: Predictor(file, threads=threads) for name, file in files.items()}
    for name, provider in ENGINES.items():
        if provider in ort.get_available_providers():
            predictors[name] = Predictor(files["shipped"], threads=threads, providers=[provider])
    return predictors


def time_training(data: Images, params: Params) -> dict[str, float]:
    """Images a second of one worker's training loop, and on images that it need not augment.

    Surroundings are not drawn.
    """
    recipe = params.train.override(schedule="constant", workers=1)
    recipe = recipe.override(augment=recipe.augment.override(surround=0.0))
    data = data.spread(TRAINING_IMAGES)
    prepare_torch(params.seed, recipe.threads)
    still = recipe.augment.override(**dict.fromkeys(Augment.model_fields, 0.0))
    recipes = {"loop": recipe, "in_memory": recipe.override(augment=still)}
    calls: dict[str, Call] = {}
    for name, each in recipes.items():
        model = new_model(data, each).to(memory_format=torch.channels_last)
        progress = begin(model, data, each, params.seed)
        loss = classification_loss(data, each, torch.device("cpu"))
        calls[name] = partial(train_one_epoch, progress, data, each, loss)
    times = interleave(calls, params.benchmark.rounds)
    return {f"{name}_per_second": 1000 * len(data.labels) / times[name]["p50"] for name in calls}
