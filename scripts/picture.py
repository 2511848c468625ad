"""Draw the README's pictures: test images with predictions, a screen with what is found on it.

python -m scripts.picture
"""

from pathlib import Path
from random import Random

from checkstate.core import paths
from checkstate.core.tables import SplitRow
from checkstate.evaluation.contact_sheet import contact_sheet
from checkstate.runtime.finder import Finder
from checkstate.runtime.finds import drawn
from checkstate.runtime.images import read_image
from checkstate.runtime.predictor import Predictor
from checkstate.stage.runner import run_stage

COLUMNS, ROWS = 7, 6
CELL = (138, 64)
CORRECT, WRONG = "#2540b0", "#c01010"


def main() -> None:
    """Read data/split.csv, data/starter, docs/screen.png and the models; write docs/*.png."""
    predictor = Predictor(paths.SHIPPED)
    test = [row for row in SplitRow.read(paths.SPLIT) if row.split == "test"]
    rows = Random(0).sample(test, COLUMNS * ROWS)
    images = [read_image(paths.data_source("starter") / row.path) for row in rows]
    captions = []
    for row, image in zip(rows, images, strict=True):
        prediction = predictor(image)
        color = CORRECT if prediction.label == row.label else WRONG
        captions.append([(f"{prediction.label} {prediction.confidence:.0%}", color)])
    contact_sheet(Path("docs/controls.png"), images, captions, CELL, COLUMNS)
    screen = read_image("docs/screen.png")
    finder = Finder(paths.RELEASED_FINDER, predictor)
    drawn(screen, finder.find(screen), predictor.classes).save("docs/screen-found.png")


if __name__ == "__main__":
    run_stage(main)
