"""params.yaml as one typed model: a wrong key or value is one line that names it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)
from pydantic_core import ErrorDetails

from checkstate.errors import UserError
from checkstate.images import Resize


class Section(BaseModel):
    """A part of params.yaml in which an unknown key is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def as_size(value: object) -> object:
    """One side stands for a square."""
    return (value, value) if isinstance(value, int | str) else value


Name = Annotated[str, Field(pattern=r"^[\w.-]+$")]
Fraction = Annotated[float, Field(gt=0, lt=1)]
Share = Annotated[float, Field(ge=0, le=1)]
Octaves = Annotated[float, Field(ge=0, le=2)]
Side = Annotated[int, Field(ge=16, le=2048)]
Colour = tuple[float, float, float]
Size = Annotated[tuple[Side, Side], BeforeValidator(as_size)]


class Data(Section):
    """Which data set flows."""

    name: Name


class Curate(Section):
    """What is dropped, and what counts as a near-duplicate."""

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
    colour: Share
    fade: Share


class Tuning(Section):
    """Where learning from renderings differs from train."""

    epochs: Annotated[int, Field(ge=1)]
    batch_size: Annotated[int, Field(ge=2)]
    lr: Annotated[float, Field(gt=0)]


class Train(Section):
    """The recipe."""

    backbone: str
    weights: str
    init_from: str
    extra: list[Name]
    image_size: Size
    resize: Resize
    normalisation: Literal["imagenet", "dataset"] | tuple[Colour, Colour]
    augment: Augment
    epochs: Annotated[int, Field(ge=1)]
    patience: Annotated[int, Field(ge=1)]
    best: Literal["loss", "top1", "seed"]
    batch_size: Annotated[int, Field(ge=2)]
    optimizer: Literal["sgd", "adam", "adamw"]
    lr: Annotated[float, Field(gt=0)]
    momentum: Annotated[float, Field(ge=0, lt=1)]
    weight_decay: Annotated[float, Field(ge=0)]
    schedule: Literal["onecycle", "cosine", "constant"]
    label_smoothing: Annotated[float, Field(ge=0, lt=1)]
    class_weights: bool
    oversample: bool
    device: Literal["auto", "cpu", "cuda", "mps"]
    threads: Annotated[int, Field(ge=1)]

    def tuned(self, tuning: Tuning) -> Train:
        """The recipe for renderings: its own pace, from `weights`, all epochs, nothing extra."""
        pace = {key: getattr(tuning, key) for key in ("epochs", "batch_size", "lr")}
        always = {"patience": tuning.epochs, "init_from": "", "extra": []}
        return self.model_copy(update=pace | always)


class Student(Tuning):
    """The network that learns the pretrained one's answers, and what is pruned before it does."""

    dropped: list[str]
    ratio: Fraction
    ratios: dict[str, Annotated[float, Field(ge=0, lt=1)]]
    distillation_temperature: Annotated[float, Field(gt=0)]


class Pretrain(Section):
    """The network that learns from renderings, and a narrow one that learns from it."""

    teacher: Tuning
    student: Student


class Unseen(Section):
    """Leaving libraries out of the renderings."""

    groups: Annotated[int, Field(ge=2)]
    share: Fraction
    tuning: Tuning


class Evaluate(Section):
    """How the test set is read."""

    batch_size: Annotated[int, Field(ge=1)]
    worst: Annotated[int, Field(ge=1)]


class QuantizePrune(Section):
    """The candidates, and what may ship."""

    ratios: Annotated[list[Annotated[float, Field(ge=0, lt=1)]], Field(min_length=1)]
    precisions: Annotated[list[Literal["fp32", "int8"]], Field(min_length=1)]
    epochs: Annotated[int, Field(ge=1)]
    lr: Annotated[float, Field(gt=0)]
    distillation_temperature: Annotated[float, Field(gt=0)]
    calibration_images: Annotated[int, Field(ge=1)]
    reduce_range: Literal["auto"] | bool
    max_accuracy_drop: Share
    max_logit_difference: Annotated[float, Field(gt=0)]
    size_weight: Annotated[float, Field(ge=0)]
    speed_weight: Annotated[float, Field(ge=0)]


class Crossval(Section):
    """Cross-validation, a pipeline of its own."""

    folds: Annotated[int, Field(ge=2)]


class Benchmark(Section):
    """What is timed, and how often."""

    rounds: Annotated[int, Field(ge=1)]
    batches: Annotated[list[Annotated[int, Field(ge=1)]], Field(min_length=1)]
    seed_batches: Annotated[list[Annotated[int, Field(ge=1)]], Field(min_length=1)]
    seed_image_size: Side

    @model_validator(mode="after")
    def check_batches(self) -> Benchmark:
        """Every ratio is of batch 1, so both the seed and the rest must be timed there."""
        if not {1} <= set(self.seed_batches) <= set(self.batches):
            raise ValueError("seed_batches must hold 1, and otherwise some of batches")
        return self


class Params(Section):
    """The whole of params.yaml."""

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
    unseen: Unseen


def load_params(path: str | Path = "params.yaml") -> Params:
    """Read and check params.yaml; raises UserError that names the key and what it takes."""
    try:
        params = Params.model_validate(yaml.safe_load(Path(path).read_text(encoding="utf-8")))
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}") from error
    except yaml.YAMLError as error:
        raise UserError(f"{path}: not YAML: {' '.join(str(error).split())}") from error
    except ValidationError as error:
        raise UserError("; ".join(f"{path}: {explain(e)}" for e in error.errors())) from error
    if params.split.val + params.split.test >= 1:
        raise UserError(f"{path}: split.val + split.test leaves nothing to train on")
    return params


def explain(error: ErrorDetails) -> str:
    """One line for one of pydantic's errors: key, what it takes, what it got."""
    key = ".".join(str(part) for part in error["loc"]) or "params"
    if error["type"] == "extra_forbidden":
        return f"{key}: unknown key"
    return f"{key}: {error['msg'].lower()} (got {error['input']!r})"
