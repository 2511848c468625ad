"""The training loop: short, seeded, deterministic, resumable after every epoch."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import torch
from torch import Tensor
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
    prepare_torch,
)
from checkstate.model.resume import Resume, State
from checkstate.model.workers import averaging, helpers, own_share, reseed, sum_of_workers

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
    interrupted call goes on after its last epoch and ends with the same bytes. With several
    workers a `loss` and the network must be such that pickle takes them. Raises UserError when
    the logits are no longer numbers, or a worker ended.
    """
    state = resume[0].load(resume[1], model) if resume else None
    start = partial(make_ready, model, train, params, seed, loss, state)
    with helpers(params.workers, params.device, train_beside, start, train, params, seed):
        progress, loss = start()
        for scores in progress.history:
            report(scores)
        for epoch in tqdm(range(len(progress.history), params.epochs), "epochs"):
            if progress.waited >= params.patience:
                break
            rate = float(progress.schedule.get_last_lr()[0])
            train_loss = train_one_epoch(progress, train, params, loss)
            logits = predict_logits(model, val.pixels, params.batch_size)
            if not np.isfinite(logits).all():
                raise UserError(
                    f"training diverged in epoch {epoch} at lr={params.lr}: lower this stage's lr"
                )
            scores = validation_scores(logits, val.labels)
            scores = {"epoch": epoch, "train_loss": train_loss, **scores, "lr": rate}
            progress.add(scores, params.checkpoint_by)
            report(scores)
            if resume:
                resume[0].save(resume[1], progress.state())
    model.load_state_dict(progress.best_weights)
    return model.cpu().eval()


def train_beside(
    start: Callable[[], tuple[Progress, Loss]], train: Images, params: Train, seed: int
) -> None:
    """What another worker does while the first is in `fit_model`, which ends it."""
    prepare_torch(seed, params.threads)
    progress, loss = start()
    for _ in range(len(progress.history), params.epochs):
        train_one_epoch(progress, train, params, loss)


def make_ready(
    model: Classifier,
    train: Images,
    params: Train,
    seed: int,
    loss: Loss | None,
    state: State | None,
) -> tuple[Progress, Loss]:
    """A training on its device, at its beginning or where `state` was taken, and its loss."""
    device = pick_device(params.device)
    model.to(device)
    model.to(memory_format=torch.channels_last)
    progress = begin(model, train, params, seed)
    if state:
        progress.restore(state)
    return progress, loss or classification_loss(train, params, device)


def begin(model: Classifier, train: Images, params: Train, seed: int) -> Progress:
    """A training before its first epoch; raises UserError for too few images."""
    optimizer = new_optimizer(model, params)
    steps = len(list(batches(train.labels, params, torch.Generator())))
    if not steps:
        raise UserError(
            f"train.workers={params.workers}: {len(train.labels)} training images do not give each "
            "worker two of a batch; lower it, or add images"
        )
    schedule = new_schedule(optimizer, params, steps * params.epochs)
    generator = torch.Generator().manual_seed(seed)
    weights = copy.deepcopy(model.state_dict())
    return Progress(model, optimizer, schedule, generator, best_weights=weights)


def epoch_of(progress: Progress, data: Images, params: Train) -> tuple[Images, list[Tensor]]:
    """The images of an epoch, a share of them in other surroundings each time, and its batches.

    Surroundings are drawn for this worker's images alone.
    """
    share, generator = params.augment.surround, progress.generator
    seed = int(torch.randint(2**31, (1,), generator=generator)) if share else 0
    order = list(batches(data.labels, params, generator))
    own = torch.cat([batch[own_share()] for batch in order]).unique()
    return redraw(data, share, params.resize, seed, own.tolist()), order


def train_one_epoch(progress: Progress, data: Images, params: Train, loss: Loss) -> float:
    """One pass over the data; returns the mean loss.

    All workers draw the same batches, and each takes its share of every one. Shares weigh by their
    size, so that the gradients' mean over workers is that of the batch.
    """
    reseed(progress.generator)
    model = progress.model.train()
    device = model.mean.device
    data, order = epoch_of(progress, data, params)
    pixels, labels = torch.from_numpy(data.pixels), torch.from_numpy(data.labels)
    mixed = device.type == "cuda"
    total = 0.0
    share, network = own_share(), averaging(model)
    for batch in tqdm(order, "train", leave=False):
        images = augment(pixels[batch], params.augment, progress.generator, share).to(device)
        targets = labels[batch[share]].to(device)
        with torch.autocast("cuda", torch.bfloat16) if mixed else nullcontext():
            value = loss(network(images), targets, images)
        progress.optimizer.zero_grad(set_to_none=True)
        (value * (len(targets) * params.workers / len(batch))).backward()
        progress.optimizer.step()
        progress.schedule.step()
        total += value.item() * len(targets)
    return sum_of_workers(total, device) / sum(map(len, order))
