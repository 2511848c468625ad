"""Measure the trained model on the test set, which nothing has looked at before.

python -m stages.evaluate
"""

from pathlib import Path

from dvclive.live import Live

from checkstate.datasets import load_split
from checkstate.evaluation import (
    calibration_error,
    coverage_rows,
    draw_mistakes,
    prediction_rows,
    summarise,
)
from checkstate.files import write_csv
from checkstate.networks import load_model, predict_logits
from checkstate.params import load_params
from checkstate.predictor import softmax
from checkstate.running import run_stage
from checkstate.training import prepare_torch


def main() -> None:
    """Read the model and the test images; write metrics and plots."""
    params = load_params()
    prepare_torch(params.seed, params.train.threads)
    model, card = load_model("models/model.safetensors")
    test = load_split("test", card.image_size, card.resize)
    logits = predict_logits(model, test.pixels, params.evaluate.batch_size)
    probabilities = softmax(logits / card.temperature)
    out = Path("metrics/evaluate")
    with Live(str(out), dvcyaml=None, save_dvc_exp=False) as live:
        live.summary.update(summarise(probabilities, test.labels, test.classes, params.seed))
        unscaled = calibration_error(softmax(logits), test.labels)
        live.summary["calibration_error_unscaled"] = unscaled
    write_csv(out / "plots/predictions.csv", prediction_rows(probabilities, test))
    write_csv(out / "plots/coverage.csv", coverage_rows(probabilities, test.labels))
    draw_mistakes(out / "plots/mistakes.png", probabilities, test, params.evaluate.worst)


if __name__ == "__main__":
    run_stage(main)
