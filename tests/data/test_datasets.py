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


def crops(library: str, pages: int) -> list[str]:
    """Ten crops of every page."""
    return [
        f"checked/{library}-radio-{page:02d}{crop:010x}.png"
        for page in range(pages)
        for crop in range(10)
    ]


def pages(names: list[str]) -> set[str]:
    """Libraries and numbers of the pages that crops are of."""
    return {name[: -len("0123456789.png")].removeprefix("checked/") for name in names}


def test_what_is_held_out_is_the_last_pages_of_every_library() -> None:
    names = crops("plain", 20) + crops("plain-dark", 30) + crops("one-page", 1)
    left, right = holdout(names, 0.1)
    assert sorted([*left, *right]) == list(range(len(names)))
    held = pages([names[i] for i in right])
    assert held == {
        *("plain-radio-18", "plain-radio-19"),
        *("plain-dark-radio-27", "plain-dark-radio-28", "plain-dark-radio-29"),
    }
    assert held.isdisjoint(pages([names[i] for i in left]))


def test_another_library_leaves_what_is_held_out_of_the_others() -> None:
    names = crops("plain", 20)
    more = crops("bare", 20) + names
    before = {names[i] for i in holdout(names, 0.1)[1]}
    assert before == {more[i] for i in holdout(more, 0.1)[1]} & set(names)
