"""Draw docs/controls.png: test images of the starter data, each with the shipped model's answer.

python -m render.picture
"""

from pathlib import Path
from random import Random

from PIL import Image, ImageDraw

from checkstate.core.files import atomic_write, read_csv
from checkstate.runtime.images import read_image
from checkstate.runtime.predictor import Predictor
from checkstate.stage.runner import run_stage

COLUMNS, ROWS = 7, 6
CELL = (150, 92)  # pixels, of which the lowest 22 hold the answer
BACKGROUND, INK, WRONG = "#f3f3f3", "#2540b0", "#c01010"


def main() -> None:
    """Read data/split.csv, data/starter and models/model.onnx; write docs/controls.png."""
    predictor = Predictor("models/model.onnx")
    test = [row for row in read_csv("data/split.csv") if row["split"] == "test"]
    sheet = Image.new("RGB", (COLUMNS * CELL[0], ROWS * CELL[1]), BACKGROUND)
    draw = ImageDraw.Draw(sheet)
    for number, row in enumerate(Random(0).sample(test, COLUMNS * ROWS)):
        left, top = number % COLUMNS * CELL[0], number // COLUMNS * CELL[1]
        image = read_image(Path("data/starter", row["path"]))
        said = predictor(image)
        image.thumbnail((CELL[0] - 16, CELL[1] - 30))
        sheet.paste(image, (left + (CELL[0] - image.width) // 2, top + 8))
        color = INK if said.label == row["label"] else WRONG
        draw.text((left + 10, top + 74), f"{said.label} {said.confidence:.0%}", fill=color)
    with atomic_write("docs/controls.png") as temporary:
        sheet.save(temporary, "PNG", optimize=True)


if __name__ == "__main__":
    run_stage(main)
