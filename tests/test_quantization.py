from pathlib import Path

import numpy as np
import pytest
import torch

from checkstate.export import export_fp32
from checkstate.files import md5_of
from checkstate.networks import IMAGENET, Card, Classifier, build_backbone
from checkstate.predictor import Predictor
from checkstate.quantization import STEMS, quantize_int8

CARD = Card("x", ["a", "b"], (48, 64), "letterbox", *IMAGENET, 2.0, "0" * 32, {"seed": 0})


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (7, 48, 64, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    backbone = build_backbone("tf_efficientnet_lite0", 2, (48, 64), "imagenet")
    path = tmp_path_factory.mktemp("quantization") / "plain.onnx"
    export_fp32(path, Classifier(backbone, *IMAGENET), CARD)
    return path


def test_int8_is_a_quarter_of_the_size_and_mostly_agrees(
    plain: Path, images: np.ndarray, tmp_path: Path
) -> None:
    assert quantize_int8(plain, tmp_path / "small.onnx", images, True, CARD) in STEMS
    assert (tmp_path / "small.onnx").stat().st_size < 0.35 * plain.stat().st_size
    full, small = Predictor(plain).logits(images), Predictor(tmp_path / "small.onnx").logits(images)
    assert np.corrcoef(full.ravel(), small.ravel())[0, 1] > 0.8


@pytest.mark.slow
def test_quantization_repeats_to_the_bit(plain: Path, images: np.ndarray, tmp_path: Path) -> None:
    for name in ("one", "two"):
        quantize_int8(plain, tmp_path / f"{name}.onnx", images, True, CARD)
    assert md5_of(tmp_path / "one.onnx") == md5_of(tmp_path / "two.onnx")
