"""Write docs/real.json: how often the released model is right on real images kept outside.

python -m scripts.real web data/checkbox_state_v2 "411 crops of web controls"

Each call replaces one entry: its name, the folder of class folders, and what the images are. The
images themselves are in no commit; README and docs quote the figures through `make figures`.
"""

from collections import Counter
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from checkstate.core import paths
from checkstate.core.errors import UserError
from checkstate.core.files import md5_of, read_json, write_json
from checkstate.core.layout import summarize
from checkstate.evaluation.labeled import in_folder, predict_labeled, summarize_labeled
from checkstate.runtime.predictor import Predictor
from checkstate.stage.runner import run_stage


def main(
    name: Annotated[str, typer.Argument(help="The entry's.")],
    folder: Annotated[Path, typer.Argument(help="Of class folders.")],
    origin: Annotated[str, typer.Argument(help="What the images are.")],
) -> None:
    """Measure the released model on one folder and write its entry."""
    run_stage(partial(measure, name, folder, origin))


def measure(name: str, folder: Path, origin: str) -> None:
    """Replace the entry of one folder."""
    predictor = Predictor(paths.RELEASED)
    left_out = Counter[str]()
    images = in_folder(folder, predictor.classes, left_out)
    [rows], unreadable = predict_labeled([predictor], images)
    if unreadable:
        raise UserError(f"{folder}: {len(unreadable)} unreadable, as {unreadable[0]}")
    if left_out:
        print(f"left out: {summarize(left_out)}")
    summary = summarize_labeled(rows)
    entry = {
        "origin": origin,
        "date": datetime.now(UTC).date().isoformat(),
        "model_md5": md5_of(predictor.path),
        **{key: summary[key] for key in ("images", "correct", "top1", "confident")},
    }
    entries = read_json(paths.REAL) if paths.REAL.exists() else {}
    write_json(paths.REAL, entries | {name: entry})


if __name__ == "__main__":
    typer.run(main)
