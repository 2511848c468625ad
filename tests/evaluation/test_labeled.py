import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from checkstate.cli import app
from checkstate.core.tables import PredictionRow
from checkstate.evaluation.labeled import compare
from tests.conftest import CLASSES, copy_data


def run(*arguments: str, status: int = 0) -> str:
    result = CliRunner().invoke(app, ["evaluate", *arguments])
    assert result.exit_code == status, result.output
    return result.output


def test_a_folder_of_classes_is_counted_as_predict_predicts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    copy_data(tmp_path / "data", 6)
    found = json.loads(run("data", "--json"))
    [summary] = found["models"].values()
    predicted = CliRunner().invoke(app, ["predict", "data", "--json"]).output
    rows = [json.loads(line) for line in predicted.splitlines()]
    correct = sum(Path(row["path"]).parent.name == row["label"] for row in rows)
    assert (summary["images"], summary["correct"]) == (18, correct)
    assert sum(cell["images"] for cell in summary["confusion"]) == 18
    assert summary["top1"]["low"] <= summary["top1"]["value"] <= summary["top1"]["high"]
    assert f"{correct} of 18 right" in run("data")


def test_unreadable_images_are_named_and_a_folder_without_classes_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    copy_data(tmp_path / "data", 2)
    (tmp_path / "data/checked/broken.png").write_bytes(b"no image")
    assert "checked/broken.png: not an image" in run("data", status=1)
    shutil.copytree(tmp_path / "data/checked", tmp_path / "loose")
    assert "checked, other, unchecked" in run("loose", status=1)
    assert "data/split.csv is missing" in run(status=1)


def test_a_model_beside_itself_differs_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    copy_data(tmp_path / "data", 3)
    same = json.loads(run("data", "--model", str(model), "--compare", str(model), "--json"))
    assert same["comparison"]["gained"] == same["comparison"]["lost"] == 0
    assert same["comparison"]["within_noise"]


def rows(correct: str) -> list[PredictionRow]:
    """Predictions that are right where a letter is 1."""
    return [
        PredictionRow(
            path=str(i),
            label="checked",
            predicted=CLASSES[0] if hit == "1" else CLASSES[1],
            confidence=1,
            probabilities={},
        )
        for i, hit in enumerate(correct)
    ]


def test_a_gain_is_told_from_noise() -> None:
    little = compare(rows("1" * 90 + "0" * 10), rows("1" * 92 + "0" * 8))
    much = compare(rows("1" * 80 + "0" * 20), rows("1" * 95 + "0" * 5))
    assert little["within_noise"]
    assert little["p_value"] == pytest.approx(0.5)
    assert not much["within_noise"]
    assert much["p_value"] == pytest.approx(2 * 0.5**15)
    assert much["difference"]["low"] > 0
