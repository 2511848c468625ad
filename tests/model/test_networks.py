import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from checkstate.core.errors import UserError
from checkstate.model.checkpoints import ModelMetadata, load_model, save_half, save_model
from checkstate.model.compression import drop_blocks, prune
from checkstate.model.networks import IMAGENET, Classifier, build_backbone, predict_logits

NAMES = [
    "tf_efficientnet_lite0",
    "resnet18",
    "torchvision.resnet18",
    "resnet50",
    "mobilenetv3_small_100",
    "vit_tiny_patch16_224",
]


@pytest.mark.parametrize("name", NAMES)
def test_any_backbone_by_name_answers_with_one_logit_a_class(name: str) -> None:
    model = Classifier(build_backbone(name, 4, (96, 96), "none"), *IMAGENET).eval()
    logits = predict_logits(model, np.zeros((2, 96, 96, 3), np.uint8), 2)
    assert logits.shape == (2, 4)


def test_imagenet_weights_come_out_of_the_installed_wheel() -> None:
    torch.manual_seed(0)
    first = build_backbone("tf_efficientnet_lite0", 3, (64, 64), "imagenet").state_dict()
    torch.manual_seed(1)
    second = build_backbone("tf_efficientnet_lite0", 3, (64, 64), "imagenet").state_dict()
    shared = [key for key in first if "classifier" not in key]
    assert all(torch.equal(first[key], second[key]) for key in shared)
    assert first["conv_stem.weight"].std() > 0.1


def test_an_unknown_name_or_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"train\.backbone=resnet19"):
        build_backbone("resnet19", 3, (64, 64), "none")
    torch.save(build_backbone("resnet18", 3, (64, 64), "none").state_dict(), tmp_path / "w.pth")
    with pytest.raises(UserError, match=r"w\.pth: weights of another architecture"):
        build_backbone("mobilenetv3_small_050", 3, (64, 64), str(tmp_path / "w.pth"))
    (tmp_path / "text.pth").write_text("no weights")
    with pytest.raises(UserError, match=r"train\.weights=.*text\.pth"):
        build_backbone("mobilenetv3_small_050", 3, (64, 64), str(tmp_path / "text.pth"))
    with pytest.raises(UserError, match="it ends in no linear layer"):
        build_backbone("torchvision.squeezenet1_0", 3, (64, 64), "none")


@pytest.mark.parametrize("content", [None, [torch.ones(2)], torch.ones(2)], ids=repr)
def test_a_file_without_weights_by_name_is_refused(tmp_path: Path, content: object) -> None:
    path = tmp_path / "weights.pth"
    path.touch()
    if content is not None:
        torch.save(content, path)
    with pytest.raises(UserError, match=f"train.weights={path}: ") as caught:
        build_backbone("test_efficientnet", 2, (32, 32), str(path))
    assert "\n" not in str(caught.value)


def test_a_model_file_brings_back_the_same_answers_and_card(tmp_path: Path) -> None:
    model = Classifier(build_backbone("mobilenetv3_small_050", 2, (64, 96), "none"), *IMAGENET)
    card = ModelMetadata(
        "mobilenetv3_small_050", ["off", "on"], (64, 96), "letterbox", *IMAGENET, 1.5, "0" * 32, {}
    )
    save_model(tmp_path / "m.safetensors", model, card)
    again, read = load_model(tmp_path / "m.safetensors")
    images = np.random.default_rng(0).integers(0, 256, (3, 64, 96, 3), dtype=np.uint8)
    assert read == card
    assert np.array_equal(predict_logits(model, images, 3), predict_logits(again, images, 3))


def test_a_file_of_before_0_2_still_loads(tmp_path: Path) -> None:
    """Its metadata had another key, and said nothing of the network's structure."""
    model = Classifier(build_backbone("mobilenetv3_small_050", 2, (64, 96), "none"), *IMAGENET)
    card = ModelMetadata(
        "mobilenetv3_small_050", ["off", "on"], (64, 96), "letterbox", *IMAGENET, 1.5, "0" * 32, {}
    )
    new, old = tmp_path / "new.safetensors", tmp_path / "old.safetensors"
    save_model(new, model, card)
    with safe_open(new, "pt") as file:
        said = json.loads(file.metadata()["metadata"])
    del said["structure"]
    save_file(load_file(new), old, {"card": json.dumps(said)})
    again, read = load_model(old)
    assert read == card
    images = np.random.default_rng(0).integers(0, 256, (3, 64, 96, 3), dtype=np.uint8)
    assert np.array_equal(predict_logits(model, images, 3), predict_logits(again, images, 3))


def test_another_file_is_not_a_model(tmp_path: Path) -> None:
    (tmp_path / "m.safetensors").write_bytes(b"something else")
    with pytest.raises(UserError, match="not a trained model"):
        load_model(tmp_path / "m.safetensors")


def test_a_pruned_network_in_half_precision_comes_back_small(tmp_path: Path) -> None:
    whole = Classifier(build_backbone("tf_efficientnet_lite0", 3, (64, 64), "none"), *IMAGENET)
    pruned = prune(drop_blocks(whole.eval(), ["blocks.1.1", "blocks.5.3"]), 0.5, (64, 64))
    card = ModelMetadata(
        "tf_efficientnet_lite0", ["a", "b", "c"], (64, 64), "letterbox", *IMAGENET, 1.0, "", {}
    )
    save_half(tmp_path / "m.safetensors", pruned, card)
    again, _ = load_model(tmp_path / "m.safetensors")
    images = np.random.default_rng(0).integers(0, 256, (2, 64, 64, 3), dtype=np.uint8)
    assert (tmp_path / "m.safetensors").stat().st_size < 2_500_000
    assert np.allclose(
        predict_logits(pruned, images, 2), predict_logits(again, images, 2), atol=1e-2
    )
