"""Prune, fine-tune, export and quantize; ship the cheapest candidate that stays accurate.

python -m stages.quantize_prune

Candidates are compared on validation images by accuracy and a deterministic cost, bytes times
multiply-accumulates, so that the decision repeats to the bit.
"""

import shutil
import tempfile
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from dvclive.live import Live
from numpy.typing import NDArray

from checkstate.compression import distillation_loss, multiply_accumulates, prune
from checkstate.datasets import Images, add_extra, load_split
from checkstate.errors import UserError
from checkstate.evaluation import macro_f1, rate
from checkstate.export import as_predictor, export_fp32
from checkstate.files import md5_of, replacing, write_csv
from checkstate.networks import load_model, predict_logits
from checkstate.params import load_params
from checkstate.predictor import Predictor
from checkstate.quantization import has_vnni, quantize_int8
from checkstate.resume import resumable
from checkstate.running import run_stage
from checkstate.timing import interleave
from checkstate.training import fit_model, fit_temperature, prepare_torch

INT8_SPEED = 4 if has_vnni() else 1
"""Int8 multiply-accumulates in the time of one of fp32: four share a register, but without VNNI the
instructions that keep their sums from saturating cost what that gains."""

Candidate = dict[str, Any]


def main() -> None:
    """Read the trained model; write models/model.onnx, the Pareto table and the metrics."""
    params = load_params()
    settings, recipe = params.quantize_prune, params.train
    prepare_torch(params.seed, recipe.threads)
    teacher, card = load_model("models/model.safetensors")
    train = load_split("train", card.image_size, card.resize)
    train = add_extra(train, recipe.extra, card.resize)
    val = load_split("val", card.image_size, card.resize)
    test = load_split("test", card.image_size, card.resize)
    reduce_range = not has_vnni() if settings.reduce_range == "auto" else settings.reduce_range
    taken = min(settings.calibration_images, len(train.pixels))
    calibration = train.pixels[np.linspace(0, len(train.pixels) - 1, taken).astype(np.int64)]
    tuning = recipe.model_copy(
        update={"epochs": settings.epochs, "patience": settings.epochs, "lr": settings.lr}
    )
    trained = predict_logits(teacher, val.pixels, params.evaluate.batch_size).argmax(1)
    floor = float((trained == val.labels).mean()) - settings.max_accuracy_drop
    facts = (params.seed, recipe, settings, md5_of("models/model.safetensors"))
    rows: list[Candidate] = []
    with (
        resumable("quantize_prune", *facts, train.pixels.shape) as resume,
        tempfile.TemporaryDirectory() as name,
    ):
        folder = Path(name)
        for ratio in settings.ratios:
            model = prune(teacher, ratio, card.image_size)
            if ratio:
                answers_of = as_predictor(teacher, card, recipe.threads)
                loss = distillation_loss(answers_of, settings.distillation_temperature)
                state = (resume, f"ratio-{ratio}")
                fit_model(model, train, val, tuning, params.seed, print, loss, state)
            logits = predict_logits(model, val.pixels, params.evaluate.batch_size)
            own = replace(card, temperature=fit_temperature(logits, val.labels))
            plain = folder / f"{ratio}-fp32.onnx"
            export_fp32(plain, model, own)
            check_parity(
                predict_logits(model, test.pixels, params.evaluate.batch_size),
                Predictor(plain, threads=1).logits(test.pixels),
                settings.max_logit_difference,
            )
            macs = multiply_accumulates(model, card.image_size)
            for precision in settings.precisions:
                path = folder / f"{ratio}-{precision}.onnx"
                kept = 0
                if precision == "int8":
                    kept = quantize_int8(plain, path, calibration, reduce_range, own)
                work = macs / (INT8_SPEED if precision == "int8" else 1)
                size = path.stat().st_size
                cost = size**settings.size_weight * work**settings.speed_weight
                row: Candidate = {"candidate": path.stem, "ratio": ratio, "precision": precision}
                row["fp32_convolutions"] = kept
                row |= answers(path, val, trained) | {"bytes": size, "macs": macs, "cost": cost}
                rows.append(row | {"holds": int(row["top1"] >= floor)})
        add_latency(rows, folder, val)
        holding = [row for row in rows if row["holds"]]
        chosen = min(holding, key=lambda row: row["cost"])["candidate"] if holding else None
        if not chosen:
            export_fp32(folder / "trained-fp32.onnx", teacher, card)
        with replacing("models/model.onnx") as temporary:
            shutil.copyfile(folder / f"{chosen or 'trained-fp32'}.onnx", temporary)
    said = Predictor("models/model.onnx", threads=1).logits(test.pixels).argmax(1)
    full = predict_logits(teacher, test.pixels, params.evaluate.batch_size).argmax(1)
    with Live("metrics/quantize_prune", dvcyaml=None, save_dvc_exp=False) as live:
        live.summary.update(
            {
                "shipped": chosen or "trained-fp32",
                "fallback": not chosen,
                "order_by_cost": in_order(rows, "cost"),
                "order_by_clock": in_order(rows, "milliseconds_batch_1"),
                "bytes": Path("models/model.onnx").stat().st_size,
                "test_top1": rate(said == test.labels),
                "test_top1_trained": rate(full == test.labels),
                "test_agreement": rate(said == full),
            }
        )
    write_csv("metrics/quantize_prune/plots/candidates.csv", rows)


def answers(path: Path, val: Images, trained: NDArray[np.int64]) -> Candidate:
    """How often a candidate is right, and how often it says what the trained model says."""
    said = Predictor(path, threads=1).logits(val.pixels).argmax(1)
    right, same = float((said == val.labels).mean()), float((said == trained).mean())
    return {"top1": right, "macro_f1": macro_f1(said, val.labels), "agreement": same}


def add_latency(rows: list[Candidate], folder: Path, val: Images) -> None:
    """Measure what a clock says beside the cost that decides."""
    sessions = [Predictor(folder / f"{row['candidate']}.onnx", threads=1) for row in rows]
    for n in (1, 32):
        images = np.resize(val.pixels, (n, *val.pixels.shape[1:]))
        calls = {str(i): partial(session.logits, images) for i, session in enumerate(sessions)}
        for row, times in zip(rows, interleave(calls, rounds=3).values(), strict=True):
            row[f"milliseconds_batch_{n}"] = times["p50"]


def in_order(rows: list[Candidate], key: str) -> str:
    """The candidates' names, the least of `key` first."""
    return " < ".join(row["candidate"] for row in sorted(rows, key=lambda row: float(row[key])))


def check_parity(torch_logits: np.ndarray, onnx_logits: np.ndarray, bound: float) -> None:
    """Refuse an export whose answers are not the network's."""
    difference = float(np.abs(torch_logits - onnx_logits).max())
    same = bool((torch_logits.argmax(1) == onnx_logits.argmax(1)).all())
    if difference > bound:
        raise UserError(
            f"ONNX and torch logits differ by {difference:.2g}, more than "
            f"quantize_prune.max_logit_difference={bound}"
        )
    if not same:
        raise UserError(
            f"ONNX and torch logits differ by no more than {difference:.2g}, but a test image lies "
            "between two classes; another seed parts them: -S seed=1"
        )


if __name__ == "__main__":
    run_stage(main)
