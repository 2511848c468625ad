"""Trained models as self-describing safetensors files."""

from __future__ import annotations

import copy
import json
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from checkstate.core.errors import UserError
from checkstate.core.files import atomic_write
from checkstate.core.text import first_line
from checkstate.core.types import Color, Resize
from checkstate.model.networks import Classifier, build_backbone

METADATA = "metadata"
OLD_METADATA = "card"
"""The key of files written before 0.2."""


@dataclass(frozen=True)
class ModelMetadata:
    """What a model file says of itself; `mean` and `std` are of pixels in 0..1."""

    backbone: str
    classes: list[str]
    image_size: tuple[int, int]
    resize: Resize
    mean: Color
    std: Color
    temperature: float
    data_md5: str
    params: dict[str, object]

    def as_json(self) -> dict[str, str]:
        """Every field as JSON text, as an ONNX file keeps it."""
        return {key: json.dumps(value) for key, value in asdict(self).items()}


def take_shape(network: nn.Module, tensors: dict[str, Tensor]) -> None:
    """Cut a network down to the blocks and widths of a pruned one, whose tensors these are."""
    kept = {""} | {key[:end] for key in tensors for end, dot in enumerate(key) if dot == "."}
    for name, module in list(network.named_modules()):
        if list(module.parameters()) and name not in kept and name.rpartition(".")[0] in kept:
            network.set_submodule(name, nn.Identity())
    for name, module in network.named_modules():
        own = chain(module.named_parameters(recurse=False), module.named_buffers(recurse=False))
        for key, old in list(own):
            new = torch.empty_like(tensors[f"{name}.{key}"], dtype=old.dtype)
            if new.shape != old.shape:
                setattr(module, key, nn.Parameter(new) if isinstance(old, nn.Parameter) else new)
        if isinstance(module, nn.Conv2d):
            if module.groups > 1:  # depthwise
                module.groups = module.weight.shape[0]
            module.out_channels = module.weight.shape[0]
            module.in_channels = module.weight.shape[1] * module.groups
        elif isinstance(module, nn.modules.batchnorm._BatchNorm):
            module.num_features = len(module.weight)
        elif isinstance(module, nn.Linear):
            module.out_features, module.in_features = module.weight.shape


def save_half(path: str | Path, model: Classifier, metadata: ModelMetadata) -> None:
    """Write a model in half precision, half the size, for others to start from."""
    save_model(path, copy.deepcopy(model).half(), metadata)


def save_model(path: str | Path, model: Classifier, metadata: ModelMetadata) -> None:
    """Write weights and metadata to a .safetensors file, atomically."""
    tensors = {key: value.detach().cpu().contiguous() for key, value in model.state_dict().items()}
    with atomic_write(path) as temporary:
        # one key: safetensors writes several in an order that changes from run to run
        save_file(tensors, temporary, {METADATA: json.dumps(asdict(metadata))})


def load_model(path: str | Path) -> tuple[Classifier, ModelMetadata]:
    """Read what save_model wrote, of a pruned network too.

    Raises UserError when the file is missing or another file.
    """
    metadata = read_metadata(path)
    classes = len(metadata.classes)
    backbone = build_backbone(metadata.backbone, classes, metadata.image_size, "none")
    model = Classifier(backbone, metadata.mean, metadata.std)
    tensors = load_file(path)
    take_shape(model.backbone, {k.removeprefix("backbone."): v for k, v in tensors.items()})
    model.load_state_dict(tensors, strict=True)
    return model.eval(), metadata


def read_metadata(path: str | Path) -> ModelMetadata:
    """What a model file says of itself; raises UserError when it is another file."""
    try:
        with safe_open(path, "pt") as file:
            found = file.metadata() or {}
        fields = json.loads(found.get(METADATA) or found[OLD_METADATA])
        for key in ("image_size", "mean", "std"):
            fields[key] = tuple(fields[key])
        return ModelMetadata(**fields)
    except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
        raise UserError(f"{path}: not a trained model ({first_line(error)})") from error
