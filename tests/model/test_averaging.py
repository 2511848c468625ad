from dataclasses import replace
from pathlib import Path

import pytest
import torch

from checkstate.model.averaging import keep_start
from checkstate.model.checkpoints import save_model
from checkstate.model.networks import IMAGENET, Classifier, build_backbone
from tests.conftest import SMALL
from tests.model.test_training import recipe


def network(seed: int) -> Classifier:
    torch.manual_seed(seed)
    return Classifier(build_backbone("test_efficientnet", 2, (48, 64), "none"), *IMAGENET)


@pytest.fixture
def start(tmp_path: Path) -> Path:
    """A model of the classes a and b to go on from."""
    card = replace(SMALL, backbone="test_efficientnet")
    save_model(tmp_path / "start.safetensors", network(0), card)
    return tmp_path / "start.safetensors"


def kept(start: Path, share: float, classes: list[str]) -> Classifier:
    trained = network(1)
    keep_start(trained, classes, recipe(init_from=str(start), keep=share))
    return trained


@pytest.mark.parametrize("share", [0.25, 0.5, 1.0])
def test_a_share_of_the_start_is_kept(start: Path, share: float) -> None:
    old, new = network(0).state_dict(), network(1).state_dict()
    for name, value in kept(start, share, ["a", "b"]).state_dict().items():
        if value.is_floating_point():
            assert torch.allclose(value, share * old[name] + (1 - share) * new[name], atol=1e-5)


@pytest.mark.parametrize(("share", "classes"), [(0.0, ["a", "b"]), (0.5, ["b", "c"])])
def test_nothing_is_kept_for_other_classes_or_none_asked(
    start: Path, share: float, classes: list[str]
) -> None:
    new = network(1).state_dict()
    for name, value in kept(start, share, classes).state_dict().items():
        assert torch.equal(value, new[name]), name
