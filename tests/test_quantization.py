from pathlib import Path

import numpy as np
import pytest

from checkstate.files import md5_of
from checkstate.images import Pixels
from checkstate.predictor import Predictor
from checkstate.quantization import STEMS, quantize_int8
from tests.conftest import SMALL


def test_int8_is_a_quarter_of_the_size_and_mostly_agrees(
    plain: Path, noise: Pixels, tmp_path: Path
) -> None:
    assert quantize_int8(plain, tmp_path / "small.onnx", noise, True, SMALL) in STEMS
    assert (tmp_path / "small.onnx").stat().st_size < 0.35 * plain.stat().st_size
    full, small = Predictor(plain).logits(noise), Predictor(tmp_path / "small.onnx").logits(noise)
    assert np.corrcoef(full.ravel(), small.ravel())[0, 1] > 0.8


@pytest.mark.slow
def test_quantization_repeats_to_the_bit(plain: Path, noise: Pixels, tmp_path: Path) -> None:
    for name in ("one", "two"):
        quantize_int8(plain, tmp_path / f"{name}.onnx", noise, True, SMALL)
    assert md5_of(tmp_path / "one.onnx") == md5_of(tmp_path / "two.onnx")
