"""Cut one library's screenshots into labelled crops.

python -m render.crops bootstrap

Every control is cut several ways, each drawn from the seed: alone, with its label, with its row.
"""

from __future__ import annotations

import io
import itertools
import sys
from collections.abc import Iterator
from random import Random

import yaml
from PIL import Image
from tqdm import tqdm

from checkstate.core.files import write_archive
from checkstate.stage.runner import run_stage
from render.archives import read_screenshots
from render.cutting import cut_crops
from render.pages import HERE

WAYS = 4
"""Times that every control is cut, at most."""


def main() -> None:
    """Read render/screenshots/<library>.zip; write render/crops/<library>.zip."""
    (name,) = sys.argv[1:]
    settings = yaml.safe_load((HERE / "params.yaml").read_text())
    different = dict(tqdm(crops_of(name, settings["seed"]), name, unit="crop"))
    crops = itertools.islice(different.items(), settings["crops"])
    write_archive(HERE / "crops" / f"{name}.zip", crops)


def crops_of(name: str, seed: int) -> Iterator[tuple[str, bytes]]:
    """Yield (<label>/<name>-<kind>-<hash>.png, PNG): all controls cut once, then once more."""
    for way in range(WAYS):
        for file, png, controls in read_screenshots(name):
            picture = Image.open(io.BytesIO(png)).convert("RGB")
            yield from cut_crops(picture, controls, name, Random(f"{seed}-{way}-{file}"))


if __name__ == "__main__":
    run_stage(main)
