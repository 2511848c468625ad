"""How often is a control right whose library nothing has learned from?

python -m pretrain.held_out

The weights that every training starts from predict data/held-out.zip.
"""

from checkstate.core import paths
from checkstate.core.errors import UserError
from checkstate.core.params import load_params
from checkstate.data.datasets import load_archive
from checkstate.evaluation.libraries import by_library
from checkstate.model.checkpoints import load_model
from checkstate.model.networks import predict_logits
from checkstate.stage.live import write_metrics
from checkstate.stage.runner import run_stage


def main() -> None:
    """Read data/held-out.zip and pretrain/weights; write metrics/held_out."""
    params = load_params()
    model, metadata = load_model(paths.WEIGHTS)
    data = load_archive(paths.HELD_OUT, metadata.image_size, metadata.resize)
    if data.classes != metadata.classes:
        raise UserError(
            f"{paths.HELD_OUT} has the classes {data.classes}, {paths.WEIGHTS} has "
            f"{metadata.classes}: render or pretrain again"
        )
    logits = predict_logits(model, data.pixels, params.evaluate.batch_size)
    out = paths.metrics_folder("held_out")
    correct = logits.argmax(1) == data.labels
    write_metrics(out, by_library(data.paths, correct, out / "plots/libraries.csv"))


if __name__ == "__main__":
    run_stage(main)
