import copy
import json
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

from checkstate.core.files import md5_of
from checkstate.core.types import Pixels
from checkstate.model.export import export_fp32
from checkstate.model.networks import Classifier, predict_logits
from checkstate.runtime.predictor import ModelError, Predictor
from tests.conftest import ROOT, SMALL


def test_onnx_answers_as_torch_does_for_any_batch(
    plain: Path, network: Classifier, noise: Pixels
) -> None:
    predictor = Predictor(plain)
    for n in (1, 2, 7):
        expected = predict_logits(network, noise[:n], n)
        assert np.abs(predictor.logits(noise[:n]) - expected).max() < 1e-3


def test_the_file_says_what_it_needs_and_nothing_of_where_it_was_made(plain: Path) -> None:
    graph = onnx.load(plain)
    card = {p.key: json.loads(p.value) for p in graph.metadata_props}
    assert card["classes"] == ["a", "b"]
    assert card["image_size"] == [48, 64]
    assert card["temperature"] == 2.0
    assert str(ROOT).encode() not in plain.read_bytes()


@pytest.mark.slow
def test_an_export_repeats_to_the_bit(plain: Path, network: Classifier, tmp_path: Path) -> None:
    export_fp32(tmp_path / "again.onnx", network, SMALL)
    assert md5_of(plain) == md5_of(tmp_path / "again.onnx")


def test_a_network_in_channels_last_gives_the_same_file_and_is_left_as_it_was(
    plain: Path, network: Classifier, tmp_path: Path
) -> None:
    model = copy.deepcopy(network).to(memory_format=torch.channels_last)
    weight = model.backbone.conv_stem.weight
    export_fp32(tmp_path / "again.onnx", model, SMALL)
    assert md5_of(plain) == md5_of(tmp_path / "again.onnx")
    assert weight.is_contiguous(memory_format=torch.channels_last)
    assert not model.backbone._forward_pre_hooks


def test_another_onnx_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "bad.onnx").write_bytes(b"no graph")
    with pytest.raises(ModelError, match="not a readable ONNX model"):
        Predictor(tmp_path / "bad.onnx")
    with pytest.raises(ModelError, match="no such model file"):
        Predictor(tmp_path / "gone.onnx")
