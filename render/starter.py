"""Choose the starter data, data/starter/, out of data/rendered.zip: `python -m render.starter`.

It is a part of the share that pretraining does not learn from, small files only. The weights in git
have not seen its pictures, but those of toolkits and desktops: earlier weights, which these go on
from, learned them. The same renderings give the same choice.
"""

from __future__ import annotations

import shutil
import tempfile
import zipfile
from collections import defaultdict
from pathlib import Path

import numpy as np

from checkstate.core.errors import UserError
from checkstate.core.tables import label_of
from checkstate.data.datasets import HOLDOUT_SHARE, holdout
from checkstate.stage.runner import run_stage
from render.pages import HERE

MAX_BYTES = 10_000
MAX_EACH = 400
"""Images of a class: as many of each, and so few that a training takes minutes."""


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
        for member in choose(archive.infolist()):
            archive.extract(member, f"{folder}/starter")
        shutil.rmtree(target, ignore_errors=True)
        Path(folder, "starter").rename(target)


def choose(members: list[zipfile.ZipInfo]) -> list[zipfile.ZipInfo]:
    """Take small files of the share that is held out, evenly over all of it in every class."""
    held = holdout([member.filename for member in members], HOLDOUT_SHARE)[1]
    classes = defaultdict[str, list[zipfile.ZipInfo]](list)
    for member in (members[i] for i in held):
        if member.file_size <= MAX_BYTES:
            classes[label_of(member.filename)].append(member)
    return [
        small[place]
        for small in classes.values()
        for place in np.linspace(0, len(small) - 1, min(MAX_EACH, len(small))).astype(int)
    ]


if __name__ == "__main__":
    run_stage(main)
