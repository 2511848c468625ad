"""Cut one library's screenshots into labeled crops.

python -m render.crops bootstrap

Every control is cut several ways, each drawn from the seed: alone, with its label, with its row.
Of `crops` in params at most half are `other`, drawn from all that was cut: pages show more of it
than of controls, which are then cut more ways.
The hash in a crop's name begins with the number of its page, so that what learns from crops can
hold out whole pages: several crops show the same control.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from random import Random

from PIL import Image
from tqdm import tqdm

from checkstate.core.files import write_archive
from checkstate.core.render_params import RenderParams, load_render_params
from checkstate.core.tables import name_with_page
from checkstate.stage.runner import run_stage
from render.archives import read_screenshots
from render.cutting import OTHER, cut_crops
from render.pages import HERE

WAYS = 4
"""Times that every control is cut, at most."""


def main() -> None:
    """Read render/screenshots/<library>.zip; write render/crops/<library>.zip."""
    (name,) = sys.argv[1:]
    settings = load_render_params()
    write_archive(HERE / "crops" / f"{name}.zip", balanced(name, settings).items())


def balanced(name: str, settings: RenderParams) -> dict[str, bytes]:
    """Crops that differ, path to PNG: as many as the settings ask for, where there are so many."""
    controls: dict[str, bytes] = {}
    other: dict[str, bytes] = {}
    most_other = settings.crops // 2
    with tqdm(total=settings.crops, desc=name, unit="crop") as bar:
        for path, png in crops_of(name, settings.seed):
            (other if path.startswith(f"{OTHER}/") else controls)[path] = png
            count = len(controls) + min(len(other), most_other)
            bar.update(count - bar.n)
            if count == settings.crops:
                break
    kept = Random(settings.seed).sample(list(other.items()), min(len(other), most_other))
    return dict([*controls.items(), *kept])


def crops_of(name: str, seed: int) -> Iterator[tuple[str, bytes]]:
    """Yield (<label>/<name>-<kind>-<page and hash>.png, PNG): all controls once, then once more."""
    for way in range(WAYS):
        for page, (file, png, controls) in enumerate(read_screenshots(name)):
            picture = Image.open(io.BytesIO(png)).convert("RGB")
            for path, crop in cut_crops(picture, controls, name, Random(f"{seed}-{way}-{file}")):
                yield name_with_page(path, page), crop


if __name__ == "__main__":
    run_stage(main)
