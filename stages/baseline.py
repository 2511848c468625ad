"""Time the recipe of 2024, which every speed is a multiple of.

python -m stages.baseline

A ResNet50 at 512 pixels in eager torch takes minutes to time and depends on nothing that an
experiment changes, so it is a stage of its own.
"""

from checkstate.core import paths
from checkstate.core.files import write_json
from checkstate.core.params import load_params
from checkstate.evaluation.timing import machine
from checkstate.model.baseline import time_baseline
from checkstate.stage.runner import run_stage


def main() -> None:
    """Write metrics/baseline/timing.json, with the machine that it was measured on."""
    settings = load_params().benchmark
    row = time_baseline(settings.baseline_image_size, settings.baseline_batches, settings.rounds)
    write_json(paths.BASELINE, {"machine": machine(), "row": row})


if __name__ == "__main__":
    run_stage(main)
