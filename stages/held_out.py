"""How often is a control right whose library nothing has learned from?

python -m stages.held_out

The weights that every training starts from answer for data/held-out.zip.
"""

from checkstate.datasets import load_archive
from checkstate.libraries import libraries_of, write_metrics
from checkstate.networks import load_model, predict_logits
from checkstate.params import load_params
from checkstate.running import run_stage


def main() -> None:
    """Read data/held-out.zip and pretrain/weights; write metrics/held_out."""
    params = load_params()
    model, card = load_model("pretrain/weights/student.safetensors")
    data = load_archive("data/held-out.zip", card.image_size, card.resize)
    logits = predict_logits(model, data.pixels, params.evaluate.batch_size)
    write_metrics("metrics/held_out", libraries_of(data.paths), logits.argmax(1) == data.labels)


if __name__ == "__main__":
    run_stage(main)
