"""Curate a data set of train.extra: what may join the training split without leaking.

python -m stages.extra starter

Left out are near-duplicates of any image of the main data set, so that nothing leaks whichever
way that is split.
"""

import sys

from checkstate.core import paths
from checkstate.core.files import write_archive
from checkstate.core.params import load_params
from checkstate.core.tables import kept_images
from checkstate.data.curation import curate_source
from checkstate.data.duplicates import near_any
from checkstate.data.inspection import find_data, kept_members
from checkstate.stage.runner import run_stage, unedited


def main() -> None:
    """Read data/<name> and the manifest; write data/extra/<name>.zip."""
    (name,) = sys.argv[1:]
    distance = load_params().curate.near_duplicate_distance
    source = find_data(paths.data_source(name))
    with unedited(source, paths.CURATION):
        listed = paths.curation_list(source)
        rows = curate_source(source, listed, drop=True, distance=distance)
        ours = [row.phash for row in kept_images(paths.MANIFEST)]
        leaks = near_any([row.phash for row in rows if not row.error], ours, distance)
        for row in rows:
            row.kept &= row.phash not in leaks
        labels = {row.path: row.label for row in rows}
        kept = sorted((f"{labels[p]}/{p}", content) for p, content in kept_members(source, rows))
        write_archive(paths.extra_archive(name), kept)
    print(f"{name}: {len(kept)} of {len(rows)} images may join the training split")


if __name__ == "__main__":
    run_stage(main)
