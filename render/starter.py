"""Choose the starter data, data/starter/, out of data/rendered.zip: `python -m render.starter`.

The same number of images a class, spread evenly over the libraries and kinds of control, small
files only, chosen by the hash in their names: the same renderings give the same choice.
"""

from __future__ import annotations

import shutil
import zipfile
from collections import defaultdict
from itertools import chain, zip_longest

from checkstate.errors import run_stage
from render.pages import HERE

A_CLASS = 400
MAX_BYTES = 6_000


def main() -> None:
    """Read data/rendered.zip; replace data/starter/."""
    target = HERE.parent / "data/starter"
    shutil.rmtree(target, ignore_errors=True)
    with zipfile.ZipFile(HERE.parent / "data/rendered.zip") as archive:
        small = [i.filename for i in archive.infolist() if i.file_size <= MAX_BYTES]
        for name in choose(small):
            path = target / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(archive.read(name))


def choose(names: list[str]) -> list[str]:
    """Take A_CLASS names of each class, one library and kind after the other."""
    strata: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for name in sorted(names, key=lambda name: name[-16:]):
        label, file = name.split("/")
        strata[label][file[:-17]].append(name)
    chosen = []
    for kinds in strata.values():
        rounds = zip_longest(*(kinds[kind] for kind in sorted(kinds)))
        chosen += [name for name in chain.from_iterable(rounds) if name][:A_CLASS]
    return sorted(chosen)


if __name__ == "__main__":
    run_stage(main)
