import copy
import json
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

from checkstate.export import export_fp32
from checkstate.files import md5_of
from checkstate.networks import IMAGENET, Card, Classifier, build_backbone, predict_logits
from checkstate.predictor import ModelError, Predictor
from tests.conftest import ROOT

CARD = Card("x", ["a", "b"], (48, 64), "letterbox", *IMAGENET, 2.0, "0" * 32, {"seed": 0})


@pytest.fixture(scope="module")
def model() -> Classifier:
    torch.manual_seed(0)
    backbone = build_backbone("tf_efficientnet_lite0", 2, (48, 64), "imagenet")
    return Classifier(backbone, *IMAGENET).eval()


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (7, 48, 64, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def plain(model: Classifier, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("export") / "plain.onnx"
    export_fp32(path, model, CARD)
    return path


def test_onnx_answers_as_torch_does_for_any_batch(
    plain: Path, model: Classifier, images: np.ndarray
) -> None:
    predictor = Predictor(plain)
    for n in (1, 2, 7):
        expected = predict_logits(model, images[:n], n)
        assert np.abs(predictor.logits(images[:n]) - expected).max() < 1e-3


def test_the_file_says_what_it_needs_and_nothing_of_where_it_was_made(plain: Path) -> None:
    graph = onnx.load(plain)
    card = {p.key: json.loads(p.value) for p in graph.metadata_props}
    assert card["classes"] == ["a", "b"]
    assert card["image_size"] == [48, 64]
    assert card["temperature"] == 2.0
    assert str(ROOT).encode() not in plain.read_bytes()


@pytest.mark.slow
def test_an_export_repeats_to_the_bit(plain: Path, model: Classifier, tmp_path: Path) -> None:
    export_fp32(tmp_path / "again.onnx", model, CARD)
    assert md5_of(plain) == md5_of(tmp_path / "again.onnx")


def test_a_network_in_channels_last_gives_the_same_file_and_is_left_as_it_was(
    plain: Path, model: Classifier, tmp_path: Path
) -> None:
    model = copy.deepcopy(model).to(memory_format=torch.channels_last)
    weight = model.backbone.conv_stem.weight
    export_fp32(tmp_path / "again.onnx", model, CARD)
    assert md5_of(plain) == md5_of(tmp_path / "again.onnx")
    assert weight.is_contiguous(memory_format=torch.channels_last)
    assert not model.backbone._forward_pre_hooks


def test_another_onnx_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "bad.onnx").write_bytes(b"no graph")
    with pytest.raises(ModelError, match="not a readable ONNX model"):
        Predictor(tmp_path / "bad.onnx")
    with pytest.raises(ModelError, match="no such model file"):
        Predictor(tmp_path / "gone.onnx")
