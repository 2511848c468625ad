"""The last run as metrics/report.html, one file that opens anywhere, and as MODEL_CARD.md."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
import onnx

from checkstate.core import paths
from checkstate.core.errors import UserError
from checkstate.core.files import md5_of, read_archive, read_csv, read_json
from checkstate.core.tables import PredictionRow
from checkstate.core.text import first_line
from checkstate.evaluation.scores import is_better
from checkstate.report import figures, provenance
from checkstate.report.pages import thumbnail, write_page

Node = dict[str, Any]
STARTER = "starter"
PICTURES = 24
"""Images shown of a cell of the confusion matrix, and of the worst mistakes."""


def write_report() -> None:
    """Write both from what the stages left; a part that is missing says which stage makes it.

    Raises UserError in a folder of something else, whose model card it would overwrite.
    """
    if not paths.PARAMS.exists():
        raise UserError(f"{paths.PARAMS} is missing: run it in the folder of the pipeline")
    folder = paths.metrics_folder
    stale = provenance.stale_stages() if paths.LOCK.exists() else {}
    part = partial(current, stale)
    parts = {
        "origin": part(lambda: origin(stale)),
        "images": part(lambda: provenance.image_counts(provenance.read_lock()), "split"),
        "curves": part(lambda: curves(folder("train") / "plots/metrics"), "train"),
        "evaluated": part(lambda: evaluated(folder("evaluate")), "evaluate"),
        "pictures": part(lambda: confusion(paths.predictions_table("evaluate")), "evaluate"),
        "compressed": part(lambda: compressed(folder("quantize_prune")), "quantize_prune"),
        "timed": part(lambda: timed(folder("benchmark")), "benchmark"),
    }
    revision = provenance.revision((paths.MODEL_CARD.as_posix(),))
    write_page(paths.REPORT, "report.html.j2", revision=revision, **parts)
    write_page(
        paths.MODEL_CARD, "model_card.md.j2", revision=revision, finder=released_finder(), **parts
    )


def current(stale: dict[str, str], gather: Callable[[], Node], stage: str = "") -> Node:
    """What a part of the report shows, or the one line of what it lacks.

    What a stage left from another run than its inputs, which `stale` says, is never shown.
    """
    try:
        if why := stale.get(stage):
            return {"missing": f"{why}: run `dvc repro {stage}`"}
        return gather() | {"missing": ""}
    except FileNotFoundError as error:
        return {"missing": f"{error.filename} is missing: run `{maker(str(error.filename))}`"}
    except (LookupError, TypeError, ValueError) as error:
        if not stage:
            raise
        file = paths.metrics_folder(stage)
        return {"missing": f"{file} is damaged ({first_line(error)}): run `dvc repro -f {stage}`"}


def maker(path: str) -> str:
    """The command that makes a file of the pipeline."""
    found = Path(path)
    if found.is_relative_to(paths.METRICS):
        return f"dvc repro {found.parts[1]}"
    if found.parent == paths.EXTRA:
        return f"dvc repro extra@{found.stem}"
    return {paths.SPLIT: "dvc repro split", paths.CURATED: "dvc repro curate"}.get(
        found, "dvc repro"
    )


def origin(stale: dict[str, str]) -> Node:
    """Which files, which params; `stale` has the stages of another run than their inputs.

    Raises UserError where no image was ever curated.
    """
    lock = provenance.read_lock()
    if "data.name" not in lock.params:
        raise UserError(f"{paths.LOCK}: curate has not run; `dvc repro`")
    return {
        "sources": provenance.sources(lock, provenance.stale_outs(stale)),
        "params": provenance.changed_params(lock),
        "data": lock.params["data.name"],
        "rendered": lock.params["data.name"] == STARTER,
        "real": real_figure(),
        "recipe": {
            key.removeprefix("train."): value
            for key, value in sorted(lock.params.items())
            if key.startswith("train.")
        },
    }


def real_figure() -> Node | None:
    """How often the released model is right on real images; None where another was measured.

    Raises UserError for a file with the marks of a merge.
    """
    try:
        entry: Node = read_json(paths.REAL).get("web", {}) if paths.REAL.exists() else {}
    except ValueError as error:
        raise UserError(
            f"{paths.REAL}: damaged ({first_line(error)}); `git checkout {paths.REAL}`"
        ) from error
    if not paths.RELEASED.exists() or entry.get("model_md5") != md5_of(paths.RELEASED):
        return None
    return entry


def released_finder() -> Node | None:
    """The released finder: its file, what made it, its figures.

    None where it or its figures are not there, or where the figures are another finder's.
    """
    metrics = {
        stage: paths.metrics_folder(stage.replace("_", "-")) / "metrics.json"
        for stage in ("find_evaluate", "find_benchmark")
    }
    needed = (paths.RELEASED_FINDER, provenance.WEIGHTS_LOCK, *metrics.values())
    if not all(path.exists() for path in needed):
        return None
    md5 = md5_of(paths.RELEASED_FINDER)
    if not provenance.is_measured(md5, metrics):
        return None
    model = onnx.load(paths.RELEASED_FINDER)
    metadata = {entry.key: json.loads(entry.value) for entry in model.metadata_props}
    found, timed = (read_json(path) for path in metrics.values())
    return {
        "file": paths.RELEASED_FINDER,
        "bytes": paths.RELEASED_FINDER.stat().st_size,
        "md5": md5,
        "data": paths.scenes("train"),
        "data_md5": metadata["data_md5"],
        "recipe": provenance.flatten(metadata["params"]),
        "average_precision": percent(found["average_precision"]),
        "f1_box": percent(found["f1_box"]),
        "f1_state": percent(found["f1_state"]),
        "false_alarms": f"{found['false_alarms_per_screenshot']:.2f}",
        "false_alarms_without_controls": f"{found['false_alarms_without_controls']:.2f}",
        "cpu": timed["machine"]["cpu"],
        "controls": timed["controls"],
        "milliseconds": f"{timed['boxes_and_states']['p50']:.0f} ms",
    }


def curves(folder: Path) -> Node:
    """The losses and the validation accuracy, epoch by epoch, and the epoch that was kept."""
    lines = {
        name: read_csv(folder / f"{name}.tsv", "\t")
        for name in ("train_loss", "val_loss", "val_top1")
    }
    top1 = lines.pop("val_top1")
    rule = provenance.read_lock().params["train.checkpoint_by"]
    loss = figures.column(lines["val_loss"], "val_loss")
    best = best_epoch(rule, loss, figures.column(top1, "val_top1"))
    return {
        "best": best + 1,
        "loss": figures.losses(lines, best),
        "top1": figures.accuracies(top1, "val_top1", best),
    }


def best_epoch(rule: str, losses: figures.Floats, top1: figures.Floats) -> int:
    """The epoch whose weights training kept."""
    scores = [
        {"val_loss": loss, "val_top1": share} for loss, share in zip(losses, top1, strict=True)
    ]
    best = 0
    for epoch, now in enumerate(scores):
        if is_better(rule, now, scores[best]):
            best = epoch
    return best


def evaluated(folder: Path) -> Node:
    """The trained model on the test images."""
    metrics = read_json(folder / paths.DETAILS)
    rows = PredictionRow.read(folder / "plots/predictions.csv")
    confidence = np.array([row.confidence for row in rows])
    correct = np.array([row.correct for row in rows])
    return {
        "images": metrics["images"],
        "share": percent(metrics["top1"]["value"]),
        "top1": interval(metrics["top1"]),
        "macro_f1": interval(metrics["macro_f1"]),
        "calibration_error": percent(metrics["calibration_error"]),
        "robustness": robustness(metrics["robustness"], folder)
        if "robustness" in metrics
        else None,
        "classes": [
            {
                "name": name,
                "images": sum(row.label == name for row in rows),
                "precision": interval(rates["precision"]),
                "recall": interval(rates["recall"]),
                "f1": percent(rates["f1"]),
            }
            for name, rates in metrics["classes"].items()
        ],
        "confident": surest(metrics["confident"]),
        "reliability": figures.reliability(confidence, correct),
        "coverage": figures.coverage(read_csv(folder / "plots/coverage.csv")),
    }


def surest(confident: dict[str, Any]) -> str:
    """How often it is right of what it is surest of, and how much that is."""
    share = f"{confident['share']:.0%} of the images"
    return f"{interval(confident['top1'])} of {share}" if confident["share"] else share


def robustness(groups: dict[str, float], folder: Path) -> Node:
    """How often the answer stays when a test image is cut, scaled or colored otherwise."""
    rows = read_csv(folder / "plots/robustness.csv")
    least = min(groups, key=groups.__getitem__)
    return {
        "share": percent(fmean(groups.values())),
        "least": f"{percent(groups[least])} of {least}",
        "bars": figures.shares({row["variant"]: float(row["same"]) for row in rows}),
    }


def confusion(source: Path) -> Node:
    """The confusion matrix with the images of its cells, and the worst mistakes.

    A cell shows its mistakes surest first, what is right least sure first.
    """
    rows = sorted(PredictionRow.read(source), key=lambda row: -row.confidence)
    classes = list(rows[0].probabilities)
    cells: dict[tuple[str, str], list[PredictionRow]] = defaultdict(list)
    for row in rows:
        cells[row.label, row.predicted].append(row)
    for name in classes:
        cells[name, name].reverse()
    worst = [row for row in rows if not row.correct][:PICTURES]
    shown = {key: cell[:PICTURES] for key, cell in cells.items()}

    def cell_of(label: str, predicted: str) -> Node:
        images = sum(len(cells[label, other]) for other in classes)
        return {
            "label": label,
            "predicted": predicted,
            "count": len(cells[label, predicted]),
            "share": len(cells[label, predicted]) / max(1, images),
            "shown": shown.get((label, predicted), []),
        }

    return {
        "classes": classes,
        "matrix": [[cell_of(label, predicted) for predicted in classes] for label in classes],
        "worst": worst,
        "mistakes": sum(not row.correct for row in rows),
        "pictures": thumbnails({row.path for cell in (worst, *shown.values()) for row in cell}),
    }


def thumbnails(names: Iterable[str]) -> dict[str, str]:
    """Small pictures of curated images, as data URLs by path."""
    names = sorted(names)
    members = read_archive(paths.CURATED, names)
    return {name: thumbnail(file.read()) for name, file in zip(names, members, strict=True)}


def compressed(folder: Path) -> Node:
    """The candidates of quantize_prune, and the one that ships."""
    metrics = read_json(folder / paths.DETAILS)
    rows = read_csv(folder / "plots/candidates.csv")
    shipped = metrics["shipped"]
    size, time = figures.column(rows, "bytes"), figures.column(rows, "milliseconds_batch_1")
    return {
        "shipped": shipped,
        "fallback": metrics["fallback"],
        "bytes": megabytes(metrics["bytes"]),
        "share": percent(metrics["test_top1"]["value"]),
        "top1": interval(metrics["test_top1"]),
        "agreement": interval(metrics["test_agreement"]),
        "rows": [
            {
                "name": row["candidate"],
                "top1": percent(float(row["top1"])),
                "agreement": percent(float(row["agreement"])),
                "bytes": megabytes(float(row["bytes"])),
                "macs": f"{float(row['macs']) / 1e6:.1f} M",
                "milliseconds": f"{float(row['milliseconds_batch_1']):.2f} ms",
                "holds": row["holds"] == "1",
                "shipped": row["candidate"] == shipped,
            }
            for row in sorted(rows, key=lambda row: float(row["cost"]))
        ],
        "by_size": figures.pareto(rows, size / 1e6, "MB", shipped),
        "by_time": figures.pareto(rows, time, "ms an image", shipped),
    }


def timed(folder: Path) -> Node:
    """Latencies side by side."""
    metrics = read_json(folder / paths.DETAILS)
    rows = {name: row for name, row in metrics.items() if "p50" in row}
    return {
        "machine": metrics["machine"],
        "milliseconds": f"{rows['shipped']['p50']:.2f} ms",
        "speedup": f"{rows['shipped']['speedup_vs_baseline']:.0f}",
        "rows": [
            {
                "name": name,
                "p50": f"{row['p50']:.2f} ms",
                "p95": f"{row['p95']:.2f} ms",
                "bytes": megabytes(row["bytes"]) if "bytes" in row else "",
                "peak": f"{row['peak_mb']:.0f} MB" if "peak_mb" in row else "",
                "speedup": f"{row['speedup_vs_baseline']:.1f}"
                if "speedup_vs_baseline" in row
                else "",
            }
            for name, row in rows.items()
        ],
        "bars": figures.bars({name: row["p50"] for name, row in rows.items()}, "ms an image"),
    }


def percent(value: float | None) -> str:
    """A share for a person; there is none of nothing."""
    return "n/a" if value is None or math.isnan(value) else f"{100 * value:.1f} %"


def interval(rate: dict[str, float | None]) -> str:
    """A share and its 95 % interval."""
    value, low, high = (percent(rate[key]) for key in ("value", "low", "high"))
    return f"{value} ({low.removesuffix(' %')} to {high})" if low != "n/a" else value


def megabytes(size: float) -> str:
    """A size for a person."""
    return f"{size / 1e6:.2f} MB"
