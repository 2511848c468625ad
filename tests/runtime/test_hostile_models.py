"""Model files that are damaged, foreign, or contradict themselves: one line each."""

import json
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from PIL import Image
from typer.testing import CliRunner

from checkstate.cli import app
from checkstate.runtime.finder import Finder
from checkstate.runtime.predictor import ModelError, Predictor
from tests.conftest import ROOT

GOOD = {
    "classes": ["a", "b"],
    "image_size": [8, 12],
    "resize": "letterbox",
    "temperature": 1.0,
}


def write(path: Path, metadata: dict[str, str], name: str = "logits", classes: int = 2) -> Path:
    """A tiny graph: the mean of all pixels times a number for each class."""
    image = helper.make_tensor_value_info("image", TensorProto.UINT8, ["n", "h", "w", 3])
    logits = helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", classes])
    weights = helper.make_tensor("w", TensorProto.FLOAT, [1, classes], np.ones(classes))
    axes = helper.make_tensor("axes", TensorProto.INT64, [3], [1, 2, 3])
    nodes = [
        helper.make_node("Cast", ["image"], ["float"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["float", "axes"], ["mean"], keepdims=0),
        helper.make_node("Unsqueeze", ["mean", "last"], ["column"]),
        helper.make_node("MatMul", ["column", "w"], [name]),
    ]
    last = helper.make_tensor("last", TensorProto.INT64, [1], [1])
    graph = helper.make_graph(nodes, "g", [image], [logits], [weights, axes, last])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    helper.set_model_props(model, metadata)
    onnx.save(model, path)
    return path


FINDER = {"kinds": ["checkbox", "radio", "switch"], "multiple": 16, "threshold": 0.5}
INFINITY = float("inf")


def write_finder(
    path: Path,
    metadata: dict[str, str],
    *,
    corner: float = 40.0,
    columns: int = 4,
    height: int = 0,
    switch: float = 0.3,
) -> Path:
    """A tiny graph that finds one control whose confidence is the threshold."""
    tensor = helper.make_tensor_value_info
    inputs = [
        tensor("image", TensorProto.UINT8, [1, height or "h", "w", 3]),
        tensor("threshold", TensorProto.FLOAT, [1]),
    ]
    outputs = [
        tensor("boxes", TensorProto.FLOAT, ["n", columns]),
        tensor("scores", TensorProto.FLOAT, ["n"]),
        tensor("kinds", TensorProto.FLOAT, ["n", 3]),
    ]
    corners = helper.make_tensor("b", TensorProto.FLOAT, [1, columns], [corner] * columns)
    each = helper.make_tensor("k", TensorProto.FLOAT, [1, 3], [0.1, 0.2, switch])
    nodes = [
        helper.make_node("Add", ["b", "threshold"], ["boxes"]),
        helper.make_node("Identity", ["threshold"], ["scores"]),
        helper.make_node("Mul", ["k", "threshold"], ["kinds"]),
    ]
    graph = helper.make_graph(nodes, "g", inputs, outputs, [corners, each])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    helper.set_model_props(model, metadata)
    onnx.save(model, path)
    return path


def as_text(fields: dict[str, object]) -> dict[str, str]:
    return {key: json.dumps(value) for key, value in fields.items()}


def test_the_tiny_graph_is_a_model(tmp_path: Path) -> None:
    assert Predictor(write(tmp_path / "m.onnx", as_text(GOOD))).classes == ["a", "b"]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("classes", "ab"),
        ("classes", ["a"]),
        ("classes", ["a", "a"]),
        ("classes", [1, 2]),
        ("image_size", [8]),
        ("image_size", [8, 12, 3]),
        ("image_size", [0, 12]),
        ("image_size", [8.5, 12]),
        ("image_size", [8, 10**9]),
        ("resize", "crop"),
        ("temperature", 0),
        ("temperature", "1"),
        ("temperature", None),
    ],
)
def test_metadata_of_another_kind_is_named(tmp_path: Path, key: str, value: object) -> None:
    path = write(tmp_path / "m.onnx", as_text(GOOD | {key: value}))
    with pytest.raises(ModelError, match=rf"m\.onnx: its metadata '{key}'"):
        Predictor(path)


