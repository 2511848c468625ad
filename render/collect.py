"""Gather the crops of some libraries and toolkits into one data set, no picture twice.

python -m render.collect rendered
python -m render.collect held-out

The first is learned from: with what the detector finds on their pages, and one crop of
`toolkit_every` of a desktop toolkit. The second, `held_out` and `held_out_toolkits` of
render/params.yaml, has no picture of it.
"""

from __future__ import annotations

import sys
import zipfile
from collections.abc import Iterator, Mapping

from tqdm import tqdm

from checkstate.core.files import archive_names, write_archive
from checkstate.core.render_params import load_render_params
from checkstate.core.tables import crop_digits
from checkstate.stage.runner import run_stage
from render.pages import HERE

DATA = HERE.parent / "data"


def main() -> None:
    """Read render/crops/*.zip; write data/<set>.zip."""
    (which,) = sys.argv[1:]
    settings = load_render_params()
    held_out = [*settings.held_out, *settings.held_out_toolkits]
    rest = [name for name in [*settings.libraries, *settings.toolkits] if name not in held_out]
    if which == "rendered":
        every = dict.fromkeys(settings.toolkits, settings.toolkit_every)
        write_archive(DATA / "rendered.zip", members([*rest, "found"], set(), every))
    else:
        learned = {crop_digits(name)[1] for name in archive_names(DATA / "rendered.zip")}
        write_archive(DATA / f"{which}.zip", members(held_out, learned, {}))


def members(
    libraries: list[str], seen: set[str], every: Mapping[str, int]
) -> Iterator[tuple[str, bytes]]:
    """Yield (path, PNG) of libraries; the hash of the picture's pixels stands in the path.

    Pictures whose hash is in `seen` are left out, and those that come join it. Of a library with a
    number in `every` one picture of so many comes.
    """
    for library in tqdm(libraries, "collect", unit="library"):
        with zipfile.ZipFile(HERE / "crops" / f"{library}.zip") as archive:
            for name in sorted(archive.namelist())[:: every.get(library, 1)]:
                digest = crop_digits(name)[1]
                if digest not in seen:
                    seen.add(digest)
                    yield name, archive.read(name)


if __name__ == "__main__":
    run_stage(main)
