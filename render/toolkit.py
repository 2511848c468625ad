"""Render one desktop toolkit: windows drawn by it, cut into labeled crops.

python -m render.toolkit qt

Windows are drawn from the seed, one generator a window. Every hundred of them are kept in
.render-state/ until the toolkit is done, so that an interrupted run goes on where it stopped.
"""

from __future__ import annotations

import hashlib
import importlib
import itertools
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random

from tqdm import tqdm

from checkstate.core.errors import UserError
from checkstate.core.files import archive_names, read_archive, write_archive
from checkstate.core.render_params import load_render_params
from checkstate.stage.runner import run_stage
from render.cutting import cut_crops

HERE = Path(__file__).parent
STATE = HERE.parent / ".render-state"
BATCH = 100
"""Windows between two writes to the state folder: a few seconds of work."""


def main() -> None:
    """Draw windows of one toolkit; write render/crops/<toolkit>.zip."""
    (name,) = sys.argv[1:]
    settings = load_render_params()
    if name not in settings.toolkits:
        raise UserError(f"{name}: no toolkit; render/params.yaml names them at `toolkits`")
    state = STATE / fingerprint(name, settings.seed)
    crops: dict[str, bytes] = {}
    with tqdm(total=settings.toolkit_crops, desc=name, unit="crop") as bar:
        for batch in batches(name, settings.seed, state):
            for path, png in batch.items():
                if len(crops) < settings.toolkit_crops and path not in crops:
                    crops[path] = png
                    bar.update()
            if len(crops) >= settings.toolkit_crops:
                break
    write_archive(HERE / "crops" / f"{name}.zip", crops.items())
    shutil.rmtree(state)


def fingerprint(name: str, seed: int) -> str:
    """Name the state folder after everything that the pictures come from."""
    sources = [*HERE.glob("*.py"), HERE / "texts.yaml"]
    sources += [path for path in (HERE / "toolkits").iterdir() if path.is_file()]
    digest = hashlib.sha256(repr((name, seed)).encode())
    for source in sorted(sources):
        digest.update(source.read_bytes())
    return f"{name}-{digest.hexdigest()[:16]}"


def batches(name: str, seed: int, state: Path) -> Iterator[dict[str, bytes]]:
    """Yield the crops of a hundred windows, path to PNG, without end; kept ones come first."""
    for number in itertools.count():
        kept = state / f"{number}.zip"
        if not kept.exists():
            windows = range(number * BATCH, (number + 1) * BATCH)
            crops = dict(crop for index in windows for crop in window_crops(name, seed, index))
            if not crops:
                raise UserError(f"render/toolkits/{name}.py: {BATCH} windows without a crop")
            write_archive(kept, crops.items())
        names = archive_names(kept)
        yield {n: file.read() for n, file in zip(names, read_archive(kept, names), strict=True)}


def window_crops(name: str, seed: int, index: int) -> Iterator[tuple[str, bytes]]:
    """Draw one window and cut it; a toolkit that is not installed raises UserError."""
    random = Random(f"{seed}-{name}-{index}")
    picture, controls = importlib.import_module(f"render.toolkits.{name}").window(random)
    yield from cut_crops(picture, controls, name, random)


if __name__ == "__main__":
    run_stage(main)
