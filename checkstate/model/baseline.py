"""The recipe of 2024, which every speed is a multiple of: a ResNet50 in eager torch."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import partial

import torch

from checkstate.evaluation.timing import interleave
from checkstate.model.networks import IMAGENET, Classifier, build_backbone

Row = dict[str, object]


def thread_counts() -> tuple[int, int]:
    """One thread, and as many as there are cores."""
    return 1, os.cpu_count() or 1


def baseline_network(side: int) -> Classifier:
    """The network, for three classes and images of side x side pixels."""
    backbone = build_backbone("torchvision.resnet50", 3, (side, side), "none")
    return Classifier(backbone, *IMAGENET).eval()


def time_baseline(side: int, batches: Sequence[int], rounds: int) -> Row:
    """Time it at every batch size, on one thread and on all cores."""
    network = baseline_network(side)
    images = torch.zeros(max(batches), side, side, 3, dtype=torch.uint8)
    row: Row = {}
    for threads in thread_counts():
        torch.set_num_threads(threads)
        for n in batches:
            calls = {"baseline": partial(eager, network, images[:n])}
            add_times(row, interleave(calls, rounds if n == 1 else 1)["baseline"], n, threads)
    row["bytes"] = sum(weights.nbytes for weights in network.state_dict().values())
    return row


def add_times(row: Row, times: dict[str, float], n: int, threads: int) -> None:
    """Add what one call took: percentiles of the plain case, images a second of every case."""
    if threads == n == 1:
        row |= times
    row[f"per_second_batch_{n}_threads_{threads}"] = 1000 * n / times["p50"]


@torch.inference_mode()
def eager(model: Classifier, images: torch.Tensor) -> torch.Tensor:
    """Run in torch, uint8 [n, height, width, 3] to logits."""
    logits: torch.Tensor = model(images)
    return logits
