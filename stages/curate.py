"""Look at every image once and write the manifest and the archive that later stages read.

python -m stages.curate
"""

from checkstate.core import paths
from checkstate.core.files import write_archive
from checkstate.core.params import load_params
from checkstate.core.tables import write_table
from checkstate.data.curation import curate_source, kept_members
from checkstate.data.members import find_data
from checkstate.stage.runner import run_stage, unedited


def main() -> None:
    """Read data/<name>; write data/manifest.csv and data/curated.zip."""
    params = load_params()
    source = find_data(paths.data_source(params.data.name))
    with unedited(source, paths.CURATION):
        rows = curate_source(source, paths.curation_list(source), params.curate)
        write_table(paths.MANIFEST, rows)
        write_archive(paths.CURATED, kept_members(source, rows))


if __name__ == "__main__":
    run_stage(main)
