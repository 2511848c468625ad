"""How well a finder finds controls and reads their states, on screenshots whose boxes are known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from scipy.optimize import linear_sum_assignment
from torchmetrics.detection import MeanAveragePrecision
from torchvision.ops import box_iou

from checkstate.core.types import KINDS, Floats
from checkstate.data.scenes import Screenshot
from checkstate.runtime.finder import Control

IOU = 0.5
"""From where on a box counts as found, as usual for things as small as controls."""


@dataclass(frozen=True)
class Counts:
    """Of the controls of some screenshots: those found, those whose kind or state is right as well,
    those missed, and what was found where nothing is."""

    found: int = 0
    right_kind: int = 0
    right_state: int = 0
    missed: int = 0
    false_alarms: int = 0

    def __add__(self, other: Counts) -> Counts:
        pairs = zip(vars(self).values(), vars(other).values(), strict=True)
        return Counts(*(one + two for one, two in pairs))

    def f1(self, right: int) -> float:
        """F1 where a find counts when it is among the `right` ones, and as two mistakes if not."""
        wanted, given = self.found + self.missed, self.found + self.false_alarms
        return 2 * right / (wanted + given) if wanted + given else 1.0


def count(screenshot: Screenshot, controls: Sequence[Control]) -> Counts:
    """Match the finds of a screenshot with its controls, one to one, at an IoU of 0.5.

    What is hidden in part is neither missed when it is not found nor a false alarm when it is.
    """
    boxes, ignored = screenshot.boxes, screenshot.boxes.ignored
    overlaps = overlap(corners_of(controls), boxes.corners)
    counting = np.where((overlaps >= IOU) & ~ignored, overlaps, 0)
    pairs = [
        (find, control)
        for find, control in zip(*linear_sum_assignment(-counting), strict=True)
        if counting[find, control]
    ]
    left = set(range(len(controls))) - {find for find, _ in pairs}
    alarms = [find for find in left if not (overlaps[find, ignored] > 0.1).any()]
    kinds = [controls[find].kind == KINDS[boxes.kinds[control]] for find, control in pairs]
    states = [
        controls[find].prediction.label == screenshot.states[control] for find, control in pairs
    ]
    missed = int((~ignored).sum()) - len(pairs)
    return Counts(len(pairs), sum(kinds), sum(states), missed, len(alarms))


def average_precision(
    pairs: Sequence[tuple[Screenshot, Sequence[Control]]],
) -> dict[str, float]:
    """COCO's average precision at an IoU of 0.5: of controls whatever their kind, and by kind."""
    # COCO's default of 100 finds a picture is less than a page of settings has
    most = [1, 10, 2000]
    whatever = MeanAveragePrecision(average="micro", max_detection_thresholds=most)
    by_kind = MeanAveragePrecision(max_detection_thresholds=most)
    for metric in (whatever, by_kind):
        for screenshot, controls in pairs:
            metric.update([given(controls)], [wanted(screenshot)])
    return {
        "average_precision": float(whatever.compute()["map_50"]),
        "average_precision_by_kind": float(by_kind.compute()["map_50"]),
    }


def given(controls: Sequence[Control]) -> dict[str, torch.Tensor]:
    """Finds as torchmetrics takes them."""
    return {
        "boxes": torch.from_numpy(corners_of(controls)),
        "scores": torch.tensor([control.confidence for control in controls]),
        "labels": torch.tensor([KINDS.index(control.kind) for control in controls]).long(),
    }


def wanted(screenshot: Screenshot) -> dict[str, torch.Tensor]:
    """A screenshot's controls as torchmetrics takes them."""
    boxes = screenshot.boxes
    return {
        "boxes": torch.from_numpy(boxes.corners),
        "labels": torch.from_numpy(boxes.kinds),
        "iscrowd": torch.from_numpy(boxes.ignored).long(),
    }


def corners_of(controls: Sequence[Control]) -> Floats:
    """Boxes, float32 [n, 4]."""
    return np.array([control.box for control in controls], np.float32).reshape(-1, 4)


def overlap(first: Floats, second: Floats) -> Floats:
    """IoU of boxes [n, 4] with others [m, 4], as float32 [n, m]."""
    shares: Floats = box_iou(torch.from_numpy(first), torch.from_numpy(second)).numpy()
    return shares
