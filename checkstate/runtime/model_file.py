"""Which model file is used: the one named, the workspace's, or the released one."""

from __future__ import annotations

import os
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from checkstate.core.paths import SHIPPED

VARIABLE = "CHECKSTATE_MODEL"


@dataclass(frozen=True)
class ModelFile:
    """A model file and why it was chosen."""

    path: Path
    reason: str


def find_model(named: str | Path | None = None) -> ModelFile:
    """The file that is named, else CHECKSTATE_MODEL, else models/model.onnx here, else ours."""
    if named:
        return ModelFile(Path(named), "named")
    if variable := os.environ.get(VARIABLE):
        return ModelFile(Path(variable), VARIABLE)
    if SHIPPED.is_file():
        return ModelFile(SHIPPED, "made in this folder")
    released = Path(str(files("checkstate").joinpath("released/model.onnx")))
    return ModelFile(released, "released with the package")
