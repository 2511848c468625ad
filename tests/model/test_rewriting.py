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


def layers(*convolutions: nn.Module) -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(*convolutions, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.LazyLinear(2))


@pytest.mark.parametrize(
    "network",
    [
        layers(nn.Conv2d(3, 8, 3, stride=2, padding=1), nn.ReLU()),
        layers(nn.ZeroPad2d((0, 1, 0, 1)), nn.Conv2d(3, 8, 3, stride=2, bias=False), nn.ReLU()),
        layers(nn.Conv2d(3, 8, 7, stride=(4, 2), padding=(3, 1)), nn.BatchNorm2d(8), nn.ReLU6()),
    ],
    ids=["plain", "padded before", "sides apart"],
)
def test_pixels_are_read_as_they_lie_and_the_answers_stay(
    network: nn.Module, noise: Pixels, tmp_path: Path
) -> None:
    model = Classifier(network, *IMAGENET).eval()
    expected = predict_logits(model, noise, 7)
    export_fp32(tmp_path / "fast.onnx", model, SMALL)
    operators = [node.op_type for node in onnx.load(tmp_path / "fast.onnx").graph.node]
    assert "Transpose" not in operators
    assert "GlobalAveragePool" in operators
    assert np.abs(exported_logits(tmp_path / "fast.onnx", noise) - expected).max() < 1e-4


@pytest.mark.parametrize(
    "network",
    [
        layers(nn.Conv2d(3, 8, 3, dilation=2)),
        layers(nn.Conv2d(3, 6, 3, groups=3)),
        layers(nn.MaxPool2d(2), nn.Conv2d(3, 8, 3)),
        layers(StdConv2d(3, 64, 7), nn.ReLU()),
    ],
    ids=["dilated", "of one channel each", "begins otherwise", "of weights that are computed"],
)
def test_another_beginning_stays_as_it_is(
    network: nn.Module, noise: Pixels, tmp_path: Path
) -> None:
    model = Classifier(network, *IMAGENET).eval()
    expected = predict_logits(model, noise, 7)
    export_fp32(tmp_path / "plain.onnx", model, SMALL)
    assert np.abs(exported_logits(tmp_path / "plain.onnx", noise) - expected).max() < 1e-4
    operators = [node.op_type for node in onnx.load(tmp_path / "plain.onnx").graph.node]
    assert "Transpose" in operators


def test_a_mean_of_what_is_no_map_stays(noise: Pixels, tmp_path: Path) -> None:
    class Tokens(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.head = nn.Linear(1, 2)

        def forward(self, images: torch.Tensor) -> torch.Tensor:
            tokens = images.flatten(2)
            return self.head(tokens.mean((-1, -2), keepdim=True).flatten(1))

    model = Classifier(Tokens(), *IMAGENET).eval()
    export_fp32(tmp_path / "plain.onnx", model, SMALL)
    expected = predict_logits(model, noise, 7)
    assert np.abs(exported_logits(tmp_path / "plain.onnx", noise) - expected).max() < 1e-4
