"""params.yaml as one typed model."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from checkstate.core import paths
from checkstate.core.errors import UserError
from checkstate.core.param_files import Fraction, Section, read_params
from checkstate.core.types import Color, Resize


def as_size(value: object) -> object:
    """One side stands for a square."""
    return (value, value) if isinstance(value, int | str) else value


def as_name(value: object) -> object:
    """YAML takes a name of digits for a number; of on, off, yes and no it tells nobody which."""
    if isinstance(value, bool):
        raise ValueError("write it in quotes, or YAML takes it for true or false")
    return str(value) if isinstance(value, int) else value


def check_name(name: str) -> str:
    """A name of a data set; the files that stages write are called by it."""
    if not re.fullmatch(r"[\w-]([\w .-]*[\w.-])?", name):
        raise ValueError("use letters, digits, spaces, '.', '_' and '-', the first no '.' or ' '")
    return name


def check_word(name: str) -> str:
    """A name that stands in a stage's command."""
    if " " in name:
        raise ValueError("rename the data set without spaces")
    return name


Name = Annotated[str, BeforeValidator(as_name), AfterValidator(check_name)]
Word = Annotated[Name, AfterValidator(check_word)]
Positive = Annotated[float, Field(gt=0)]
Share = Annotated[float, Field(ge=0, le=1)]
Octaves = Annotated[float, Field(ge=0, le=2)]
Side = Annotated[int, Field(ge=16, le=2048)]
Size = Annotated[tuple[Side, Side], BeforeValidator(as_size)]


class Data(Section):
    """Which data set flows."""

    name: Name


class Curate(Section):
    """What is read and dropped, and what counts as a near-duplicate."""

    classes: list[Annotated[str, Field(min_length=1, pattern=r"^[^/]+$"), BeforeValidator(as_name)]]
    max_file_mb: Positive
    max_total_gb: Positive
    exclude_ambiguous: bool
    near_duplicate_distance: Annotated[int, Field(ge=0, le=64)]


class Split(Section):
    """Shares of the images; the rest is for training."""

    val: Fraction
    test: Fraction


class Augment(Section):
    """Strength of every augmentation; 0 turns one off."""

    shift: Share
    shrink: Octaves
    enlarge: Octaves
    invert: Share
    color: Share
    fade: Share
    surround: Share


class Pace(Section):
    """Where learning from renderings differs from train."""

    epochs: Annotated[int, Field(ge=1)]
    batch_size: Annotated[int, Field(ge=2)]
    lr: Positive


class Train(Section):
    """The recipe."""

    backbone: str
    weights: str
    init_from: str
    keep: Share = 0.0
    extra: list[Word]
    image_size: Size
    resize: Resize
    normalization: (
        Literal["imagenet", "dataset"] | tuple[Color, tuple[Positive, Positive, Positive]]
    )
    augment: Augment
    epochs: Annotated[int, Field(ge=1)]
    patience: Annotated[int, Field(ge=1)]
    checkpoint_by: Literal["loss", "top1", "loss_and_top1"]
    batch_size: Annotated[int, Field(ge=2)]
    optimizer: Literal["sgd", "adam", "adamw"]
    lr: Positive
    momentum: Annotated[float, Field(ge=0, lt=1)]
    weight_decay: Annotated[float, Field(ge=0)]
    schedule: Literal["onecycle", "cosine", "constant"]
    label_smoothing: Annotated[float, Field(ge=0, lt=1)]
    class_weights: bool
    oversample: bool
    device: Literal["auto", "cpu", "cuda", "mps"]
    threads: Annotated[int, Field(ge=1)]
    workers: Annotated[int, Field(ge=1)] = 1

    @model_validator(mode="after")
    def check_workers(self) -> Train:
        """Norms take no batch of one image."""
        if self.batch_size < 2 * self.workers:
            raise ValueError(
                f"batch_size {self.batch_size} gives {self.workers} workers less than two images "
                "each: raise it, or lower workers"
            )
        return self

    def at(self, pace: Pace) -> Train:
        """The recipe for renderings: at its own pace, from `weights`, all epochs, nothing extra."""
        return self.override(
            epochs=pace.epochs,
            batch_size=pace.batch_size,
            lr=pace.lr,
            patience=pace.epochs,
            init_from="",
            keep=0.0,
            extra=[],
        )


