"""Trained models as self-describing safetensors files."""

from __future__ import annotations

import copy
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import torch
from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import nn

from checkstate.core import bounds
from checkstate.core.bounds import check_size
from checkstate.core.errors import UserError, is_out_of_memory
from checkstate.core.files import atomic_write
from checkstate.core.param_files import explain
from checkstate.core.text import first_line
from checkstate.core.types import Color, Resize
from checkstate.model.networks import Classifier, build_backbone
from checkstate.model.structure import Structure, describe, guess_shape, reshape

METADATA = "metadata"
STRUCTURE = "structure"
"""Its key in the metadata; files written before it have none."""
OLD_METADATA = "card"
"""The key of files written before 0.2."""

DAMAGE = AttributeError, KeyError, OSError, RecursionError, SafetensorError, TypeError, ValueError
"""What reading metadata raises where a file has none, or other JSON than ours."""

Name = Annotated[str, Field(pattern=r"^[\w.]+$")]
"""Of a network in timm or torchvision; with a colon, timm would fetch one from a hub."""
Side = Annotated[int, Field(ge=1, le=4096)]


@dataclass(frozen=True)
class Metadata:
    """What a model file says of itself."""

    def as_json(self) -> dict[str, str]:
        """Every field as JSON text, as an ONNX file keeps it."""
        return {key: json.dumps(value) for key, value in asdict(self).items()}


@dataclass(frozen=True)
class ModelMetadata(Metadata):
    """What a classifier's file says of itself; `mean` and `std` are of pixels in 0..1."""

    __pydantic_config__ = ConfigDict(extra="forbid", allow_inf_nan=False)

    backbone: Name
    classes: Annotated[list[str], Field(min_length=2, max_length=10_000)]
    image_size: tuple[Side, Side]
    resize: Resize
    mean: Color
    std: Color
    temperature: Annotated[float, Field(gt=0)]
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
    try:
        model = Classifier(fresh_backbone(metadata), metadata.mean, metadata.std)
        tensors = load_file(path)
        shapes = {key.removeprefix("backbone."): value for key, value in tensors.items()}
        if structure is None:
            guess_shape(model.backbone, shapes)
        else:
            reshape(model.backbone, structure, shapes)
        model.load_state_dict(tensors, strict=True)
    except Exception as error:  # networks fail in ways of their own
        if is_out_of_memory(error):
            raise
        name = metadata.backbone
        raise UserError(f"{path}: its weights are of no {name} ({first_line(error)})") from error
    return model.eval(), metadata


def fresh_backbone(metadata: ModelMetadata) -> nn.Module:
    """The whole network that a file's was cut from."""
    return build_backbone(metadata.backbone, len(metadata.classes), metadata.image_size, "none")


def read_file(path: str | Path) -> tuple[ModelMetadata, Structure | None]:
    """What a model file says of itself; raises UserError when it is another file."""
    try:
        check_size(path, bounds.MODEL)
        with safe_open(path, "pt") as file:
            found = file.metadata() or {}
        fields = json.loads(found.get(METADATA) or found[OLD_METADATA])
        structure = fields.pop(STRUCTURE, None)
        return TypeAdapter(ModelMetadata).validate_python(fields), structure
    except ValidationError as error:
        raise UserError(f"{path}: its metadata: {explain(error.errors()[0], {})}") from error
    except DAMAGE as error:
        raise UserError(f"{path}: not a trained model ({first_line(error)})") from error
