"""The mean of the student's weights before and after it went on: `make weights`.

python -m pretrain.average

A network that learned the new crops alone forgets some of the old ones. The mean of both networks
is right on more of either (Wortsman et al. 2022, "Robust fine-tuning of zero-shot models").
"""

from pathlib import Path

import torch

from checkstate.core import paths
from checkstate.core.params import load_params
from checkstate.model.checkpoints import load_model, save_half
from checkstate.stage.runner import run_stage

AFTER = 0.5
"""Share of the weights after; the paper's choice where nothing tells a better one."""


def main() -> None:
    """Read both networks; write models/averaged.safetensors."""
    before, _ = load_model(Path(load_params().pretrain.finetune.init_from))
    model, metadata = load_model(paths.FINETUNED)
    earlier = before.state_dict()
    with torch.no_grad():
        for name, value in model.state_dict().items():
            if value.is_floating_point():
                value.lerp_(earlier[name], 1 - AFTER)
    save_half(paths.AVERAGED, model, metadata)


if __name__ == "__main__":
    run_stage(main)
