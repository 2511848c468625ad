"""Time what ships beside what was trained, and beside the recipe of 2024.

python -m stages.benchmark

The machine is described beside the times. A baseline that another machine was measured on says
nothing of this one, so it is then timed anew.
"""

import sys
import tempfile
from pathlib import Path

from tqdm import tqdm

from checkstate.core import paths
from checkstate.core.files import read_archive, read_json, write_csv, write_json
from checkstate.core.params import Benchmark, load_params
from checkstate.data.datasets import Images, load_split
from checkstate.evaluation.timing import cold_start, machine
from checkstate.model.baseline import Row, time_baseline
from checkstate.model.checkpoints import load_model
from checkstate.model.export import export_fp32, exported_logits
from checkstate.model.speed import time_models, time_training
from checkstate.stage.live import write_metrics
from checkstate.stage.runner import run_stage


def main() -> None:
    """Read both models and the test images; write metrics by row, and the table for the plot."""
    params = load_params()
    settings, recipe = params.benchmark, params.train
    trained, metadata = load_model(paths.MODEL)
    test = load_split(paths.SPLIT, paths.CURATED, "test", metadata.image_size, metadata.resize)
    train = load_split(paths.SPLIT, paths.CURATED, "train", recipe.image_size, recipe.resize)
    [png] = [member.read() for member in read_archive(paths.CURATED, test.paths[:1])]
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder, "trained.onnx")
        export_fp32(plain, trained, metadata)
        files = {"trained_onnx": plain, "shipped": paths.SHIPPED}
        rows = time_models(trained, files, test.pixels, png, params)
        rows["baseline"] = baseline(settings)
        for name, file in {"trained": paths.MODEL, **files}.items():
            rows[name] |= cold_start(file, png, settings.rounds) | {"bytes": file.stat().st_size}
            rows[name]["speedup_vs_baseline"] = ratio(rows["baseline"], rows[name])
        for name, file in files.items():
            rows[name]["test_top1"] = accuracy(file, test)
    rows["shipped"]["speedup_vs_trained_onnx"] = ratio(rows["trained_onnx"], rows["shipped"])
    out = paths.metrics_folder("benchmark")
    shipped = rows["shipped"]
    write_metrics(out, {"milliseconds": shipped["p50"], "speedup": shipped["speedup_vs_baseline"]})
    write_json(
        out / paths.DETAILS,
        {"machine": machine(), **rows, "training": time_training(train, params)},
    )
    latency = [{"row": name, "milliseconds": row["p50"]} for name, row in rows.items()]
    write_csv(out / "plots/latency.csv", latency)


def baseline(settings: Benchmark) -> Row:
    """The baseline's row, from its stage if this machine ran it."""
    measured = read_json(paths.BASELINE)
    if measured["machine"] == machine():
        row: Row = measured["row"]
        return row
    tqdm.write(
        "the baseline was timed on another machine; timing it here, as each experiment will until "
        "`dvc repro --force --single-item baseline`",
        sys.stderr,
    )
    return time_baseline(settings.baseline_image_size, settings.baseline_batches, settings.rounds)


def ratio(slow: Row, fast: Row) -> float:
    """How many times as fast one row is as another, one image on one thread."""
    return float(str(slow["p50"])) / float(str(fast["p50"]))


def accuracy(model: Path, test: Images) -> float:
    """Test top1 of a model file, so that no speed stands without its accuracy."""
    return float((exported_logits(model, test.pixels).argmax(1) == test.labels).mean())


if __name__ == "__main__":
    run_stage(main)
