"""Gather the libraries' crops into two data sets, no picture twice.

python -m render.collect
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator

import yaml
from tqdm import tqdm

from checkstate.core.files import write_archive
from checkstate.stage.runner import run_stage
from render.pages import HERE

DIGEST = len("23456789ab.png")
"""Characters at the end of a crop's name that its pixels decide; the two before may be a page's."""


def main() -> None:
    """Read render/crops/*.zip; write data/rendered.zip and data/held-out.zip."""
    settings = yaml.safe_load((HERE / "params.yaml").read_text())
    held_out = settings["held_out"]
    rest = [
        name for name in [*settings["libraries"], *settings["toolkits"]] if name not in held_out
    ]
    seen: set[str] = set()
    for name, libraries in {"rendered": rest, "held-out": held_out}.items():
        write_archive(HERE.parent / f"data/{name}.zip", members(libraries, seen))


def members(libraries: list[str], seen: set[str]) -> Iterator[tuple[str, bytes]]:
    """Yield (path, PNG) of libraries; a path ends in the hash of the picture's pixels.

    Pictures whose hash is in `seen` are left out, and those that come join it.
    """
    for library in tqdm(libraries, "collect", unit="library"):
        with zipfile.ZipFile(HERE / "crops" / f"{library}.zip") as archive:
            for name in sorted(archive.namelist()):
                digest = name[-DIGEST:]
                if digest not in seen:
                    seen.add(digest)
                    yield name, archive.read(name)


if __name__ == "__main__":
    run_stage(main)
