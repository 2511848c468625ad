from dataclasses import replace
from pathlib import Path

import pytest
import torch

from checkstate.core import paths
from checkstate.core.errors import UserError
from checkstate.core.params import load_params
from checkstate.model.checkpoints import load_model, save_half
from checkstate.model.networks import IMAGENET, Classifier, build_backbone
from pretrain import average
from tests.conftest import SMALL


@pytest.mark.usefixtures("project")
def test_networks_of_other_classes_are_not_averaged() -> None:
    before = Path(load_params().pretrain.finetune.init_from)
    for file, classes in ((before, ["off", "on"]), (paths.FINETUNED, ["on", "off"])):
        metadata = replace(SMALL, backbone="test_efficientnet", classes=classes)
        backbone = build_backbone("test_efficientnet", 2, metadata.image_size, "none")
        save_half(file, Classifier(backbone, *IMAGENET), metadata)
    with pytest.raises(UserError, match="its classes are others than those of"):
        average.main()
    assert not paths.AVERAGED.exists()


@pytest.mark.usefixtures("project")
def test_every_weight_is_the_mean_of_both_networks() -> None:
    before = Path(load_params().pretrain.finetune.init_from)
    metadata = replace(SMALL, backbone="test_efficientnet")
    for seed, file in enumerate((before, paths.FINETUNED)):
        torch.manual_seed(seed)
        backbone = build_backbone("test_efficientnet", 2, metadata.image_size, "none")
        save_half(file, Classifier(backbone, *IMAGENET), metadata)
    average.main()
    old, new, mean = (
        load_model(file)[0].state_dict() for file in (before, paths.FINETUNED, paths.AVERAGED)
    )
    for name, value in mean.items():
        if value.is_floating_point():
            assert torch.allclose(value, (old[name] + new[name]) / 2, atol=1e-3), name
    changed = [name for name in mean if not torch.equal(old[name], new[name])]
    assert len(changed) > 10