class Student(Pace):
    """The network that learns the pretrained one's answers, and what is pruned before it does."""

    dropped: list[str]
    ratio: Fraction
    ratios: dict[str, Annotated[float, Field(ge=0, lt=1)]]
    distillation_temperature: Positive


class Finetune(Pace):
    """The student's further training over more sets and in surroundings."""

    init_from: Annotated[str, Field(min_length=1)]


class Pretrain(Section):
    """The network that learns from renderings, a narrow one that learns from it, and goes on."""

    teacher: Pace
    student: Student
    finetune: Finetune


class LeaveLibrariesOut(Section):
    """Leaving libraries out of the renderings."""

    groups: Annotated[int, Field(ge=2)]
    share: Fraction
    pace: Pace


class Evaluate(Section):
    """How the test set is read."""

    batch_size: Annotated[int, Field(ge=1)]
    worst: Annotated[int, Field(ge=1)]
    robustness: bool


class QuantizePrune(Section):
    """The candidates, and what may ship."""

    ratios: Annotated[list[Annotated[float, Field(ge=0, lt=1)]], Field(min_length=1)]
    precisions: Annotated[list[Literal["fp32", "int8"]], Field(min_length=1)]
    epochs: Annotated[int, Field(ge=1)]
    lr: Positive
    distillation_temperature: Positive
    calibration_images: Annotated[int, Field(ge=1)]
    reduce_range: Literal["auto"] | bool
    max_accuracy_drop: Share
    max_logit_difference: Positive
    size_weight: Annotated[float, Field(ge=0)]
    speed_weight: Annotated[float, Field(ge=0)]


class Crossval(Section):
    """Cross-validation, a pipeline of its own."""

    folds: Annotated[int, Field(ge=2)]


class Benchmark(Section):
    """What is timed, and how often."""

    rounds: Annotated[int, Field(ge=1)]
    batches: Annotated[list[Annotated[int, Field(ge=1)]], Field(min_length=1)]
    baseline_batches: Annotated[list[Annotated[int, Field(ge=1)]], Field(min_length=1)]
    baseline_image_size: Side

    @model_validator(mode="after")
    def check_batches(self) -> Benchmark:
        """Every ratio is of batch 1, so both the baseline and the rest must be timed there."""
        if not {1} <= set(self.baseline_batches) <= set(self.batches):
            raise ValueError("baseline_batches must hold 1, and otherwise some of batches")
        return self


RENAMED = {
    "train.best": "train.checkpoint_by",
    "train.normalisation": "train.normalization",
    "train.augment.colour": "train.augment.color",
    "benchmark.seed_batches": "benchmark.baseline_batches",
    "benchmark.seed_image_size": "benchmark.baseline_image_size",
    "unseen": "leave_libraries_out",
    "leave_libraries_out.tuning": "leave_libraries_out.pace",
}
"""Keys of before 0.2, and what they are now."""


class Params(Section):
    """The whole of params.yaml."""

    renamed = RENAMED

    seed: Annotated[int, Field(ge=0, lt=2**32)]
    data: Data
    curate: Curate
    split: Split
    train: Train
    evaluate: Evaluate
    quantize_prune: QuantizePrune
    benchmark: Benchmark
    crossval: Crossval
    pretrain: Pretrain
    leave_libraries_out: LeaveLibrariesOut


def load_params(path: str | Path = paths.PARAMS) -> Params:
    """Read and check params.yaml; raises UserError that names the key and what it takes."""
    params = read_params(Params, path)
    if params.split.val + params.split.test >= 1:
        raise UserError(f"{path}: split.val + split.test leaves nothing to train on")
    return params
