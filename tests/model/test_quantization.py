from pathlib import Path

import numpy as np
import pytest

from checkstate.core.files import md5_of
from checkstate.core.types import Pixels
from checkstate.model import quantization
from checkstate.model.quantization import STEMS, quantize_int8
from checkstate.runtime.predictor import Predictor
from tests.conftest import SMALL


def test_int8_is_a_quarter_of_the_size_and_mostly_agrees(
    plain: Path, noise: Pixels, tmp_path: Path
) -> None:
    assert quantize_int8(plain, tmp_path / "small.onnx", noise, True, SMALL) in STEMS
    assert (tmp_path / "small.onnx").stat().st_size < 0.35 * plain.stat().st_size
    full, small = Predictor(plain).logits(noise), Predictor(tmp_path / "small.onnx").logits(noise)
    assert np.corrcoef(full.ravel(), small.ravel())[0, 1] > 0.8


def test_an_earlier_place_to_go_over_wins_only_while_it_costs_little(
    plain: Path, noise: Pixels, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = Predictor(plain, threads=1).logits(noise)
    apart = {}
    for kept in STEMS:
        monkeypatch.setattr(quantization, "STEMS", (kept,))
        quantize_int8(plain, tmp_path / "one.onnx", noise, True, SMALL)
        given = Predictor(tmp_path / "one.onnx", threads=1).logits(noise)
        apart[kept] = np.abs(given - wanted).mean()
    monkeypatch.setattr(quantization, "STEMS", STEMS)
    for tolerance in (1.0, 1.5, 100.0):
        monkeypatch.setattr(quantization, "TOLERANCE", tolerance)
        within = [kept for kept in STEMS if apart[kept] <= tolerance * min(apart.values())]
        assert quantize_int8(plain, tmp_path / "all.onnx", noise, True, SMALL) == min(within)
    assert min(within) == min(STEMS)


@pytest.mark.slow
def test_quantization_repeats_to_the_bit(plain: Path, noise: Pixels, tmp_path: Path) -> None:
    for name in ("one", "two"):
        quantize_int8(plain, tmp_path / f"{name}.onnx", noise, True, SMALL)
    assert md5_of(tmp_path / "one.onnx") == md5_of(tmp_path / "two.onnx")
