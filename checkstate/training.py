"""The training loop: short, seeded, deterministic, resumable after every epoch."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterator
from contextlib import nullcontext

import numpy as np
import torch
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax
from sklearn.metrics import log_loss, top_k_accuracy_score
from sklearn.utils.class_weight import compute_class_weight
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim.lr_scheduler import CosineAnnealingLR, LRScheduler, OneCycleLR
from tqdm import tqdm

from checkstate.datasets import Images, augment
from checkstate.errors import UserError
from checkstate.networks import (
    IMAGENET,
    Card,
    Classifier,
    build_backbone,
    load_model,
    predict_logits,
    replace_head,
)
from checkstate.params import Colour, Train
from checkstate.predictor import softmax
from checkstate.resume import Resume

Report = Callable[[dict[str, float]], None]
Loss = Callable[[Tensor, Tensor, Tensor], Tensor]
"""Logits [n, classes], class indices [n] and the images, float [n, h, w, 3], to a scalar."""


def prepare_torch(seed: int, threads: int) -> None:
    """Make the run repeatable on one machine."""
    torch.manual_seed(seed)
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(True, warn_only=True)


def pick_device(name: str) -> torch.device:
    """Resolve `auto` to the best device that is here."""
    if name != "auto":
        return torch.device(name)
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


def normalisation(train: Images, setting: str | tuple[Colour, Colour]) -> tuple[Colour, Colour]:
    """Mean and standard deviation of 0..1: ImageNet's, the training split's, or those given."""
    if isinstance(setting, tuple):
        return setting
    if setting == "imagenet":
        return IMAGENET
    flat = train.pixels.reshape(-1, 3)
    mean, std = flat.mean(0, dtype=np.float64) / 255, flat.std(0, dtype=np.float64) / 255
    r, g, b = (float(value) for value in mean)
    return (r, g, b), (float(std[0]), float(std[1]), float(std[2]))


def new_model(train: Images, params: Train) -> Classifier:
    """Build the network that training starts from: a model to go on from, or a new one."""
    mean, std = normalisation(train, params.normalisation)
    if not params.init_from:
        size = params.image_size
        return Classifier(
            build_backbone(params.backbone, len(train.classes), size, params.weights), mean, std
        )
    model, card = load_model(params.init_from)
    if card.backbone != params.backbone:
        raise UserError(
            f"train.init_from={params.init_from}: a {card.backbone}, not train.backbone="
            f"{params.backbone}; name another, or none with -S train.init_from="
        )
    if card.classes != train.classes:
        replace_head(model.backbone, len(train.classes))
    return Classifier(model.backbone, mean, std)


def new_card(
    model: Classifier, classes: list[str], recipe: Train, temperature: float, data: str, seed: int
) -> Card:
    """What the file of a trained model says of it; `data` is the md5 of what it learned from."""
    mean, std = (tuple((c.flatten() / 255).tolist()) for c in (model.mean, model.std))
    return Card(
        recipe.backbone,
        classes,
        recipe.image_size,
        recipe.resize,
        mean,
        std,
        temperature,
        data,
        recipe.model_dump(mode="json") | {"seed": seed},
    )


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
    return torch.optim.lr_scheduler.ConstantLR(optimizer, 1.0)


def batches(labels: np.ndarray, params: Train, generator: torch.Generator) -> Iterator[Tensor]:
    """Shuffled indices of an epoch; a last batch of one, which norms cannot take, is left out."""
    order = torch.randperm(len(labels), generator=generator)
    if params.oversample:
        weights = 1 / np.bincount(labels)[labels]
        order = torch.multinomial(
            torch.from_numpy(weights), len(labels), replacement=True, generator=generator
        )
    return (batch for batch in order.split(params.batch_size) if len(batch) > 1)


def classification_loss(labels: np.ndarray, params: Train, device: torch.device) -> Loss:
    """Cross-entropy with label smoothing and, when asked for, balanced class weights."""
    weight = None
    if params.class_weights:
        balanced = compute_class_weight("balanced", classes=np.unique(labels), y=labels)
        weight = torch.tensor(balanced, dtype=torch.float32, device=device)

    def loss(logits: Tensor, targets: Tensor, images: Tensor) -> Tensor:
        del images
        return F.cross_entropy(
            logits, targets, weight=weight, label_smoothing=params.label_smoothing
        )

    return loss


def train_one_epoch(
    model: Classifier,
    data: Images,
    params: Train,
    loss: Loss,
    optimizer: torch.optim.Optimizer,
    schedule: LRScheduler,
    generator: torch.Generator,
) -> float:
    """One pass over the data; returns the mean loss."""
    model.train()
    device = model.mean.device
    pixels, labels = torch.from_numpy(data.pixels), torch.from_numpy(data.labels)
    mixed = device.type == "cuda"
    total = 0.0
    for batch in tqdm(list(batches(data.labels, params, generator)), "train", leave=False):
        images = augment(pixels[batch], params.augment, generator).to(device)
        with torch.autocast("cuda", torch.bfloat16) if mixed else nullcontext():
            value = loss(model(images), labels[batch].to(device), images)
        optimizer.zero_grad(set_to_none=True)
        value.backward()
        optimizer.step()
        schedule.step()
        total += value.item() * len(batch)
    return total / len(labels)


def scores(logits: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """Loss, top1 and topk, k being the smaller of 3 and the classes."""
    classes = np.arange(logits.shape[1])
    return {
        "val_loss": float(log_loss(labels, softmax(logits), labels=classes)),
        "val_top1": float((logits.argmax(1) == labels).mean()),
        "val_topk": top_k(logits, labels),
    }


def top_k(logits: np.ndarray, labels: np.ndarray) -> float:
    """Share of images whose label is among the three likeliest; 1 with three classes or fewer."""
    if logits.shape[1] <= 3:
        return 1.0
    return float(top_k_accuracy_score(labels, logits, k=3, labels=np.arange(logits.shape[1])))


def is_better(rule: str, new: dict[str, float], best: dict[str, float]) -> bool:
    """Whether a checkpoint replaces the best one; `seed` wants both loss and top1 to hold."""
    if rule == "loss":
        return new["val_loss"] < best["val_loss"]
    if rule == "top1":
        return new["val_top1"] > best["val_top1"]
    return new["val_loss"] < best["val_loss"] and new["val_top1"] >= best["val_top1"]


def fit_model(
    model: Classifier,
    train: Images,
    val: Images,
    params: Train,
    seed: int,
    report: Report,
    loss: Loss | None = None,
    resume: tuple[Resume, str] | None = None,
) -> Classifier:
    """Train in place and return the model with the best checkpoint's weights, on the CPU.

    `report` gets the curves once an epoch. With `resume`, a state folder and a name in it, an
    interrupted call goes on after its last epoch and ends with the same bytes. Raises UserError
    when the answers are no longer numbers.
    """
    device = pick_device(params.device)
    model.to(device)
    model.to(memory_format=torch.channels_last)
    generator = torch.Generator().manual_seed(seed)
    loss = loss or classification_loss(train.labels, params, device)
    optimizer = new_optimizer(model, params)
    steps = len(list(batches(train.labels, params, torch.Generator())))
    schedule = new_schedule(optimizer, params, steps * params.epochs)
    best = {"val_loss": math.inf, "val_top1": -math.inf}
    kept, waited, history = copy.deepcopy(model.state_dict()), 0, list[dict[str, float]]()
    state = resume[0].load(resume[1]) if resume else None
    if state:
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        schedule.load_state_dict(state["schedule"])
        generator.set_state(state["generator"])
        torch.set_rng_state(state["rng"])
        best, kept, waited, history = (state[k] for k in ("best", "kept", "waited", "history"))
        for values in history:
            report(values)
    for epoch in tqdm(range(len(history), params.epochs), "epochs"):
        if waited >= params.patience:
            break
        rate = float(schedule.get_last_lr()[0])
        train_loss = train_one_epoch(model, train, params, loss, optimizer, schedule, generator)
        logits = predict_logits(model, val.pixels, params.batch_size)
        if not np.isfinite(logits).all():
            raise UserError(
                f"training diverged in epoch {epoch} at lr={params.lr}: lower this stage's lr"
            )
        new = scores(logits, val.labels)
        history.append({"epoch": epoch, "train_loss": train_loss, **new, "lr": rate})
        report(history[-1])
        waited += 1
        if is_better(params.best, new, best):
            best, kept, waited = new, copy.deepcopy(model.state_dict()), 0
        if resume:
            folder, name = resume
            folder.save(
                name,
                {
                    "model": model.state_dict(),
                    "optimizer": optimizer.state_dict(),
                    "schedule": schedule.state_dict(),
                    "generator": generator.get_state(),
                    "rng": torch.get_rng_state(),
                    **{"best": best, "kept": kept, "waited": waited, "history": history},
                },
            )
    model.load_state_dict(kept)
    return model.cpu().eval()


def fit_temperature(logits: np.ndarray, labels: np.ndarray) -> float:
    """The temperature that minimises validation loss (Guo et al. 2017, section 4.2).

    One image that is evenly of every class joins the n there are, after Platt 1999, section
    2.2, who adds one of each class. Without it, validation without a mistake asks for
    probabilities of 1, and few images rarely hold one.
    """
    n, classes = logits.shape
    targets = (np.eye(classes)[labels] * n + 1 / classes) / (n + 1)

    def loss_at(log_temperature: float) -> float:
        return float(-(targets * log_softmax(logits / np.exp(log_temperature), axis=1)).sum())

    found = minimize_scalar(loss_at, bounds=(math.log(0.25), math.log(4)), method="bounded")
    return float(np.exp(found.x))
