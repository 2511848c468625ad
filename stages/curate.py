"""Look at every image once and write the manifest and the archive that later stages read.

python -m stages.curate
"""

from checkstate.core import paths
from checkstate.core.files import write_archive
from checkstate.core.params import load_params
from checkstate.core.tables import write_table
from checkstate.data.curation import curate_source
from checkstate.data.inspection import find_data, kept_members
from checkstate.stage.runner import run_stage, unedited


def main() -> None:
    """Read data/<name>; write data/manifest.csv and data/curated.zip."""
    params = load_params()
    settings = params.curate
    source = find_data(paths.data_source(params.data.name))
    with unedited(source, paths.CURATION):
        rows = curate_source(
            source,
            paths.curation_list(source),
            drop=settings.exclude_ambiguous,
            distance=settings.near_duplicate_distance,
        )
        write_table(paths.MANIFEST, rows)
        write_archive(paths.CURATED, kept_members(source, rows))


if __name__ == "__main__":
    run_stage(main)
