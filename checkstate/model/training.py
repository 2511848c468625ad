"""The training loop: short, seeded, deterministic, resumable after every epoch."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field

import numpy as np
import torch
from torch.optim.lr_scheduler import LRScheduler
from tqdm import tqdm

from checkstate.core.errors import UserError
from checkstate.core.params import Train
from checkstate.data.augmentation import augment
from checkstate.data.datasets import Images, redraw
from checkstate.evaluation.scores import Scores, is_better, validation_scores
from checkstate.model.networks import Classifier, predict_logits
from checkstate.model.optimization import (
    Loss,
    batches,
    classification_loss,
    new_optimizer,
    new_schedule,
    pick_device,
)
from checkstate.model.resume import Resume, State

Report = Callable[[Scores], None]


@dataclass
class Progress:
    """Where a training stands: everything that the next epoch depends on."""

    model: Classifier
    optimizer: torch.optim.Optimizer
    schedule: LRScheduler
    generator: torch.Generator
    best: Scores = field(default_factory=lambda: {"val_loss": math.inf, "val_top1": -math.inf})
    best_weights: State = field(default_factory=dict)
    waited: int = 0
    """Epochs since the best checkpoint."""
    history: list[Scores] = field(default_factory=list)

    def state(self) -> State:
        """What `restore` takes."""
        return {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "schedule": self.schedule.state_dict(),
            "generator": self.generator.get_state(),
            "rng": torch.get_rng_state(),
            "best": self.best,
            "best_weights": self.best_weights,
            "waited": self.waited,
            "history": self.history,
        }

    def restore(self, state: State) -> None:
        """Go on where `state` was taken."""
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.schedule.load_state_dict(state["schedule"])
        self.generator.set_state(state["generator"])
        torch.set_rng_state(state["rng"])
        self.best, self.best_weights = state["best"], state["best_weights"]
        self.waited, self.history = state["waited"], state["history"]

    def add(self, scores: Scores, rule: str) -> None:
        """Note an epoch's scores, and keep its weights when they are the best so far."""
        self.history.append(scores)
        self.waited += 1
        if is_better(rule, scores, self.best):
            self.best, self.waited = scores, 0
            self.best_weights = copy.deepcopy(self.model.state_dict())


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
    when the logits are no longer numbers.
    """
    device = pick_device(params.device)
    model.to(device)
    model.to(memory_format=torch.channels_last)
    loss = loss or classification_loss(train.labels, params, device)
    progress = begin(model, train, params, seed)
    if resume and (state := resume[0].load(resume[1], progress.state())):
        progress.restore(state)
    for scores in progress.history:
        report(scores)
    for epoch in tqdm(range(len(progress.history), params.epochs), "epochs"):
        if progress.waited >= params.patience:
            break
        rate = float(progress.schedule.get_last_lr()[0])
        train_loss = train_one_epoch(
            progress, in_surroundings(progress, train, params), params, loss
        )
        logits = predict_logits(model, val.pixels, params.batch_size)
        if not np.isfinite(logits).all():
            raise UserError(
                f"training diverged in epoch {epoch} at lr={params.lr}: lower this stage's lr"
            )
        scores = validation_scores(logits, val.labels)
        progress.add(
            {"epoch": epoch, "train_loss": train_loss, **scores, "lr": rate}, params.checkpoint_by
        )
        report(progress.history[-1])
        if resume:
            resume[0].save(resume[1], progress.state())
    model.load_state_dict(progress.best_weights)
    return model.cpu().eval()


def begin(model: Classifier, train: Images, params: Train, seed: int) -> Progress:
    """A training before its first epoch."""
    optimizer = new_optimizer(model, params)
    steps = len(list(batches(train.labels, params, torch.Generator())))
    schedule = new_schedule(optimizer, params, steps * params.epochs)
    generator = torch.Generator().manual_seed(seed)
    weights = copy.deepcopy(model.state_dict())
    return Progress(model, optimizer, schedule, generator, best_weights=weights)


def in_surroundings(progress: Progress, data: Images, params: Train) -> Images:
    """The images of an epoch, a share of them in other surroundings each time."""
    share = params.augment.surround
    if not share:
        return data
    seed = int(torch.randint(2**31, (1,), generator=progress.generator))
    return redraw(data, share, params.resize, seed)


def train_one_epoch(progress: Progress, data: Images, params: Train, loss: Loss) -> float:
    """One pass over the data; returns the mean loss."""
    model = progress.model.train()
    device = model.mean.device
    pixels, labels = torch.from_numpy(data.pixels), torch.from_numpy(data.labels)
    mixed = device.type == "cuda"
    total = 0.0
    order = list(batches(data.labels, params, progress.generator))
    for batch in tqdm(order, "train", leave=False):
        images = augment(pixels[batch], params.augment, progress.generator).to(device)
        with torch.autocast("cuda", torch.bfloat16) if mixed else nullcontext():
            value = loss(model(images), labels[batch].to(device), images)
        progress.optimizer.zero_grad(set_to_none=True)
        value.backward()
        progress.optimizer.step()
        progress.schedule.step()
        total += value.item() * len(batch)
    return total / len(labels)
