"""Choose the starter data, data/starter/, out of data/rendered.zip: `python -m render.starter`.

It is the share that stages.pretrain does not learn from, small files only, so that the shipped
weights have not seen the starter's pictures. The same renderings give the same choice.
"""

from __future__ import annotations

import shutil
import zipfile

from checkstate.datasets import archive_labels, hold_out
from checkstate.errors import run_stage
from checkstate.params import load_params
from render.pages import HERE
from stages.pretrain import HELD

MAX_BYTES = 10_000


def main() -> None:
    """Read data/rendered.zip; replace data/starter/."""
    target = HERE.parent / "data/starter"
    shutil.rmtree(target, ignore_errors=True)
    with zipfile.ZipFile(HERE.parent / "data/rendered.zip") as archive:
        members = archive.infolist()
        labels, _ = archive_labels([member.filename for member in members])
        _, held = hold_out(labels, HELD, load_params().seed)
        for member in (members[i] for i in held):
            if member.file_size <= MAX_BYTES:
                archive.extract(member, target)


if __name__ == "__main__":
    run_stage(main)
