import numpy as np
import torch

from checkstate.datasets import augment, hold_out
from checkstate.params import Augment

OFF = {"shift": 0, "scale": 0, "invert": 0, "colour": 0, "noise": 0}


def images() -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(0).integers(0, 256, (8, 16, 20, 3), np.uint8))


def test_strength_zero_changes_nothing() -> None:
    same = augment(images(), Augment(**OFF), torch.Generator())
    assert torch.allclose(same, images().float(), atol=1e-3)


def test_invert_turns_light_into_dark() -> None:
    turned = augment(images(), Augment(**{**OFF, "invert": 1}), torch.Generator())
    assert torch.allclose(turned, 255 - images().float(), atol=1e-3)


def test_every_augmentation_is_repeatable_stays_in_range_and_changes_something() -> None:
    for name, strength in {"shift": 0.2, "scale": 0.5, "colour": 0.5, "noise": 0.2}.items():
        settings = Augment(**{**OFF, name: strength})
        first = augment(images(), settings, torch.Generator().manual_seed(5))
        second = augment(images(), settings, torch.Generator().manual_seed(5))
        assert torch.equal(first, second)
        assert first.shape == (8, 16, 20, 3)
        assert first.min() >= 0
        assert first.max() <= 255
        assert not torch.allclose(first, images().float(), atol=1)


def test_a_held_out_share_is_stratified_and_repeats() -> None:
    labels = np.repeat([0, 1, 2], [200, 100, 100])
    left, right = hold_out(labels, 0.1, 0)
    assert sorted([*left, *right]) == list(range(400))
    assert np.bincount(labels[right]).tolist() == [20, 10, 10]
    assert np.array_equal(right, hold_out(labels, 0.1, 0)[1])
