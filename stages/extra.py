"""Curate a data set of train.extra: what may join the training split without leaking.

python -m stages.extra starter

Left out are near-duplicates of any image of the main data set, so that nothing leaks whichever
way that is split.
"""

import sys

from checkstate.core import paths
from checkstate.core.files import write_archive
from checkstate.core.params import load_params
from checkstate.core.tables import ManifestRow, kept_images
from checkstate.data.curation import curate_source, kept_members
from checkstate.data.duplicates import near_any
from checkstate.data.members import find_data
from checkstate.stage.runner import run_stage, unedited


def main() -> None:
    """Read data/<name> and the manifest; write data/extra/<name>.zip."""
    (name,) = sys.argv[1:]
    settings = load_params().curate.override(exclude_ambiguous=True)
    distance = settings.near_duplicate_distance
    source = find_data(paths.data_source(name))
    with unedited(source, paths.CURATION):
        rows = curate_source(source, paths.curation_list(source), settings, complete=False)
        ours = [row.phash for row in kept_images(paths.MANIFEST)]
        leaks = near_any([row.phash for row in rows if not row.error], ours, distance)
        for row in rows:
            row.kept &= row.phash not in leaks
        kept = sorted((r for r in rows if r.kept), key=member_name)
        contents = (content for _, content in kept_members(source, kept))
        write_archive(paths.extra_archive(name), zip(map(member_name, kept), contents, strict=True))
    print(f"{name}: {len(kept)} of {len(rows)} images may join the training split")


def member_name(row: ManifestRow) -> str:
    """The name in the archive, which begins with the label."""
    return f"{row.label}/{row.path}"


if __name__ == "__main__":
    run_stage(main)
