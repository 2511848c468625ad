from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from timm.layers import StdConv2d
from torch import nn

from checkstate.core.types import Pixels
from checkstate.model.export import export_fp32, exported_logits
from checkstate.model.networks import IMAGENET, Classifier, predict_logits
from tests.conftest import SMALL


def ending(*modules: nn.Module) -> nn.Module:
    """These modules before a pooling and a head."""
    torch.manual_seed(0)
    return nn.Sequential(*modules, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.LazyLinear(2))


def operators(network: nn.Module, noise: Pixels, path: Path) -> set[str]:
    """What an export consists of; its answers are the network's."""
    model = Classifier(network, *IMAGENET).eval()
    expected = predict_logits(model, noise, 7)
    export_fp32(path, model, SMALL)
    assert np.abs(exported_logits(path, noise) - expected).max() < 1e-4
    return {node.op_type for node in onnx.load(path).graph.node}


@pytest.mark.parametrize(
    "network",
    [
        ending(nn.Conv2d(3, 8, 3, stride=2, padding=1), nn.ReLU()),
        ending(nn.ZeroPad2d((0, 1, 0, 1)), nn.Conv2d(3, 8, 3, stride=2, bias=False), nn.ReLU()),
        ending(nn.Conv2d(3, 8, 7, stride=(4, 2), padding=(3, 1)), nn.BatchNorm2d(8), nn.ReLU6()),
    ],
    ids=["plain", "padded before", "sides apart"],
)
def test_pixels_are_read_as_they_lie_and_the_answers_stay(
    network: nn.Module, noise: Pixels, tmp_path: Path
) -> None:
    given = operators(network, noise, tmp_path / "fast.onnx")
    assert "Transpose" not in given
    assert "GlobalAveragePool" in given


@pytest.mark.parametrize(
    "network",
    [
        ending(nn.Conv2d(3, 8, 3, dilation=2)),
        ending(nn.Conv2d(3, 6, 3, groups=3)),
        ending(nn.MaxPool2d(2), nn.Conv2d(3, 8, 3)),
        ending(StdConv2d(3, 64, 7), nn.ReLU()),
    ],
    ids=["dilated", "of one channel each", "begins otherwise", "of weights that are computed"],
)
def test_another_beginning_stays_as_it_is(
    network: nn.Module, noise: Pixels, tmp_path: Path
) -> None:
    assert "Transpose" in operators(network, noise, tmp_path / "plain.onnx")


def test_a_mean_of_what_is_no_map_stays(noise: Pixels, tmp_path: Path) -> None:
    class Tokens(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.head = nn.Linear(1, 2)

        def forward(self, images: torch.Tensor) -> torch.Tensor:
            tokens = images.flatten(2)
            return self.head(tokens.mean((-1, -2), keepdim=True).flatten(1))

    assert "ReduceMean" in operators(Tokens(), noise, tmp_path / "plain.onnx")