@pytest.mark.parametrize("command", ["info", "predict", "evaluate", "serve"])
def test_a_file_that_is_not_ours_is_one_line(tmp_path: Path, command: str) -> None:
    good = write(tmp_path / "good.onnx", as_text(GOOD))
    (tmp_path / "zero.onnx").write_bytes(b"")
    (tmp_path / "cut.onnx").write_bytes(good.read_bytes()[:200])
    outside = onnx.load(good)
    for tensor in outside.graph.initializer:
        tensor.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(tensor), tensor.name))
    options = {"save_as_external_data": True, "location": "w.bin", "size_threshold": 0}
    onnx.save(outside, tmp_path / "external.onnx", **options)
    (tmp_path / "w.bin").unlink()
    write(tmp_path / "name.onnx", as_text(GOOD), name="scores")
    write(tmp_path / "three.onnx", as_text(GOOD), classes=3)
    write(tmp_path / "none.onnx", {})
    write(tmp_path / "text.onnx", {**as_text(GOOD), "classes": "a, b"})
    for path in set(tmp_path.glob("*.onnx")) - {good}:
        image = [str(ROOT / "data/starter")] if command in {"predict", "evaluate"} else []
        result = CliRunner().invoke(app, [command, *image, "--model", str(path)])
        assert result.exit_code == 2
        assert len(result.output.strip().splitlines()) == 1
        assert path.name in result.output


def test_names_in_another_encoding_and_endless_metadata_are_one_line(tmp_path: Path) -> None:
    path = write(tmp_path / "m.onnx", {**as_text(GOOD), "note": "grun"})
    path.write_bytes(path.read_bytes().replace(b"grun", b"gr\xfcn"))
    with pytest.raises(ModelError, match=r"m\.onnx: not a readable ONNX model"):
        Predictor(path)
    for name in ("", "..", "/home/someone", "..\\x"):  # `find --crops` names folders by them
        write(path, as_text({**GOOD, "classes": ["checked", name]}))
        with pytest.raises(ModelError, match=r"m\.onnx: its metadata 'classes' is"):
            Predictor(path)
    write(path, {**as_text(GOOD), "classes": "[" * 100_000})
    with pytest.raises(ModelError, match=r"m\.onnx: its metadata 'classes' is not JSON"):
        Predictor(path)


def test_the_tiny_finder_is_one(tmp_path: Path) -> None:
    path = write_finder(tmp_path / "f.onnx", as_text(FINDER))
    [control] = Finder(path)(np.zeros((40, 50, 3), np.uint8), keep_other=True)
    assert control.kind == "switch"
    assert control.kind_confidence == pytest.approx(0.15)


@pytest.mark.parametrize(
    ("metadata", "graph"),
    [
        ({"kinds": ["checkbox"]}, {}),
        ({"kinds": {"0": "checkbox", "1": "radio", "2": "switch"}}, {}),
        ({"kinds": [1, 2, 3]}, {}),
        ({"multiple": 0}, {}),
        ({"multiple": 10_000}, {}),
        ({"threshold": INFINITY}, {}),
        ({}, {"columns": 3}),
        ({}, {"corner": INFINITY}),
        ({}, {"switch": INFINITY}),
    ],
)
def test_a_finder_that_contradicts_itself_is_refused(
    tmp_path: Path, metadata: dict[str, object], graph: dict[str, float]
) -> None:
    path = write_finder(tmp_path / "f.onnx", as_text(FINDER | metadata), **graph)
    with pytest.raises(ModelError, match=r"f\.onnx: "):
        Finder(path)


def test_a_finder_of_one_size_is_one_line(tmp_path: Path) -> None:
    path = write_finder(tmp_path / "f.onnx", as_text(FINDER), height=32)
    picture = tmp_path / "a.png"
    Image.new("RGB", (90, 90)).save(picture)
    result = CliRunner().invoke(app, ["find", str(picture), "--finder", str(path)])
    assert result.exit_code == 2
    assert result.output == f"error: {path}: it takes or gives something else\n"


def test_a_service_with_a_bad_finder_does_not_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_finder(tmp_path / "f.onnx", as_text(FINDER | {"multiple": 0}))
    monkeypatch.setenv("CHECKSTATE_FINDER", str(path))
    result = CliRunner().invoke(app, ["serve"])
    assert result.exit_code == 2
    assert result.output == f"error: {path}: not a checkstate finder\n"


def test_fields_that_somebody_else_wrote_are_shown(tmp_path: Path) -> None:
    theirs = {"author": "not JSON", "deep": "[" * 100_000}
    path = write(tmp_path / "m.onnx", as_text(GOOD) | theirs)
    result = CliRunner().invoke(app, ["info", "--model", str(path)])
    assert {key: json.loads(result.output)[key] for key in theirs} == theirs
