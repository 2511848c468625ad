"""The files that stages exchange, relative to the repository: each name stands here once."""

from __future__ import annotations

import os
from pathlib import Path

from checkstate.core.errors import UserError

PARAMS = Path("params.yaml")
LOCK = Path("dvc.lock")
ARCHIVES = frozenset({".zip", ".tar"})
"""Endings of a data set in one file."""

DATA = Path("data")
CURATION = DATA / "curation"
EXTRA = DATA / "extra"
MANIFEST = DATA / "manifest.csv"
CURATED = DATA / "curated.zip"
SPLIT = DATA / "split.csv"
RENDERED = DATA / "rendered.zip"
HELD_OUT = DATA / "held-out.zip"

MODEL = Path("models/model.safetensors")
SHIPPED = Path("models/model.onnx")
TEACHER = Path("models/teacher.safetensors")
STUDENT = Path("models/student.safetensors")
FINETUNED = Path("models/finetuned.safetensors")
AVERAGED = Path("models/averaged.safetensors")

FIND = Path("find")
FIND_PARAMS = FIND / "params.yaml"
RENDER_PARAMS = Path("render/params.yaml")
ANNOTATIONS = "annotations.json"
DETECTOR = FIND / "models/detector.safetensors"
RELEASED = Path("checkstate/released/model.onnx")
RELEASED_FINDER = Path("checkstate/released/finder.onnx")
FINDER = FIND / "models/finder.onnx"

METRICS = Path("metrics")
DETAILS = "details.json"
REAL = Path("docs/real.json")
REPORT = METRICS / "report.html"
MODEL_CARD = Path("MODEL_CARD.md")
BASELINE = METRICS / "baseline/timing.json"


def data_source(name: str) -> Path:
    """The data set of this name: a folder, or an archive whose ending belongs to the name."""
    return DATA / name


def archive_kind(path: Path) -> str:
    """`.zip` or `.tar` for an archive, whatever the case of its ending, and '' for another file."""
    suffix = path.suffix.lower()
    return suffix if suffix in ARCHIVES else ""


def curation_list(source: Path) -> Path:
    """What people decided about the images of a data set; an archive's ending does not count."""
    name = source.stem if archive_kind(source) else source.name
    return CURATION / f"{name}.csv"


def extra_archive(name: str) -> Path:
    """The images of an extra data set that join the training split."""
    return EXTRA / f"{name}.zip"


def scenes(which: str) -> Path:
    """Screenshots with the boxes of their controls: to learn from, held out, or bare of them."""
    return FIND / f"data/{which}.zip"


def metrics_folder(stage: str) -> Path:
    """Where a stage's dvclive writes metrics.json and plots/."""
    return METRICS / stage


def predictions_table(stage: str) -> Path:
    """The predictions that evaluate or crossval left."""
    return metrics_folder(stage) / "plots/predictions.csv"


def cache_folder() -> Path:
    """Where states of interrupted stages and locks of the machine lie, outside every clone.

    Raises UserError for a user without a home, as a container's may be.
    """
    try:
        return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "checkstate"
    except RuntimeError as error:
        raise UserError("this user has no home: set HOME or XDG_CACHE_HOME") from error
