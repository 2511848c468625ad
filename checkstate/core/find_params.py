"""find/params.yaml as one typed model: the knobs of the detector."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from checkstate.core import paths
from checkstate.core.param_files import Count, Fraction, Section, read_params


class SceneCounts(Section):
    """How many screenshots of each kind a set has."""

    pages: Annotated[int, Field(ge=0)]
    desktops: Annotated[int, Field(ge=0)]


class Scenes(Section):
    """What is rendered."""

    seed: Annotated[int, Field(ge=0)]
    train: SceneCounts
    held_out: Annotated[SceneCounts, Field(alias="held-out")]
    bare: Count


class FindTrain(Section):
    """The recipe."""

    init_from: str
    side: Annotated[int, Field(ge=64, le=1024, multiple_of=16)]
    octaves: tuple[Annotated[float, Field(ge=-3)], Annotated[float, Field(le=3)]]
    screenshots: Count
    tiles: Count
    epochs: Count
    lr: Annotated[float, Field(gt=0)]
    weight_decay: Annotated[float, Field(ge=0)]
    device: Literal["auto", "cpu", "cuda", "mps"]
    threads: Count


class FindExport(Section):
    """What the file holds beside the network."""

    threshold: Fraction
    overlap: Fraction
    kind_temperature: Annotated[float, Field(gt=0)]
    max_controls: Count


class FindBenchmark(Section):
    """How often a screenshot is timed."""

    rounds: Count


class FindParams(Section):
    """The whole of find/params.yaml."""

    seed: Annotated[int, Field(ge=0, lt=2**32)]
    scenes: Scenes
    train: FindTrain
    export: FindExport
    benchmark: FindBenchmark


def load_find_params() -> FindParams:
    """Read and check find/params.yaml; raises UserError that names the key and what it takes."""
    return read_params(FindParams, paths.FIND_PARAMS)
