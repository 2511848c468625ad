import json
import shutil
import zipfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner

from checkstate.cli import app
from checkstate.core.tables import PredictionRow, SplitRow, write_table
from checkstate.evaluation.labeled import compare, in_test_split, summarize_labeled
from checkstate.evaluation.text import summary_text
from checkstate.model.export import export_fp32
from checkstate.model.networks import IMAGENET, Classifier, build_backbone
from tests.conftest import CLASSES, SMALL, copy_data


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
    (tmp_path / "all/checked").mkdir(parents=True)
    shutil.copy(tmp_path / "data/checked/broken.png", tmp_path / "all/checked")
    assert run("all", status=1).startswith("error: no image to measure on: checked/broken.png: not")
    assert "checked, other, unchecked" in run("loose", status=1)
    assert "data/split.csv is missing" in run(status=1)


def test_class_folders_count_in_any_case_and_what_is_left_out_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    copy_data(tmp_path / "data", 2)
    (tmp_path / "data/checked").rename(tmp_path / "data/Checked")
    (tmp_path / "data/other").rename(tmp_path / "data/mixed")
    (tmp_path / "data/notes.txt").write_text("two sites")
    result = CliRunner().invoke(app, ["evaluate", "data", "--json"])
    assert result.stderr == "left out: image of no known class 2, .txt 1\n"
    found = json.loads(result.stdout)
    assert found["left_out"] == {".txt": 1, "image of no known class": 2}
    [summary] = found["models"].values()
    assert {cell["label"] for cell in summary["confusion"]} == {"checked", "unchecked"}
    assert summary["images"] == 4


def test_several_sources_are_one_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    copy_data(tmp_path / "data", 3)
    shutil.make_archive("more", "zip", "data")
    [once] = json.loads(run("data", "--json"))["models"].values()
    [twice] = json.loads(run("data", "more.zip", "--json"))["models"].values()
    assert (twice["images"], twice["correct"]) == (18, 2 * once["correct"])
    assert twice["mean_confidence"] == pytest.approx(once["mean_confidence"], rel=1e-12)
    assert twice["confident"]["share"] == once["confident"]["share"]
    doubled = [{**cell, "images": 2 * cell["images"]} for cell in once["confusion"]]
    assert twice["confusion"] == doubled
    # torchmetrics adds in float32: 18 confidences, each within half of 2 ** -23
    assert twice["calibration_error"] == pytest.approx(once["calibration_error"], abs=9 * 2**-23)
    sources = {mistake["path"].partition("/")[0] for mistake in twice["mistakes"]}
    assert sources <= {"data", "more.zip"}
    (tmp_path / "data/other/broken.png").write_bytes(b"no image")
    assert "data/other/broken.png: not an image" in run("more.zip", "data", status=1)
    assert "gone: no such folder" in run("data", "gone", status=1)


def test_the_calibration_error_is_how_far_confidence_lies_from_accuracy() -> None:
    """Of ten images at 0.8, five are right."""
    probabilities = dict(zip(CLASSES, (0.8, 0.1, 0.1), strict=True))
    table = [
        PredictionRow(
            path="",
            label=CLASSES[n % 2],
            predicted=CLASSES[0],
            confidence=0.8,
            probabilities=probabilities,
        )
        for n in range(10)
    ]
    summary = summarize_labeled(table)
    assert summary["calibration_error"] == pytest.approx(0.3)
    assert "expected calibration error 30.0%\n" in summary_text(summary, CLASSES)


def test_images_of_the_test_split_that_a_model_has_no_class_for_are_left_out(
    project: Path,
) -> None:
    image = next((project / "data/tiny/checked").iterdir())
    with zipfile.ZipFile("curated.zip", "w") as archive:
        archive.write(image, "on/a.png")
        archive.write(image, "mixed/b.png")
    rows = [
        SplitRow(path=path, label=path.split("/")[0], split="test")
        for path in ("on/a.png", "mixed/b.png")
    ]
    write_table("split.csv", rows)
    left_out = Counter[str]()
    found = in_test_split(Path("split.csv"), Path("curated.zip"), ["on", "off"], left_out)
    assert [image.path for image in found] == ["on/a.png"]
    assert left_out == {"image of no known class": 1}


def test_a_model_beside_itself_differs_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    copy_data(tmp_path / "data", 3)
    same = json.loads(run("data", "--model", str(model), "--compare", str(model), "--json"))
    assert same["comparison"]["gained"] == same["comparison"]["lost"] == 0
    assert same["comparison"]["within_noise"]


def saved(path: Path, classes: Sequence[str], order: list[int]) -> str:
    """A model that says `classes` of its outputs, which are those of one network in this order."""
    torch.manual_seed(0)
    backbone = build_backbone("test_efficientnet", 3, (64, 64), "none")
    head = backbone.get_classifier()
    head.weight.data, head.bias.data = head.weight.data[order], head.bias.data[order]
    card = replace(SMALL, classes=[classes[i] for i in order], image_size=(64, 64))
    export_fp32(path, Classifier(backbone, *IMAGENET), card)
    return str(path)


def test_classes_in_another_order_are_the_same_and_other_classes_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    copy_data(tmp_path / "data", 6)
    first = saved(tmp_path / "first.onnx", CLASSES, [0, 1, 2])
    turned = saved(tmp_path / "turned.onnx", CLASSES, [2, 0, 1])
    compared = run("data", "--model", first, "--compare", turned, "--device", "cpu")
    tables = compared.replace(turned, first).split(f"{first}\n")[1:]
    assert tables[1].startswith(tables[0])
    assert "right on 0 that the first has wrong, and wrong on 0" in tables[1]
    named = saved(tmp_path / "named.onnx", ("on", "other", "off"), [0, 1, 2])
    said = run("data", "--model", first, "--compare", named, status=1)
    assert said == (
        f"error: {named}: its classes are off, on, other, those of {first} checked, other, "
        "unchecked: compare models of the same classes\n"
    )


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


def test_one_image_on_which_models_differ_has_an_interval_of_nothing() -> None:
    found = compare(rows("0"), rows("1"))
    assert found["difference"] == {"value": 1.0, "low": 1.0, "high": 1.0}
    assert found["within_noise"]
