"""Prune, fine-tune, export and quantize; ship the cheapest candidate that stays accurate.

python -m stages.quantize_prune

Candidates are compared on validation images by accuracy and a deterministic cost, bytes times
multiply-accumulates, so that the decision repeats to the bit. Test images only measure what ships.
"""

import tempfile
from dataclasses import asdict
from operator import attrgetter
from pathlib import Path
from typing import Any

from checkstate.core import paths
from checkstate.core.files import copy_file, md5_of, write_csv, write_json
from checkstate.core.params import Params, load_params
from checkstate.data.datasets import Images, add_extra, load_split
from checkstate.evaluation.intervals import rate
from checkstate.model.candidates import Candidate, Trained, add_latency, cheapest, make_candidates
from checkstate.model.checkpoints import ModelMetadata, load_model
from checkstate.model.export import export_fp32, exported_logits
from checkstate.model.networks import predict_logits
from checkstate.model.optimization import prepare_torch
from checkstate.model.resume import resumable
from checkstate.stage.live import write_metrics
from checkstate.stage.runner import run_stage

FALLBACK = "trained-fp32"


def main() -> None:
    """Read the trained model; write models/model.onnx, the Pareto table and the metrics."""
    params = load_params()
    prepare_torch(params.seed, params.train.threads)
    trained = load_trained(params)
    facts = (params.seed, params.train, params.quantize_prune, md5_of(paths.MODEL))
    out = paths.metrics_folder("quantize_prune")
    with (
        resumable("quantize_prune", *facts, trained.train.pixels.shape) as resume,
        tempfile.TemporaryDirectory() as name,
    ):
        folder = Path(name)
        rows = list(make_candidates(trained, params, resume, folder))
        add_latency(rows, folder, trained.val)
        chosen = cheapest(rows)
        shipped = chosen.candidate if chosen else FALLBACK
        if not chosen:
            export_fp32(folder / f"{FALLBACK}.onnx", trained.model, trained.metadata)
        copy_file(folder / f"{shipped}.onnx", paths.SHIPPED)
        facts_of_run = {
            "shipped": shipped,
            "fallback": not chosen,
            "order_by_cost": order(rows, "cost"),
            "order_by_clock": order(rows, "milliseconds_batch_1"),
        }
        measured = test_metrics(trained, params)
        top1 = measured["test_top1"]["value"]
        write_metrics(out, {"shipped_top1": top1, "bytes": measured["bytes"]})
        write_json(out / paths.DETAILS, facts_of_run | measured)
        write_csv(out / "plots/candidates.csv", [asdict(row) for row in rows])


def load_trained(params: Params) -> Trained:
    """The trained model with its training and validation images."""
    model, metadata = load_model(paths.MODEL)
    train, val = load("train", metadata), load("val", metadata)
    extra = [paths.extra_archive(name) for name in params.train.extra]
    train = add_extra(train, extra, metadata.resize)
    logits = predict_logits(model, val.pixels, params.evaluate.batch_size)
    return Trained(model, metadata, train, val, logits.argmax(1))


def load(split: str, metadata: ModelMetadata) -> Images:
    """The images of a split as the model takes them."""
    return load_split(paths.SPLIT, paths.CURATED, split, metadata.image_size, metadata.resize)


def order(rows: list[Candidate], key: str) -> str:
    """The candidates' names, the least of `key` first."""
    return " < ".join(row.candidate for row in sorted(rows, key=attrgetter(key)))


def test_metrics(trained: Trained, params: Params) -> dict[str, Any]:
    """What ships, on test images, beside the trained model."""
    test = load("test", trained.metadata)
    shipped = exported_logits(paths.SHIPPED, test.pixels).argmax(1)
    full = predict_logits(trained.model, test.pixels, params.evaluate.batch_size).argmax(1)
    return {
        "bytes": paths.SHIPPED.stat().st_size,
        "test_top1": rate(shipped == test.labels),
        "test_top1_trained": rate(full == test.labels),
        "test_agreement": rate(shipped == full),
    }


if __name__ == "__main__":
    run_stage(main)
