"""The detector's training loop: tiles of screenshots, drawn anew in every epoch; resumable."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.optim import AdamW
from torch.optim.lr_scheduler import OneCycleLR
from torch.utils.data import DataLoader, Dataset
from torchvision.transforms import v2
from tqdm import tqdm

from checkstate.core.errors import UserError
from checkstate.core.find_params import FindTrain
from checkstate.data.scenes import Boxes, Screenshot, tiles
from checkstate.model.detection import Detector, detection_loss, targets
from checkstate.model.optimization import pick_device
from checkstate.model.resume import Resume, State

COLORS = v2.Compose(
    [
        v2.ColorJitter(brightness=0.3, contrast=0.3),
        v2.RandomInvert(0.15),
        v2.RandomGrayscale(0.15),
        v2.RandomApply([v2.RandomChannelPermutation()], 0.3),
        v2.RandomApply([v2.JPEG((40, 90))], 0.15),
    ]
)
"""What becomes of a tile's colors; a screenshot may be a JPEG, dark, or gray."""


def fit_detector(
    model: Detector,
    screenshots: list[Screenshot],
    recipe: FindTrain,
    seed: int,
    report: Callable[[dict[str, float]], None],
    resume: Resume,
) -> Detector:
    """Train in place and return the model, on the CPU.

    `report` gets the mean loss once an epoch. An interrupted call goes on after its last epoch
    and ends with the same bytes. Raises UserError when the loss is no longer a number.
    """
    device = pick_device(recipe.device)
    model.to(device).to(memory_format=torch.channels_last).train()
    optimizer = AdamW(
        [p for p in model.parameters() if p.requires_grad],
        recipe.lr,
        weight_decay=recipe.weight_decay,
    )
    steps = len(Batches(screenshots, recipe, seed, 0)) * recipe.epochs
    schedule = OneCycleLR(optimizer, recipe.lr, total_steps=steps)
    parts: dict[str, Any] = {"model": model, "optimizer": optimizer, "schedule": schedule}
    history: list[dict[str, float]] = []
    if state := resume.load("detector", model):
        history = state["history"]
        torch.set_rng_state(state["rng"])
        for name, part in parts.items():
            part.load_state_dict(state[name])
    for scores in history:
        report(scores)
    for epoch in tqdm(range(len(history), recipe.epochs), "epochs"):
        losses = []
        data = DataLoader(Batches(screenshots, recipe, seed, epoch), batch_size=None, num_workers=1)
        for images, boxes in tqdm(data, "train", leave=False):
            wanted = [each.to(device) for each in targets(boxes, recipe.side, recipe.side)]
            value = detection_loss(model(images.to(device)), wanted)
            optimizer.zero_grad(set_to_none=True)
            value.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 10.0)
            optimizer.step()
            schedule.step()
            losses.append(value.item())
        history.append({"train_loss": float(np.mean(losses))})
        if not np.isfinite(losses).all():
            raise UserError(
                f"training diverged in epoch {epoch} at lr={recipe.lr}: lower this stage's lr"
            )
        report(history[-1])
        resume.save("detector", state_of(parts, history))
    return model.cpu().eval()


def state_of(parts: dict[str, Any], history: list[dict[str, float]]) -> State:
    """Everything that the next epoch depends on."""
    state = {name: part.state_dict() for name, part in parts.items()}
    return state | {"history": history, "rng": torch.get_rng_state()}


class Batches(Dataset[tuple[Tensor, list[Boxes]]]):
    """The batches of an epoch: tiles, uint8 [n, side, side, 3], with their boxes.

    Each is drawn from a seed of its own, in a process beside the one that trains.
    """

    def __init__(
        self, screenshots: list[Screenshot], recipe: FindTrain, seed: int, epoch: int
    ) -> None:
        self.recipe, self.seed = recipe, (seed, epoch)
        order = np.random.default_rng(self.seed).permutation(len(screenshots))
        self.screenshots = [screenshots[index] for index in order]

    def __len__(self) -> int:
        return math.ceil(len(self.screenshots) / self.recipe.screenshots)

    def __getitem__(self, number: int) -> tuple[Tensor, list[Boxes]]:
        recipe, first = self.recipe, number * self.recipe.screenshots
        random = np.random.default_rng([*self.seed, number])
        torch.manual_seed(int(random.integers(2**31)))
        drawn = [
            tile
            for screenshot in self.screenshots[first : first + recipe.screenshots]
            for tile in tiles(screenshot, recipe.tiles, recipe.side, recipe.octaves, random)
        ]
        pixels = torch.from_numpy(np.stack([pixels for pixels, _ in drawn]))
        colored = torch.stack([COLORS(tile) for tile in pixels.permute(0, 3, 1, 2)])
        return colored.permute(0, 2, 3, 1), [boxes for _, boxes in drawn]
