"""Choose the starter data, data/starter/, out of data/rendered.zip: `python -m render.starter`.

It is the share that pretraining does not learn from, small files only, so that the weights in git
have not seen the starter's pictures. The same renderings give the same choice.
"""

from __future__ import annotations

import shutil
import tempfile
import zipfile
from pathlib import Path

from checkstate.core.errors import UserError
from checkstate.core.params import load_params
from checkstate.data.datasets import HOLDOUT_SHARE, archive_labels, holdout
from checkstate.stage.runner import run_stage
from render.pages import HERE

MAX_BYTES = 10_000


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
    """Take the small files of the share that is held out."""
    labels, _ = archive_labels([member.filename for member in members])
    held = (members[i] for i in holdout(labels, HOLDOUT_SHARE, seed)[1])
    return [member for member in held if member.file_size <= MAX_BYTES]


if __name__ == "__main__":
    run_stage(main)
