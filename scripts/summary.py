"""Say what `make repro` made, how good it is, and what to do next.

python -m scripts.summary
"""

from checkstate.core import paths
from checkstate.core.files import read_json
from checkstate.core.params import load_params
from scripts.figures import share

TEXT = """
{model} is made: {size:.2f} MB, {milliseconds:.2f} ms an image on one thread.
Right on {top1} of {images} test images of data/{data}{rendered}.

next:  source .venv/bin/activate
       checkstate predict data/starter/checked      # use it
       checkstate serve                             # a page and an HTTP service
       checkstate report                            # metrics/report.html and MODEL_CARD.md
       dvc exp run -S train.lr=0.01                 # an experiment
       dvc exp run -S data.name=<name>              # your own images, data/<name>/<class>/"""


def main() -> None:
    """Print it from the metrics of the last run."""
    evaluated, shipped, timed = (
        read_json(paths.metrics_folder(stage) / paths.DETAILS)
        for stage in ("evaluate", "quantize_prune", "benchmark")
    )
    data = load_params().data.name
    print(
        TEXT.format(
            model=paths.SHIPPED,
            size=shipped["bytes"] / 1e6,
            milliseconds=timed["shipped"]["p50"],
            top1=share(shipped["test_top1"]),
            images=evaluated["images"],
            data=data,
            rendered=", renderings: expect less of screens" if data == "starter" else "",
        )
    )


if __name__ == "__main__":
    main()
