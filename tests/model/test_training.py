from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from checkstate.core.errors import UserError
from checkstate.core.params import Train, load_params
from checkstate.data.datasets import Images
from checkstate.evaluation.scores import is_better, top_k
from checkstate.model.calibration import fit_temperature
from checkstate.model.checkpoints import save_half
from checkstate.model.compression import prune
from checkstate.model.networks import predict_logits
from checkstate.model.optimization import (
    classification_loss,
    new_optimizer,
    new_schedule,
    prepare_torch,
)
from checkstate.model.starting import new_metadata, new_model, normalization, start_files
from checkstate.model.training import fit_model
from checkstate.runtime.predictor import softmax
from tests.conftest import ROOT


def squares(n: int, seed: int) -> Images:
    """Filled and empty boxes: a task that a small network learns in a few steps."""
    random = np.random.default_rng(seed)
    pixels = np.full((n, 32, 32, 3), 230, np.uint8)
    labels = random.integers(0, 2, n)
    for image, label in zip(pixels, labels, strict=True):
        top, left = random.integers(4, 12, 2)
        image[top : top + 14, left : left + 14] = 30
        if not label:
            image[top + 2 : top + 12, left + 2 : left + 12] = 230
    return Images(pixels, labels.astype(np.int64), [str(i) for i in range(n)], ["off", "on"])


def recipe(**changes: object) -> Train:
    base = load_params(ROOT / "params.yaml").train
    small = {
        "backbone": "resnet10t",
        "weights": "none",
        "init_from": "",
        "image_size": (32, 32),
        "epochs": 10,
    }
    return base.override(**{**small, "lr": 3e-3, "threads": 1, "extra": [], **changes})


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"optimizer": "sgd", "lr": 0.05, "schedule": "cosine"},
        {"optimizer": "adam", "schedule": "constant", "class_weights": True, "oversample": True},
    ],
)
def test_training_learns_and_repeats_to_the_bit(changes: dict[str, object]) -> None:
    params = recipe(**changes)
    val = squares(64, 1)
    answers = []
    for _ in range(2):
        prepare_torch(0, 1)
        train = squares(160, 0)
        curves: list[dict[str, float]] = []
        model = fit_model(new_model(train, params), train, val, params, 0, curves.append)
        answers.append(predict_logits(model, val.pixels, 64))
    assert np.array_equal(*answers)
    assert (answers[0].argmax(1) == val.labels).mean() > 0.9
    assert {"train_loss", "val_loss", "val_top1", "val_topk", "lr"} <= set(curves[0])


def test_training_stops_when_patience_is_over() -> None:
    prepare_torch(0, 1)
    curves: list[dict[str, float]] = []
    params = recipe(epochs=30, patience=2, lr=1e-9, checkpoint_by="top1", schedule="constant")
    train = squares(32, 0)
    fit_model(new_model(train, params), train, squares(16, 1), params, 0, curves.append)
    assert len(curves) < 30


def test_a_diverged_training_names_the_learning_rate() -> None:
    prepare_torch(0, 1)
    params = recipe(optimizer="sgd", lr=1e30, schedule="constant")
    train = squares(32, 0)
    with pytest.raises(UserError, match=r"diverged in epoch \d at lr=1e\+30"):
        fit_model(new_model(train, params), train, squares(16, 1), params, 0, print)


def test_the_momentum_of_one_cycle_is_the_one_asked_for() -> None:
    params = recipe(optimizer="sgd", momentum=0.5)
    optimizer = new_optimizer(nn.Linear(2, 2), params)
    new_schedule(optimizer, params, 10)
    assert {group["momentum"] for group in optimizer.param_groups} == {0.5}


def test_loss_and_top1_wants_both_a_lower_loss_and_no_lower_top1() -> None:
    best = {"val_loss": 0.5, "val_top1": 0.9}
    assert is_better("loss_and_top1", {"val_loss": 0.4, "val_top1": 0.9}, best)
    assert not is_better("loss_and_top1", {"val_loss": 0.4, "val_top1": 0.8}, best)
    assert not is_better("loss_and_top1", {"val_loss": 0.6, "val_top1": 1.0}, best)
    assert is_better("loss", {"val_loss": 0.4, "val_top1": 0.8}, best)
    assert is_better("top1", {"val_loss": 0.6, "val_top1": 1.0}, best)


def test_class_weights_of_images_that_lack_a_class_are_those_of_the_others() -> None:
    few = squares(10, 0)
    data = Images(few.pixels, few.labels * 2, few.paths, ["off", "partly", "on"])
    loss = classification_loss(data, recipe(class_weights=True), torch.device("cpu"))
    logits, images = torch.zeros(10, 3), torch.zeros(0)
    targets = torch.from_numpy(data.labels)
    rare = targets == (0 if (data.labels == 0).sum() < 5 else 2)
    assert loss(logits[rare], targets[rare], images) >= loss(logits[~rare], targets[~rare], images)
    assert torch.isfinite(loss(logits, targets, images))


def test_what_a_training_starts_from_is_known_by_its_files() -> None:
    assert start_files(recipe()) == []
    files = start_files(recipe(init_from="a.safetensors", weights="b.safetensors"))
    assert files == [Path("a.safetensors"), Path("b.safetensors")]


def test_normalization_of_the_data_set() -> None:
    data = squares(10, 0)
    mean, std = normalization(data, "dataset")
    flat = data.pixels.reshape(-1, 3) / 255
    assert np.allclose(mean, flat.mean(0))
    assert np.allclose(std, flat.std(0))


def test_temperature_finds_how_overconfident_logits_are() -> None:
    random = np.random.default_rng(0)
    true = random.normal(0, 1.5, (4000, 3))
    probabilities = np.exp(true) / np.exp(true).sum(1, keepdims=True)
    labels = np.array([random.choice(3, p=row) for row in probabilities])
    assert fit_temperature((true * 2.5).astype(np.float32), labels) == pytest.approx(2.5, rel=0.1)


def test_few_images_without_a_mistake_do_not_make_answers_certain() -> None:
    labels = np.arange(30) % 3
    logits = (np.eye(3)[labels] * 4).astype(np.float32)
    certain = softmax(logits / fit_temperature(logits, labels)).max(1)
    assert certain == pytest.approx(np.full(30, (30 + 1 / 3) / 31), abs=0.001)


def test_top_k_counts_the_three_likeliest() -> None:
    logits = np.array([[4, 3, 2, 1], [1, 2, 3, 4]], np.float32)
    assert top_k(logits, np.array([3, 3])) == 0.5


def test_prepare_torch_sets_threads() -> None:
    prepare_torch(0, 1)
    assert torch.get_num_threads() == 1


def test_a_model_to_go_on_from_brings_its_widths_and_takes_other_classes(tmp_path: Path) -> None:
    params = recipe()
    narrow = prune(new_model(squares(8, 0), params).eval(), 0.5, params.image_size)
    card = new_metadata(narrow, ["a", "b", "c"], params, 1.0, "", 0)
    save_half(tmp_path / "m.safetensors", narrow, card)
    going = recipe(init_from=str(tmp_path / "m.safetensors"))
    model = new_model(squares(8, 0), going)
    widths = [m.weight.shape for m in narrow.modules() if isinstance(m, nn.Conv2d)]
    assert [m.weight.shape for m in model.modules() if isinstance(m, nn.Conv2d)] == widths
    assert predict_logits(model, squares(8, 0).pixels, 4).shape == (8, 2)
    with pytest.raises(UserError, match=r"train\.init_from=.*train\.backbone=resnet18"):
        new_model(squares(8, 0), going.model_copy(update={"backbone": "resnet18"}))
