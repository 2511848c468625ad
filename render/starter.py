"""Choose the starter data, data/starter/, out of data/rendered.zip: `python -m render.starter`.

It is a part of the share that pretraining does not learn from, small files only: the weights in git
have not seen the starter's pictures, but those of toolkits, which earlier weights learned that these
go on from. The same renderings give the same choice.
"""

from __future__ import annotations

import math
import shutil
import tempfile
import zipfile
from pathlib import Path

from checkstate.core.errors import UserError
from checkstate.core.params import load_params
from checkstate.data.datasets import HOLDOUT_SHARE, holdout
from checkstate.stage.runner import run_stage
from render.pages import HERE

MAX_BYTES = 10_000
MAX_IMAGES = 1200
"""So few that a training of them takes minutes."""


def main() -> None:
    """Read data/rendered.zip; replace data/starter/ once all of it is there."""
    target = HERE.parent / "data/starter"
    source = HERE.parent / "data/rendered.zip"
    if not source.exists():
        raise UserError(f"{source} is missing: run `make render`")
    with (
        tempfile.TemporaryDirectory(dir=HERE.parent / "data") as folder,
        zipfile.ZipFile(source) as archive,
    ):
        for member in choose(archive.infolist(), load_params().seed):
            archive.extract(member, f"{folder}/starter")
        shutil.rmtree(target, ignore_errors=True)
        Path(folder, "starter").rename(target)


def choose(members: list[zipfile.ZipInfo], seed: int) -> list[zipfile.ZipInfo]:
    """Take small files of the share that is held out, evenly over all of it."""
    held = holdout([member.filename for member in members], HOLDOUT_SHARE, seed)[1]
    small = [members[i] for i in held if members[i].file_size <= MAX_BYTES]
    return small[:: math.ceil(len(small) / MAX_IMAGES)]


if __name__ == "__main__":
    run_stage(main)
