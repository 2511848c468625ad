import numpy as np
import torch

from checkstate.core.params import Augment
from checkstate.data.augmentation import augment
from checkstate.data.datasets import holdout

OFF = {"shift": 0, "shrink": 0, "enlarge": 0, "invert": 0, "color": 0, "fade": 0, "surround": 0}


def images() -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(0).integers(0, 256, (8, 16, 20, 3), np.uint8))


def test_strength_zero_changes_nothing() -> None:
    same = augment(images(), Augment(**OFF), torch.Generator())
    assert torch.allclose(same, images().float(), atol=1e-3)


def test_invert_turns_light_into_dark() -> None:
    turned = augment(images(), Augment(**{**OFF, "invert": 1}), torch.Generator())
    assert torch.allclose(turned, 255 - images().float(), atol=1e-3)


def test_fading_keeps_the_brightness_and_takes_color_away() -> None:
    faded = augment(images(), Augment(**{**OFF, "fade": 1}), torch.Generator().manual_seed(5))
    assert torch.allclose(faded.mean(3), images().float().mean(3), atol=1e-3)
    before, after = (x.amax(3) - x.amin(3) for x in (images().float(), faded))
    assert (after < before + 1e-3).all()
    assert after.sum() < 0.9 * before.sum()


def test_shrinking_leaves_the_whole_image_in_the_middle() -> None:
    picture = torch.zeros(1, 16, 16, 3, dtype=torch.uint8)
    picture[:, 1:-1, 1:-1] = 200
    settings = Augment(**{**OFF, "shrink": 1})
    shares = []
    for seed in range(5):
        small = augment(picture, settings, torch.Generator().manual_seed(seed))
        assert small[0, 0].max() == small[0, :, 0].max() == 0
        shares.append(float(small.sum() / picture.sum()))
    assert 0.2 < min(shares) < 0.6
    assert max(shares) <= 1.01


def test_every_augmentation_is_repeatable_stays_in_range_and_changes_something() -> None:
    strengths = {"shift": 0.2, "shrink": 0.5, "enlarge": 0.5, "color": 0.5, "fade": 1}
    for name, strength in strengths.items():
        settings = Augment(**{**OFF, name: strength})
        first = augment(images(), settings, torch.Generator().manual_seed(5))
        second = augment(images(), settings, torch.Generator().manual_seed(5))
        assert torch.equal(first, second)
        assert first.shape == (8, 16, 20, 3)
        assert first.min() >= 0
        assert first.max() <= 255
        assert not torch.allclose(first, images().float(), atol=1)


def test_a_held_out_share_has_whole_pages_and_repeats() -> None:
    names = [
        f"checked/{library}-radio-{page:02d}{crop:010x}.png"
        for library in ("plain", "plain-dark")
        for page in range(20)
        for crop in range(10)
    ]
    left, right = holdout(names, 0.1, 0)
    assert sorted([*left, *right]) == list(range(400))
    learned, held = ({names[i][:-14] for i in part} for part in (left, right))
    assert len(held) == 4
    assert learned.isdisjoint(held)
    assert np.array_equal(right, holdout(names, 0.1, 0)[1])
