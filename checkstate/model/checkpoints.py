"""Trained models as self-describing safetensors files."""

from __future__ import annotations

import copy
import json
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import nn

from checkstate.core.errors import UserError
from checkstate.core.files import atomic_write
from checkstate.core.text import first_line
from checkstate.core.types import Color, Resize
from checkstate.model.networks import Classifier, build_backbone
from checkstate.model.structure import Structure, describe, guess_shape, reshape

METADATA = "metadata"
STRUCTURE = "structure"
"""Its key in the metadata; files written before it have none."""
OLD_METADATA = "card"
"""The key of files written before 0.2."""


@dataclass(frozen=True)
class Metadata:
    """What a model file says of itself."""

    def as_json(self) -> dict[str, str]:
        """Every field as JSON text, as an ONNX file keeps it."""
        return {key: json.dumps(value) for key, value in asdict(self).items()}


@dataclass(frozen=True)
class ModelMetadata(Metadata):
    """What a classifier's file says of itself; `mean` and `std` are of pixels in 0..1."""

    backbone: str
    classes: list[str]
    image_size: tuple[int, int]
    resize: Resize
    mean: Color
    std: Color
    temperature: float
    data_md5: str
    params: dict[str, object]


def save_half(path: str | Path, model: Classifier, metadata: ModelMetadata) -> None:
    """Write a model in half precision, half the size, for others to start from."""
    save_model(path, copy.deepcopy(model).half(), metadata)


def save_model(path: str | Path, model: Classifier, metadata: ModelMetadata) -> None:
    """Write weights, metadata and what pruning changed to a .safetensors file, atomically.

    Raises UserError when the network cannot be built again from its file.
    """
    with torch.random.fork_rng(devices=[]):  # a training that goes on draws what it would have
        structure = describe(model.backbone, fresh_backbone(metadata))
    tensors = {key: value.detach().cpu().contiguous() for key, value in model.state_dict().items()}
    said = json.dumps(asdict(metadata) | {STRUCTURE: structure})
    with atomic_write(path) as temporary:
        # one key: safetensors writes several in an order that changes from run to run
        save_file(tensors, temporary, {METADATA: said})


def load_model(path: str | Path) -> tuple[Classifier, ModelMetadata]:
    """Read what save_model wrote, of a pruned network too.

    Raises UserError when the file is missing, another file, or contradicts itself.
    """
    metadata, structure = read_file(path)
    model = Classifier(fresh_backbone(metadata), metadata.mean, metadata.std)
    try:
        tensors = load_file(path)
        shapes = {key.removeprefix("backbone."): value for key, value in tensors.items()}
        if structure is None:
            guess_shape(model.backbone, shapes)
        else:
            reshape(model.backbone, structure, shapes)
        model.load_state_dict(tensors, strict=True)
    except (AttributeError, KeyError, RuntimeError, TypeError, ValueError) as error:
        name = metadata.backbone
        raise UserError(f"{path}: its weights are of no {name} ({first_line(error)})") from error
    return model.eval(), metadata


def fresh_backbone(metadata: ModelMetadata) -> nn.Module:
    """The whole network that a file's was cut from."""
    return build_backbone(metadata.backbone, len(metadata.classes), metadata.image_size, "none")


def read_file(path: str | Path) -> tuple[ModelMetadata, Structure | None]:
    """What a model file says of itself; raises UserError when it is another file."""
    try:
        with safe_open(path, "pt") as file:
            found = file.metadata() or {}
        fields = json.loads(found.get(METADATA) or found[OLD_METADATA])
        structure = fields.pop(STRUCTURE, None)
        for key in ("image_size", "mean", "std"):
            fields[key] = tuple(fields[key])
        return ModelMetadata(**fields), structure
    except (AttributeError, OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
        raise UserError(f"{path}: not a trained model ({first_line(error)})") from error
