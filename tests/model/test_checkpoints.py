"""Files of models that are damaged, or were made to harm who loads them: one line each."""

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from checkstate.core.errors import UserError
from checkstate.model.checkpoints import METADATA, STRUCTURE, ModelMetadata, load_model, save_model
from checkstate.model.networks import IMAGENET, Classifier, build_backbone

NAME = "mobilenetv3_small_050"
GOOD = ModelMetadata(NAME, ["off", "on"], (64, 96), "letterbox", *IMAGENET, 1.5, "0" * 32, {})


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model as it is saved."""
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("saved") / "m.safetensors"
    save_model(path, Classifier(build_backbone(NAME, 2, (64, 96), "none"), *IMAGENET), GOOD)
    return path


def changed(saved: Path, path: Path, **changes: object) -> Path:
    """That model with other metadata."""
    fields = GOOD.__dict__ | {STRUCTURE: {"removed": [], "changed": {}}} | changes
    save_file(load_file(saved), path, {METADATA: json.dumps(fields)})
    return path


def refusal(path: Path) -> str:
    with pytest.raises(UserError) as caught:
        load_model(path)
    message = str(caught.value)
    assert "\n" not in message
    assert path.name in message
    return message


def test_the_file_itself_is_a_model(saved: Path, tmp_path: Path) -> None:
    assert load_model(changed(saved, tmp_path / "m.safetensors"))[1] == GOOD


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("backbone", None),
        ("backbone", 18),
        ("backbone", ["resnet18"]),
        ("backbone", "hf-hub:someone/something"),
        ("backbone", "two\nlines"),
        ("classes", 2),
        ("classes", "ab"),
        ("classes", ["on"]),
        ("classes", [1, 2]),
        ("classes", {"off": 0, "on": 1}),
        ("image_size", 64),
        ("image_size", [64]),
        ("image_size", ["a", "b"]),
        ("image_size", [0, 64]),
        ("image_size", [64, 10**9]),
        ("resize", "crop"),
        ("mean", [0.5, 0.5]),
        ("mean", None),
        ("std", ["a", "b", "c"]),
        ("temperature", 0),
        ("temperature", float("nan")),
        ("params", []),
        ("unknown", 1),
    ],
)
def test_metadata_of_another_kind_is_named(
    saved: Path, tmp_path: Path, key: str, value: object
) -> None:
    assert f"its metadata: {key}" in refusal(
        changed(saved, tmp_path / "m.safetensors", **{key: value})
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"backbone": "resnet19"},
        {"backbone": "torchvision.resnet19"},
        {"backbone": "resnet18"},
        {"backbone": "torchvision.maskrcnn_resnet50_fpn"},
        {"classes": ["a", "b", "c"]},
        {STRUCTURE: []},
        {STRUCTURE: "none"},
        {STRUCTURE: {"removed": []}},
        {STRUCTURE: {"removed": 3, "changed": {}}},
        {STRUCTURE: {"removed": ["gone"], "changed": {}}},
        {STRUCTURE: {"removed": [None], "changed": {}}},
        {STRUCTURE: {"removed": [], "changed": {"conv_stem": 3}}},
        {STRUCTURE: {"removed": [], "changed": {"conv_stem": {"groups": "1"}}}},
        {STRUCTURE: {"removed": [], "changed": {"conv_stem": {"forward": 1}}}},
    ],
)
def test_a_network_that_the_weights_are_not_of_is_one_line(
    saved: Path, tmp_path: Path, changes: dict[str, object]
) -> None:
    message = refusal(changed(saved, tmp_path / "m.safetensors", **changes))
    assert "its weights are of no" in message


@pytest.mark.parametrize("text", ["", "3", "null", '"text"', "[]", "{", "[" * 100_000])
def test_metadata_that_is_no_object_is_no_model(saved: Path, tmp_path: Path, text: str) -> None:
    path = tmp_path / "m.safetensors"
    save_file(load_file(saved), path, {METADATA: text})
    assert "not a trained model" in refusal(path)


@pytest.mark.parametrize("end", [0, 4, 8, 100, 0.5])
def test_a_file_that_ends_in_the_middle_is_one_line(
    saved: Path, tmp_path: Path, end: float
) -> None:
    path = tmp_path / "m.safetensors"
    content = saved.read_bytes()
    path.write_bytes(content[: int(end * len(content) if end == 0.5 else end)])
    refusal(path)
