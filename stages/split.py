"""Assign every kept image to train, val or test.

python -m stages.split
"""

from collections import Counter

from checkstate.core import paths
from checkstate.core.params import load_params
from checkstate.core.tables import SplitRow, kept_images, write_table
from checkstate.data.splitting import split_rows
from checkstate.stage.runner import run_stage


def main() -> None:
    """Read data/manifest.csv; write data/split.csv."""
    params = load_params()
    rows = kept_images(paths.MANIFEST)
    splits = split_rows(rows, params.split.val, params.split.test, params.seed)
    table = [
        SplitRow(path=row.path, label=row.label, split=split)
        for row, split in zip(rows, splits, strict=True)
    ]
    write_table(paths.SPLIT, table)
    print(", ".join(f"{split} {count}" for split, count in sorted(Counter(splits).items())))


if __name__ == "__main__":
    run_stage(main)
