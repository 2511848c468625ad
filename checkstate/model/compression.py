"""Prune a network's blocks and channels, and teach what is left by the network it came from."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping

import numpy as np
import torch
import torch_pruning as tp
from torch import Tensor, nn
from torch.nn import functional as F

from checkstate.core.errors import UserError
from checkstate.model.checkpoints import ModelMetadata
from checkstate.model.export import as_predictor
from checkstate.model.networks import Classifier


def drop_blocks(model: Classifier, names: Iterable[str]) -> Classifier:
    """Leave the shortcut of every residual block named: a network of fewer layers.

    Raises UserError for a name that the backbone has not.
    """
    shallow = copy.deepcopy(model)
    for name in names:
        submodule(shallow.backbone, name, "dropped")
        shallow.backbone.set_submodule(name, nn.Identity())
    return shallow


def submodule(network: nn.Module, name: str, key: str) -> nn.Module:
    """The module of this name; `key` of pretrain.student holds it."""
    module: nn.Module | None = dict(network.named_modules()).get(name)
    if module is None or module is network:
        raise UserError(f"pretrain.student.{key}: the network has no {name!r}")
    return module


def prune(
    model: Classifier,
    ratio: float,
    size: tuple[int, int],
    ratios: Mapping[str, float] | None = None,
) -> Classifier:
    """Remove `ratio` of the channels of every group, in multiples of 16, by their L2 norm.

    Structured pruning along the dependency graph (Fang et al. 2023, Torch-Pruning). Sixteen, as a
    depthwise convolution of 536 channels takes ONNX Runtime's int8 twice as long as one of 528.
    Modules named in `ratios` have a ratio of their own; the head keeps its outputs. Raises
    UserError for a name in `ratios` that the backbone has not.
    """
    pruned = copy.deepcopy(model).eval()
    if not ratio:
        return pruned
    ratio_of = {submodule(pruned.backbone, n, "ratios"): r for n, r in (ratios or {}).items()}
    head = [module for module in pruned.backbone.modules() if isinstance(module, nn.Linear)][-1]
    pruner = tp.pruner.MagnitudePruner(
        pruned.backbone,
        torch.zeros(1, 3, *size),
        importance=tp.importance.GroupMagnitudeImportance(p=2),
        pruning_ratio=ratio,
        pruning_ratio_dict=ratio_of,
        round_to=16,
        ignored_layers=[head],
    )
    pruner.step()
    for parameter in pruned.parameters():
        parameter.grad = None
    return pruned


def multiply_accumulates(model: Classifier, size: tuple[int, int]) -> tuple[int, list[int]]:
    """Multiply-accumulates for one image: of the backbone, and of its convolutions one by one."""
    image = torch.zeros(1, 3, *size)
    macs, _, by_layer, _ = tp.utils.count_ops_and_params(model.backbone, image, layer_wise=True)
    convolutions = [int(n) for layer, n in by_layer.items() if isinstance(layer, nn.Conv2d)]
    return int(macs), convolutions


class DistillationLoss:
    """Half labels, half the teacher's softened predictions (Hinton et al. 2015) of the same images.

    Labels count as they are: the teacher has learned them with their weights and smoothing.

    The teacher runs in ONNX Runtime, on a CPU four times as fast as torch.
    """

    def __init__(
        self, teacher: Classifier, metadata: ModelMetadata, threads: int, temperature: float
    ) -> None:
        self.made_of = (teacher, metadata, threads, temperature)
        self.teacher = as_predictor(teacher, metadata, threads)
        self.temperature = temperature

    def __reduce__(self) -> tuple[type, tuple[object, ...]]:
        """Another worker makes its own: no session of ONNX Runtime leaves its process."""
        return DistillationLoss, self.made_of

    def __call__(self, logits: Tensor, targets: Tensor, images: Tensor) -> Tensor:
        """The loss, a scalar, as `Loss` says."""
        temperature = self.temperature
        taught = self.teacher.logits(images.round().cpu().numpy().astype(np.uint8))
        wanted = F.softmax(torch.from_numpy(taught).to(logits.device) / temperature, 1)
        given = F.log_softmax(logits / temperature, 1)
        soft = F.kl_div(given, wanted, reduction="batchmean") * temperature**2
        return 0.5 * F.cross_entropy(logits, targets) + 0.5 * soft
