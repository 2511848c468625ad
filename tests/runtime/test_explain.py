from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import nn

from checkstate.model.export import export_fp32
from checkstate.model.networks import IMAGENET, Classifier
from checkstate.runtime.explain import GRID, occlusion, overlay, paint
from checkstate.runtime.predictor import Predictor
from tests.conftest import SMALL


def test_an_occlusion_map_is_scaled_and_repeats(predictor: Predictor, crops: list[Path]) -> None:
    pixels = predictor.preprocess(crops[0])
    heat = occlusion(predictor, pixels)
    assert heat.shape == (GRID, GRID)
    assert heat.min() >= 0
    assert heat.max() <= 1
    assert (heat == occlusion(predictor, pixels)).all()


class Corner(nn.Module):
    """Says `a` as far as the top left quarter of the image is bright."""

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        bright = images[:, :, :24, :32].mean((1, 2, 3))
        return torch.stack([bright, -bright], 1)


def test_only_what_the_answer_rests_on_is_hot(tmp_path: Path) -> None:
    export_fp32(tmp_path / "corner.onnx", Classifier(Corner(), *IMAGENET), SMALL)
    pixels = np.zeros((48, 64, 3), np.uint8)
    pixels[4:20, 4:28] = 255
    heat = occlusion(Predictor(tmp_path / "corner.onnx", threads=1), pixels)
    assert heat[: GRID // 2, : GRID // 2].max() == 1
    assert heat[GRID // 2 + 1 :].max() == 0
    assert heat[:, GRID // 2 + 1 :].max() == 0


def test_the_overlay_is_what_the_model_sees(predictor: Predictor, crops: list[Path]) -> None:
    assert overlay(predictor, predictor.preprocess(crops[0])).size == (64, 64)


def test_heat_shows_on_every_color() -> None:
    heat = np.zeros((2, 2), np.float32)
    heat[:, 1] = 1
    for color in ("red", "white", "black", "blue", "magenta", "gray"):
        picture = paint(np.asarray(Image.new("RGB", (64, 32), color)), heat)
        cold, hot = (np.array(picture.getpixel((x, 16)), int) for x in (1, 62))
        assert np.ptp(cold) == 0, color  # a gray
        assert np.ptp(hot) > 120, color
