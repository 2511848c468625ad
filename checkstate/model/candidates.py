"""Candidates for what ships: pruned, fine-tuned, exported, quantized, and compared."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from checkstate.core.errors import UserError
from checkstate.core.params import Params
from checkstate.core.types import Floats, Indices, Pixels
from checkstate.data.datasets import Images
from checkstate.evaluation.metrics import macro_f1
from checkstate.evaluation.timing import interleave
from checkstate.model.calibration import fit_temperature
from checkstate.model.checkpoints import ModelMetadata
from checkstate.model.compression import DistillationLoss, multiply_accumulates, prune
from checkstate.model.export import export_fp32, exported_logits
from checkstate.model.networks import Classifier, predict_logits
from checkstate.model.quantization import has_vnni, quantize_int8
from checkstate.model.resume import Resume
from checkstate.model.training import fit_model
from checkstate.runtime.predictor import Predictor

INT8_SPEED = 4 if has_vnni() else 1
"""Int8 multiply-accumulates in the time of one of fp32: four share a register, but without VNNI the
instructions that keep their sums from saturating cost what that gains."""


@dataclass
class Candidate:
    """One file that could ship, measured on validation images."""

    candidate: str
    ratio: float
    precision: str
    fp32_convolutions: int
    """First convolutions that int8 left in fp32."""
    top1: float
    macro_f1: float
    agreement: float
    """Share of images for which it predicts what the trained model predicts."""
    bytes: int
    macs: int
    cost: float
    holds: int
    """Whether it is accurate enough to ship."""
    milliseconds_batch_1: float = 0.0
    milliseconds_batch_32: float = 0.0


@dataclass(frozen=True)
class Trained:
    """The trained model, and the images that candidates are tuned and compared on."""

    model: Classifier
    metadata: ModelMetadata
    train: Images
    val: Images
    predicted: Indices
    """Its predictions of the validation images."""

    @property
    def top1(self) -> float:
        """Its validation accuracy."""
        return float((self.predicted == self.val.labels).mean())


def make_candidates(
    trained: Trained, params: Params, resume: Resume, folder: Path
) -> Iterator[Candidate]:
    """Write <folder>/<candidate>.onnx for every ratio and precision, and measure each."""
    settings = params.quantize_prune
    for ratio in settings.ratios:
        model = pruned(trained, ratio, params, resume)
        plain = folder / f"{ratio}-fp32.onnx"
        metadata = export_checked(plain, model, trained, params)
        for precision in settings.precisions:
            path, kept = plain, 0
            if precision == "int8":
                path = folder / f"{ratio}-int8.onnx"
                kept = quantize_int8(
                    plain, path, calibration(trained, params), reduce_range(params), metadata
                )
            yield measured(path, ratio, precision, kept, model, trained, params)


def pruned(trained: Trained, ratio: float, params: Params, resume: Resume) -> Classifier:
    """The trained model without a ratio of its channels, taught what the whole one predicts."""
    settings, recipe = params.quantize_prune, params.train
    model = prune(trained.model, ratio, trained.metadata.image_size)
    if ratio:
        pace = recipe.override(epochs=settings.epochs, patience=settings.epochs, lr=settings.lr)
        loss = DistillationLoss(
            trained.model, trained.metadata, recipe.threads, settings.distillation_temperature
        )
        state = (resume, f"ratio-{ratio}")
        fit_model(model, trained.train, trained.val, pace, params.seed, print, loss, state)
    return model


def export_checked(
    path: Path, model: Classifier, trained: Trained, params: Params
) -> ModelMetadata:
    """Write a network with its own temperature, and compare ONNX Runtime with torch."""
    val = trained.val
    logits = predict_logits(model, val.pixels, params.evaluate.batch_size)
    metadata = replace(trained.metadata, temperature=fit_temperature(logits, val.labels))
    export_fp32(path, model, metadata)
    exported = exported_logits(path, val.pixels)
    check_parity(logits, exported, params.quantize_prune.max_logit_difference)
    return metadata


def check_parity(torch_logits: Floats, onnx_logits: Floats, bound: float) -> None:
    """Refuse an export whose logits of the validation images are not the network's."""
    difference = float(np.abs(torch_logits - onnx_logits).max())
    if not difference <= bound:  # nan as well
        raise UserError(
            f"ONNX and torch logits differ by {difference:.2g}, more than "
            f"quantize_prune.max_logit_difference={bound}: raise it, or choose another backbone"
        )


def calibration(trained: Trained, params: Params) -> Pixels:
    """Training images, evenly of all classes, that show int8 the ranges of activations."""
    return trained.train.spread(params.quantize_prune.calibration_images).pixels


def reduce_range(params: Params) -> bool:
    """Whether int8 weights have seven bits: where a CPU without VNNI would saturate."""
    setting = params.quantize_prune.reduce_range
    return not has_vnni() if setting == "auto" else setting


def measured(
    path: Path,
    ratio: float,
    precision: str,
    kept: int,
    model: Classifier,
    trained: Trained,
    params: Params,
) -> Candidate:
    """Compare a candidate's predictions with the labels and with the trained model's."""
    settings, val = params.quantize_prune, trained.val
    predicted = exported_logits(path, val.pixels).argmax(1)
    top1 = float((predicted == val.labels).mean())
    macs, convolutions = multiply_accumulates(model, trained.metadata.image_size)
    in_int8 = macs - sum(convolutions[:kept]) if precision == "int8" else 0
    work = macs - in_int8 + in_int8 / INT8_SPEED
    size = path.stat().st_size
    return Candidate(
        candidate=path.stem,
        ratio=ratio,
        precision=precision,
        fp32_convolutions=kept,
        top1=top1,
        macro_f1=macro_f1(predicted, val.labels),
        agreement=float((predicted == trained.predicted).mean()),
        bytes=size,
        macs=macs,
        cost=size**settings.size_weight * work**settings.speed_weight,
        holds=int(top1 >= trained.top1 - settings.max_accuracy_drop),
    )


def add_latency(rows: Sequence[Candidate], folder: Path, val: Images) -> None:
    """Measure what a clock says beside the cost that decides."""
    predictors = [Predictor(folder / f"{row.candidate}.onnx", threads=1) for row in rows]
    for n in (1, 32):
        images = np.resize(val.pixels, (n, *val.pixels.shape[1:]))
        calls = {str(i): partial(p.logits, images) for i, p in enumerate(predictors)}
        for row, times in zip(rows, interleave(calls, rounds=3).values(), strict=True):
            setattr(row, f"milliseconds_batch_{n}", times["p50"])


def cheapest(rows: Sequence[Candidate]) -> Candidate | None:
    """The candidate of least cost among those that are accurate enough."""
    return min((row for row in rows if row.holds), key=lambda row: row.cost, default=None)
