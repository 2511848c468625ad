from pathlib import Path

import pytest

from checkstate.runtime.model_file import VARIABLE, find_model
from checkstate.runtime.predictor import Predictor


def test_the_named_file_wins_then_the_variable_then_the_workspace_then_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(VARIABLE, raising=False)
    ours = find_model()
    assert ours.reason == "released with the package"
    assert ours.path.is_file()
    Path("models").mkdir()
    Path("models/model.onnx").write_bytes(b"")
    assert find_model().reason == "made in this folder"
    monkeypatch.setenv(VARIABLE, "other.onnx")
    assert find_model().path == Path("other.onnx")
    assert find_model("named.onnx").path == Path("named.onnx")


def test_the_released_model_knows_rendered_controls(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, crops: list[Path]
) -> None:
    monkeypatch.chdir(tmp_path)
    predictions = Predictor()(crops)
    correct = [p.label == crop.parent.name for p, crop in zip(predictions, crops, strict=True)]
    assert sum(correct) >= len(crops) - 1
