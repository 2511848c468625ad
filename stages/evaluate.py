"""Measure the trained model on the test set, which nothing has looked at before.

python -m stages.evaluate
"""

from functools import partial

import numpy as np
from PIL import Image

from checkstate.core import paths
from checkstate.core.files import write_csv, write_json
from checkstate.core.params import load_params
from checkstate.core.tables import write_table
from checkstate.core.types import Indices, Pixels
from checkstate.data.datasets import load_split
from checkstate.evaluation.contact_sheet import draw_mistakes
from checkstate.evaluation.metrics import calibration_error, headline, summarize
from checkstate.evaluation.predictions import coverage_rows, prediction_rows
from checkstate.evaluation.robustness import by_group, stability
from checkstate.model.checkpoints import ModelMetadata, load_model
from checkstate.model.networks import Classifier, predict_logits
from checkstate.model.optimization import prepare_torch
from checkstate.runtime.images import resize
from checkstate.runtime.predictor import softmax
from checkstate.stage.live import write_metrics
from checkstate.stage.runner import run_stage


def main() -> None:
    """Read the model and the test images; write metrics and plots."""
    params = load_params()
    prepare_torch(params.seed, params.train.threads)
    model, metadata = load_model(paths.MODEL)
    size, mode = metadata.image_size, metadata.resize
    test = load_split(paths.SPLIT, paths.CURATED, "test", size, mode)
    logits = predict_logits(model, test.pixels, params.evaluate.batch_size)
    probabilities = softmax(logits / metadata.temperature)
    out = paths.metrics_folder("evaluate")
    summary = summarize(probabilities, test.labels, test.classes, params.seed)
    unscaled = calibration_error(softmax(logits), test.labels)
    found = {**summary, "calibration_error_unscaled": unscaled}
    if params.evaluate.robustness:
        asked = partial(predict, model, metadata, params.evaluate.batch_size)
        rows = stability(test.encoded, test.labels, asked)
        write_csv(out / "plots/robustness.csv", rows)
        found["robustness"] = by_group(rows)
    write_metrics(out, headline(found))
    write_json(out / paths.DETAILS, found)
    write_table(paths.predictions_table("evaluate"), prediction_rows(probabilities, test))
    write_csv(out / "plots/coverage.csv", coverage_rows(probabilities, test.labels))
    draw_mistakes(out / "plots/mistakes.png", probabilities, test, params.evaluate.worst)


def predict(
    model: Classifier, metadata: ModelMetadata, batch_size: int, images: list[Pixels]
) -> Indices:
    """Class indices of images of any size, int64 [n]."""
    inputs = [
        resize(Image.fromarray(image), metadata.image_size, metadata.resize) for image in images
    ]
    predicted: Indices = predict_logits(model, np.stack(inputs), batch_size).argmax(1)
    return predicted


if __name__ == "__main__":
    run_stage(main)
