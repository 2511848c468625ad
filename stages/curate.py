"""Look at every image once and write the manifest and the archive that later stages read.

python -m stages.curate
"""

from pathlib import Path

from tqdm import tqdm

from checkstate.curation import (
    check_classes,
    class_folders,
    curate,
    find_data,
    inspect_all,
    kept_members,
    read_decisions,
    read_members,
)
from checkstate.errors import run_stage
from checkstate.files import write_archive, write_csv
from checkstate.params import load_params

COLUMNS = (
    "path label predefined width height md5 pixels phash group conflict decision kept error"
).split()


def main() -> None:
    """Read data/<name>; write data/manifest.csv and data/curated.zip."""
    params = load_params()
    source = find_data(Path("data"), params.data.name)
    rows = inspect_all(read_members(source))
    listed = Path("data/curation", f"{params.data.name}.csv")
    decisions = read_decisions(listed, (str(row["path"]) for row in rows))
    curate(
        rows,
        decisions,
        drop=params.curate.exclude_ambiguous,
        distance=params.curate.near_duplicate_distance,
    )
    check_classes(class_folders(source), rows)
    for row in rows:
        if row["error"]:
            tqdm.write(f"warning: {row['path']}: {row['error']}; left out")
        if row.get("conflict"):
            tqdm.write(f"warning: {row['path']} has the pixels of {row['conflict']}, other label")
    write_csv("data/manifest.csv", [{key: row.get(key, "") for key in COLUMNS} for row in rows])
    write_archive("data/curated.zip", kept_members(source, rows))


if __name__ == "__main__":
    run_stage(main)
