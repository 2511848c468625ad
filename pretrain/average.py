"""The mean of the student's weights before and after it went on: `make weights`.

python -m pretrain.average
"""

from pathlib import Path

from checkstate.core import paths
from checkstate.core.errors import UserError
from checkstate.core.params import load_params
from checkstate.model.averaging import average
from checkstate.model.checkpoints import load_model, save_half
from checkstate.stage.runner import run_stage

BEFORE = 0.5
"""Share of the weights before; the paper's choice where nothing tells a better one."""


def main() -> None:
    """Read both networks; write models/averaged.safetensors."""
    start = Path(load_params().pretrain.finetune.init_from)
    before, known = load_model(start)
    model, metadata = load_model(paths.FINETUNED)
    if metadata.classes != known.classes:
        raise UserError(f"{start}: its classes are others than those of {paths.FINETUNED}")
    average(model, before, BEFORE)
    save_half(paths.AVERAGED, model, metadata)


if __name__ == "__main__":
    run_stage(main)
