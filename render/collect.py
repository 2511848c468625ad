"""Gather every library's crops into data/rendered.zip, no picture twice.

python -m render.collect
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator

import yaml
from tqdm import tqdm

from checkstate.files import write_archive
from checkstate.running import run_stage
from render.pages import HERE


def main() -> None:
    """Read render/crops/*.zip; write data/rendered.zip, a data set of the pipeline."""
    libraries = yaml.safe_load((HERE / "params.yaml").read_text())["libraries"]
    write_archive(HERE.parent / "data/rendered.zip", members(libraries))


def members(libraries: list[str]) -> Iterator[tuple[str, bytes]]:
    """Yield (path, PNG) of all libraries; a path ends in the hash of the picture's pixels."""
    seen = set()
    for library in tqdm(libraries, "collect", unit="library"):
        with zipfile.ZipFile(HERE / "crops" / f"{library}.zip") as archive:
            for name in sorted(archive.namelist()):
                digest = name[-16:]
                if digest not in seen:
                    seen.add(digest)
                    yield name, archive.read(name)


if __name__ == "__main__":
    run_stage(main)
