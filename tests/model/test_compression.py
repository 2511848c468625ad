import copy

import numpy as np
import pytest
import torch

from checkstate.core.errors import UserError
from checkstate.model.checkpoints import ModelMetadata
from checkstate.model.compression import DistillationLoss, drop_blocks, multiply_accumulates, prune
from checkstate.model.networks import IMAGENET, Classifier, build_backbone, predict_logits


@pytest.fixture(scope="module")
def teacher() -> Classifier:
    return build("mobilenetv3_small_050")


def build(backbone: str) -> Classifier:
    torch.manual_seed(0)
    return Classifier(build_backbone(backbone, 3, (64, 64), "none"), *IMAGENET).eval()


def test_pruning_removes_channels_in_sixteens_and_the_network_still_answers(
    teacher: Classifier,
) -> None:
    smaller = prune(teacher, 0.5, (64, 64))
    (few, of_few), (many, _) = (multiply_accumulates(each, (64, 64)) for each in (smaller, teacher))
    assert few < 0.6 * many
    # a stem of 3x3 at half the size, and the classifier's weights are no convolution
    stem = smaller.backbone.conv_stem
    assert of_few[0] == 32 * 32 * 27 * stem.out_channels
    assert 0.9 * few < sum(of_few) < few
    widths = [
        [m.out_channels for m in each.modules() if isinstance(m, torch.nn.Conv2d)]
        for each in (teacher, smaller)
    ]
    assert all(new % 16 == 0 for old, new in zip(*widths, strict=True) if new != old)
    assert predict_logits(smaller, np.zeros((2, 64, 64, 3), np.uint8), 2).shape == (2, 3)


def test_ratio_zero_keeps_the_answers(teacher: Classifier) -> None:
    images = np.random.default_rng(0).integers(0, 256, (2, 64, 64, 3), dtype=np.uint8)
    same = predict_logits(prune(teacher, 0.0, (64, 64)), images, 2)
    assert np.array_equal(same, predict_logits(teacher, images, 2))


def test_a_ratio_for_a_module_that_is_not_there_names_it(teacher: Classifier) -> None:
    with pytest.raises(UserError, match=r"ratios: the network has no 'blocks\.9'"):
        prune(teacher, 0.5, (64, 64), {"blocks.9": 0.25})


def test_a_network_answers_without_a_residual_block(teacher: Classifier) -> None:
    images = np.random.default_rng(0).integers(0, 256, (2, 64, 64, 3), dtype=np.uint8)
    shallow = drop_blocks(teacher, ["blocks.1.1"])
    names = {name for name, _ in shallow.named_parameters()}
    assert names < {name for name, _ in teacher.named_parameters()}
    assert not any(name.startswith("backbone.blocks.1.1.") for name in names)
    assert predict_logits(shallow, images, 2).shape == (2, 3)
    with pytest.raises(UserError, match=r"the network has no 'blocks\.9\.9'"):
        drop_blocks(teacher, ["blocks.9.9"])


def test_distillation_pulls_towards_the_teacher() -> None:
    teacher = build("test_efficientnet")
    images = torch.randint(0, 256, (4, 64, 64, 3)).float()
    card = ModelMetadata("x", ["a", "b", "c"], (64, 64), "letterbox", *IMAGENET, 1.0, "", {})
    loss = DistillationLoss(teacher, card, 1, 2.0)
    targets = teacher(images).argmax(1)
    near = loss(teacher(images).detach(), targets, images)
    far = loss(-teacher(images).detach(), targets, images)
    assert near < far
    assert copy.copy(loss)(teacher(images).detach(), targets, images) == near
