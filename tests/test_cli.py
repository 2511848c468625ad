import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from tests.conftest import CLASSES


def run(*arguments: object, stdin: bytes = b"") -> tuple[int, str, str]:
    """The real command in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "checkstate.cli", *map(str, arguments)],
        input=stdin,
        capture_output=True,
    )
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def test_json_is_one_object_a_line(model: Path, crops: list[Path]) -> None:
    status, out, _ = run("predict", "--json", "--model", model, *crops)
    rows = [json.loads(line) for line in out.splitlines()]
    assert status == 0
    assert [row["path"] for row in rows] == [str(crop) for crop in crops]
    assert set(rows[0]) == {"path", "label", "confidence", "probabilities", "model"}
    assert rows[0]["label"] in CLASSES


def test_csv_has_a_header(model: Path, crops: list[Path]) -> None:
    _, out, _ = run("predict", "--csv", "--model", model, crops[0].parent)
    rows = list(csv.DictReader(io.StringIO(out)))
    assert len(rows) == len(list(crops[0].parent.iterdir()))
    assert float(rows[0]["confidence"]) == max(float(rows[0][f"p_{c}"]) for c in CLASSES)


def test_a_person_gets_label_confidence_and_bar(model: Path, crops: list[Path]) -> None:
    _, out, _ = run("predict", "--model", model, crops[0])
    assert "%" in out and "#" in out and crops[0].name in out


def test_standard_input_and_abstaining(model: Path, crops: list[Path]) -> None:
    status, out, _ = run(
        "predict", "--json", "--threshold", 1, "--model", model, "-", stdin=crops[0].read_bytes()
    )
    assert status == 0
    assert json.loads(out)["label"] is None


def test_unreadable_images_are_named_and_the_others_answered(
    model: Path, crops: list[Path], tmp_path: Path
) -> None:
    bad = tmp_path / "text.png"
    bad.write_text("no image")
    status, out, err = run("predict", "--json", "--model", model, bad, crops[0], tmp_path / "gone")
    assert status == 1
    assert len(out.splitlines()) == 1
    assert "text.png: not an image" in err
    assert "gone: no such file" in err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["predict", "--model", "gone.onnx", "x.png"], "gone.onnx: no such model file"),
        (["predict", "--json", "--csv", "x.png"], "exclude each other"),
        (["predict"], "Missing argument"),
    ],
)
def test_wrong_usage_ends_with_two(arguments: list[str], message: str) -> None:
    status, _, err = run(*arguments)
    assert status == 2
    assert message in err
    assert "Traceback" not in err


def test_info_prints_the_card(model: Path) -> None:
    status, out, _ = run("info", model)
    assert status == 0
    assert json.loads(out)["classes"] == list(CLASSES)


def test_explain_writes_an_overlay(model: Path, crops: list[Path], tmp_path: Path) -> None:
    run("predict", "--model", model, "--explain", tmp_path, crops[0])
    assert Image.open(tmp_path / f"{crops[0].name}.explained.png").size == (64, 64)


def test_export_triton_matches_the_graph(model: Path, tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    status, _, _ = run("export-triton", tmp_path, "--model", model)
    assert status == 0
    config = (tmp_path / "checkstate/config.pbtxt").read_text()
    graph = onnx.load(tmp_path / "checkstate/1/model.onnx").graph
    dims = [d.dim_value or -1 for d in graph.input[0].type.tensor_type.shape.dim]
    assert (graph.input[0].name, dims[1:]) == ("image", [64, 64, 3])
    assert graph.input[0].type.tensor_type.elem_type == onnx.TensorProto.UINT8
    assert 'name: "image", data_type: TYPE_UINT8, dims: [ 64, 64, 3 ]' in config
    assert [d.dim_value for d in graph.output[0].type.tensor_type.shape.dim][1:] == [3]
    assert 'name: "logits", data_type: TYPE_FP32, dims: [ 3 ]' in config
    assert (tmp_path / "checkstate/labels.txt").read_text().split() == list(CLASSES)
