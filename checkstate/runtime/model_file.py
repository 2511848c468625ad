"""Which model files are used: the ones named, the workspace's, or the released ones."""

from __future__ import annotations

import os
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from checkstate.core.paths import FINDER, SHIPPED

VARIABLE = "CHECKSTATE_MODEL"
FINDER_VARIABLE = "CHECKSTATE_FINDER"


@dataclass(frozen=True)
class ModelFile:
    """A model file and why it was chosen."""

    path: Path
    reason: str


def find_model(named: str | Path | None = None) -> ModelFile:
    """The classifier: named, else CHECKSTATE_MODEL, else models/model.onnx here, else ours."""
    return choose(named, VARIABLE, SHIPPED)


def find_finder(named: str | Path | None = None) -> ModelFile:
    """The detector: named, else CHECKSTATE_FINDER, else find/models/finder.onnx here, else ours."""
    return choose(named, FINDER_VARIABLE, FINDER)


def choose(named: str | Path | None, variable: str, made: Path) -> ModelFile:
    """What is named, else what a variable of the environment says, else what stages made."""
    if named:
        return ModelFile(Path(named), "named")
    if found := os.environ.get(variable):
        return ModelFile(Path(found), variable)
    if made.is_file():
        return ModelFile(made, "made in this folder")
    released = Path(str(files("checkstate") / "released" / made.name))
    return ModelFile(released, "released with the package")
