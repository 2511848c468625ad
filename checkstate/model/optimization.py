"""What a recipe names: device, optimizer, schedule, loss and the order of images."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import torch
from sklearn.utils.class_weight import compute_class_weight
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim.lr_scheduler import ConstantLR, CosineAnnealingLR, LRScheduler, OneCycleLR

from checkstate.core.errors import UserError
from checkstate.core.params import Train
from checkstate.core.types import Indices
from checkstate.data.datasets import Images

Loss = Callable[[Tensor, Tensor, Tensor], Tensor]
"""Logits [n, classes], class indices [n] and the images, float [n, h, w, 3], to a scalar."""


def prepare_torch(seed: int, threads: int) -> None:
    """Make the run repeatable on one machine."""
    torch.manual_seed(seed)
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(True, warn_only=True)
    # else every new tensor is filled with NaN first, which took a fifth of a step; nothing here
    # reads what it has not written, or the bytes would differ from run to run
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]


def pick_device(name: str) -> torch.device:
    """Resolve `auto` to the best device that is here; raises UserError when one named is not."""
    missing = (name == "cuda" and not torch.cuda.is_available()) or (
        name == "mps" and not torch.backends.mps.is_available()
    )
    if missing:
        raise UserError(f"train.device={name}: not on this machine; use auto or cpu")
    if name != "auto":
        return torch.device(name)
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


def new_optimizer(model: nn.Module, params: Train) -> torch.optim.Optimizer:
    """The optimizer by name; biases and norms are not decayed."""
    trained = [p for p in model.parameters() if p.requires_grad]
    groups = [
        {"params": [p for p in trained if p.ndim > 1], "weight_decay": params.weight_decay},
        {"params": [p for p in trained if p.ndim <= 1], "weight_decay": 0.0},
    ]
    if params.optimizer == "sgd":
        return torch.optim.SGD(groups, params.lr, params.momentum)
    if params.optimizer == "adam":
        return torch.optim.Adam(groups, params.lr)
    return torch.optim.AdamW(groups, params.lr)


def new_schedule(optimizer: torch.optim.Optimizer, params: Train, steps: int) -> LRScheduler:
    """The learning rate's schedule over all steps."""
    if params.schedule == "onecycle":
        # by default it would replace the momentum of the params by a cycle of its own
        return OneCycleLR(optimizer, params.lr, total_steps=steps, cycle_momentum=False)
    if params.schedule == "cosine":
        return CosineAnnealingLR(optimizer, steps)
    return ConstantLR(optimizer, 1.0)


def batches(labels: Indices, params: Train, generator: torch.Generator) -> Iterator[Tensor]:
    """Shuffled indices of an epoch.

    A last batch that gives a worker one image, which norms cannot take, is left out.
    """
    order = torch.randperm(len(labels), generator=generator)
    if params.oversample:
        weights = 1 / np.bincount(labels)[labels]
        order = torch.multinomial(
            torch.from_numpy(weights), len(labels), replacement=True, generator=generator
        )
    return (batch for batch in order.split(params.batch_size) if len(batch) >= 2 * params.workers)


def classification_loss(data: Images, params: Train, device: torch.device) -> Loss:
    """Cross-entropy with label smoothing and, when asked for, balanced class weights."""
    weight = None
    if params.class_weights:
        present = np.unique(data.labels)  # a small part of the images may lack a class
        weight = torch.zeros(len(data.classes), device=device)
        weight[present] = torch.tensor(
            compute_class_weight("balanced", classes=present, y=data.labels),
            dtype=torch.float32,
            device=device,
        )

    def loss(logits: Tensor, targets: Tensor, images: Tensor) -> Tensor:
        del images
        smoothing = params.label_smoothing
        if weight is None:
            return F.cross_entropy(logits, targets, label_smoothing=smoothing)
        # by images, not by the sum of their weights: workers' shares of a batch have other sums
        total = F.cross_entropy(logits, targets, weight, label_smoothing=smoothing, reduction="sum")
        return total / len(targets)

    return loss
