from dataclasses import replace
from pathlib import Path

import pytest
import torch
import yaml

from checkstate.core import paths
from checkstate.core.tables import PredictionRow, kept_images
from checkstate.data.datasets import load_rows
from checkstate.model.averaging import keep_start
from checkstate.model.checkpoints import load_model, save_half, save_model
from checkstate.model.networks import IMAGENET, Classifier, build_backbone, predict_logits
from crossval import crossval
from stages import curate, split, train
from tests.conftest import CLASSES, SMALL
from tests.model.test_training import recipe
from tests.pipeline.conftest import TINY


def network(seed: int) -> Classifier:
    torch.manual_seed(seed)
    return Classifier(build_backbone("test_efficientnet", 2, (48, 64), "none"), *IMAGENET)


@pytest.fixture
def start(tmp_path: Path) -> Path:
    """A model of the classes a and b to go on from."""
    card = replace(SMALL, backbone="test_efficientnet")
    save_model(tmp_path / "start.safetensors", network(0), card)
    return tmp_path / "start.safetensors"


def kept(start: Path, share: float, classes: list[str]) -> Classifier:
    trained = network(1)
    keep_start(trained, classes, recipe(init_from=str(start), keep=share))
    return trained


@pytest.mark.parametrize("share", [0.25, 0.5, 1.0])
def test_a_share_of_the_start_is_kept(start: Path, share: float) -> None:
    old, new = network(0).state_dict(), network(1).state_dict()
    for name, value in kept(start, share, ["a", "b"]).state_dict().items():
        if value.is_floating_point():
            assert torch.allclose(value, share * old[name] + (1 - share) * new[name], atol=1e-5)


@pytest.mark.parametrize(("share", "classes"), [(0.0, ["a", "b"]), (0.5, ["b", "c"])])
def test_nothing_is_kept_for_other_classes_or_none_asked(
    start: Path, share: float, classes: list[str]
) -> None:
    new = network(1).state_dict()
    for name, value in kept(start, share, classes).state_dict().items():
        assert torch.equal(value, new[name]), name


def test_the_stages_keep_what_the_params_say(project: Path) -> None:
    params = yaml.safe_load((project / "params.yaml").read_text())
    params["data"]["name"] = "tiny"
    params["train"] |= TINY["train"] | {"extra": [], "epochs": 1, "lr": 0.1}
    params["train"] |= {"init_from": "start.safetensors", "keep": 1.0, "normalization": "imagenet"}
    params["split"] |= TINY["split"]
    params["crossval"]["folds"] = 2
    (project / "params.yaml").write_text(yaml.safe_dump(params))
    torch.manual_seed(0)
    backbone = build_backbone("test_efficientnet", 3, (32, 32), "none")
    card = replace(SMALL, backbone="test_efficientnet", classes=list(CLASSES), image_size=(32, 32))
    save_half(Path("start.safetensors"), Classifier(backbone, *IMAGENET), card)
    start = load_model(Path("start.safetensors"))[0]
    for stage in (curate, split, train, crossval):
        stage.main()
    for name, value in load_model(paths.MODEL)[0].state_dict().items():
        if value.is_floating_point():
            assert torch.equal(value, start.state_dict()[name]), name
    rows = PredictionRow.read(paths.predictions_table("crossval"))
    pixels = load_rows(
        paths.CURATED, kept_images(paths.MANIFEST), list(CLASSES), (32, 32), "wrap"
    ).pixels
    wanted = predict_logits(start, pixels, 64).argmax(1)
    assert {row.path: row.predicted for row in rows} == {
        row.path: CLASSES[label]
        for row, label in zip(kept_images(paths.MANIFEST), wanted, strict=True)
    }
