"""The last run as metrics/report.html, one file that opens anywhere, and as MODEL_CARD.md."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np

from checkstate import figures, provenance
from checkstate.errors import UserError
from checkstate.files import read_archive, read_csv
from checkstate.pages import thumbnail, write_page

Node = dict[str, Any]
Row = dict[str, str]
PAGE = Path("metrics/report.html")
CARD = Path("MODEL_CARD.md")
PICTURES = 24
"""Images shown of a cell of the confusion matrix, and of the worst mistakes."""


def write_report() -> None:
    """Write both from what the stages left; a part that is missing says which stage makes it."""
    metrics = Path("metrics")
    parts = {
        "origin": part(origin),
        "images": part(lambda: provenance.image_counts(provenance.read_lock())),
        "curves": part(lambda: curves(metrics / "train/plots/metrics")),
        "evaluated": part(lambda: evaluated(metrics / "evaluate")),
        "pictures": part(lambda: confusion(metrics / "evaluate/plots/predictions.csv")),
        "compressed": part(lambda: compressed(metrics / "quantize_prune")),
        "timed": part(lambda: timed(metrics / "benchmark")),
    }
    revision = provenance.revision((CARD.as_posix(),))
    write_page(PAGE, "report.html.j2", revision=revision, **parts)
    write_page(CARD, "model_card.md.j2", revision=revision, **parts)


def part(gather: Callable[[], Node]) -> Node:
    """What a part of the report shows, or the one line of what it lacks."""
    try:
        return gather() | {"missing": ""}
    except FileNotFoundError as error:
        return {"missing": f"{error.filename} is missing: run `{maker(str(error.filename))}`"}


def maker(path: str) -> str:
    """The command that makes a file of the pipeline."""
    match Path(path).parts:
        case ("metrics", stage, *_):
            return f"dvc repro {stage}"
        case ("data", "extra", name):
            return f"dvc repro extra@{Path(name).stem}"
        case ("data", "split.csv"):
            return "dvc repro split"
        case ("data", "curated.zip"):
            return "dvc repro curate"
    return "dvc repro"


def origin() -> Node:
    """Which files, which params."""
    lock = provenance.read_lock()
    return {
        "sources": provenance.sources(lock),
        "params": provenance.changed_params(lock),
        "data": lock.params["data.name"],
        "recipe": {
            key.removeprefix("train."): value
            for key, value in sorted(lock.params.items())
            if key.startswith("train.")
        },
    }


def curves(folder: Path) -> Node:
    """The losses and the validation accuracy, epoch by epoch."""
    lines = {
        name: read_csv(folder / f"{name}.tsv", "\t")
        for name in ("train_loss", "val_loss", "val_top1")
    }
    top1 = {"val_top1": lines.pop("val_top1")}
    return {"loss": figures.curves(lines, "loss"), "top1": figures.curves(top1, "val_top1")}


def evaluated(folder: Path) -> Node:
    """The trained model on the test images."""
    said = read_json(folder / "metrics.json")
    rows = read_csv(folder / "plots/predictions.csv")
    confidence = np.array([float(row["confidence"]) for row in rows])
    right = np.array([row["predicted"] == row["label"] for row in rows])
    return {
        "images": said["images"],
        "share": percent(said["top1"]["value"]),
        "top1": interval(said["top1"]),
        "macro_f1": interval(said["macro_f1"]),
        "calibration_error": percent(said["calibration_error"]),
        "classes": [
            {
                "name": name,
                "images": sum(row["label"] == name for row in rows),
                "precision": interval(rates["precision"]),
                "recall": interval(rates["recall"]),
                "f1": percent(rates["f1"]),
            }
            for name, rates in said["classes"].items()
        ],
        "reliability": figures.reliability(confidence, right),
        "coverage": figures.coverage(read_csv(folder / "plots/coverage.csv")),
    }


def confusion(source: Path) -> Node:
    """The confusion matrix with the images of its cells, and the worst mistakes.

    A cell shows its mistakes surest first, what is right least sure first.
    """
    rows = sorted(read_csv(source), key=lambda row: -float(row["confidence"]))
    classes = [key.removeprefix("p_") for key in rows[0] if key.startswith("p_")]
    cells: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        cells[row["label"], row["predicted"]].append(row)
    for name in classes:
        cells[name, name].reverse()
    worst = [row for row in rows if row["label"] != row["predicted"]][:PICTURES]
    shown = {key: cell[:PICTURES] for key, cell in cells.items()}
    pictures = thumbnails({row["path"] for cell in (worst, *shown.values()) for row in cell})

    def cell_of(given: str, said: str) -> Node:
        images = sum(len(cells[given, other]) for other in classes)
        return {
            "given": given,
            "said": said,
            "count": len(cells[given, said]),
            "share": len(cells[given, said]) / max(1, images),
            "shown": shown.get((given, said), []),
        }

    return {
        "classes": classes,
        "matrix": [[cell_of(given, said) for said in classes] for given in classes],
        "worst": worst,
        "mistakes": sum(row["label"] != row["predicted"] for row in rows),
        "pictures": pictures,
    }


def thumbnails(paths: Iterable[str]) -> dict[str, str]:
    """Small pictures of curated images, as data URLs by path."""
    names = sorted(paths)
    try:
        members = read_archive("data/curated.zip", names)
        return {name: thumbnail(file.read()) for name, file in zip(names, members, strict=True)}
    except KeyError as error:
        raise UserError(
            "metrics/evaluate/plots/predictions.csv is of other images than data/curated.zip: "
            "run `dvc repro evaluate`"
        ) from error


def compressed(folder: Path) -> Node:
    """The candidates of quantize_prune, and the one that ships."""
    said = read_json(folder / "metrics.json")
    rows = read_csv(folder / "plots/candidates.csv")
    shipped = said["shipped"]
    size, time = figures.column(rows, "bytes"), figures.column(rows, "milliseconds_batch_1")
    return {
        "shipped": shipped,
        "fallback": said["fallback"],
        "bytes": megabytes(said["bytes"]),
        "share": percent(said["test_top1"]["value"]),
        "top1": interval(said["test_top1"]),
        "agreement": interval(said["test_agreement"]),
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
    said = read_json(folder / "metrics.json")
    rows = {name: row for name, row in said.items() if "p50" in row}
    return {
        "machine": said["machine"],
        "skipped": [row["skipped"] for row in said.values() if "skipped" in row],
        "milliseconds": f"{rows['shipped']['p50']:.2f} ms",
        "speedup": f"{rows['shipped']['speedup_vs_seed']:.0f}",
        "rows": [
            {
                "name": name,
                "p50": f"{row['p50']:.2f} ms",
                "p95": f"{row['p95']:.2f} ms",
                "bytes": megabytes(row["bytes"]) if "bytes" in row else "",
                "peak": f"{row['peak_mb']:.0f} MB" if "peak_mb" in row else "",
                "speedup": f"{row['speedup_vs_seed']:.1f}" if "speedup_vs_seed" in row else "",
            }
            for name, row in rows.items()
        ],
        "bars": figures.bars({name: row["p50"] for name, row in rows.items()}, "ms an image"),
    }


def read_json(path: Path) -> Node:
    """Read a stage's metrics."""
    values: Node = json.loads(path.read_text(encoding="utf-8"))
    return values


def percent(value: float) -> str:
    """A share for a person; there is none of nothing."""
    return "n/a" if math.isnan(value) else f"{100 * value:.1f} %"


def interval(rate: dict[str, float]) -> str:
    """A share and its 95 % interval."""
    value, low, high = (percent(rate[key]) for key in ("value", "low", "high"))
    return f"{value} ({low.removesuffix(' %')} to {high})" if low != "n/a" else value


def megabytes(size: float) -> str:
    """A size for a person."""
    return f"{size / 1e6:.2f} MB"
