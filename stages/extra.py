"""Curate a data set of train.extra: what may join the training split without leaking.

python -m stages.extra starter

Left out are near-duplicates of any image of the main data set, so that nothing leaks whichever
way that is split.
"""

import sys
from pathlib import Path

from checkstate.curation import curate_source, find_data, kept_members, near_any
from checkstate.files import read_csv, write_archive
from checkstate.params import load_params
from checkstate.running import run_stage, unedited


def main() -> None:
    """Read data/<name> and the manifest; write data/extra/<name>.zip."""
    (name,) = sys.argv[1:]
    distance = load_params().curate.near_duplicate_distance
    source = find_data(name)
    with unedited(source, Path("data/curation")):
        rows = curate_source(source, drop=True, distance=distance)
        ours = [row["phash"] for row in read_csv("data/manifest.csv") if row["kept"] == "1"]
        hashes = [str(row["phash"]) for row in rows if not row["error"]]
        leaks = near_any(hashes, ours, distance)
        for row in rows:
            if row["phash"] in leaks:
                row["kept"] = 0
        labels = {str(row["path"]): str(row["label"]) for row in rows}
        kept = sorted((f"{labels[p]}/{p}", content) for p, content in kept_members(source, rows))
        write_archive(f"data/extra/{name}.zip", kept)
    print(f"{name}: {len(kept)} of {len(rows)} images may join the training split")


if __name__ == "__main__":
    run_stage(main)
