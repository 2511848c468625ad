"""Look at every image once and write the manifest and the archive that later stages read.

python -m stages.curate
"""

from pathlib import Path

from checkstate.curation import curate_source, find_data, kept_members
from checkstate.files import write_archive, write_csv
from checkstate.params import load_params
from checkstate.running import run_stage, unedited


def main() -> None:
    """Read data/<name>; write data/manifest.csv and data/curated.zip."""
    params = load_params()
    settings = params.curate
    source = find_data(params.data.name)
    with unedited(source, Path("data/curation")):
        rows = curate_source(
            source, drop=settings.exclude_ambiguous, distance=settings.near_duplicate_distance
        )
        write_csv("data/manifest.csv", rows)
        write_archive("data/curated.zip", kept_members(source, rows))


if __name__ == "__main__":
    run_stage(main)
