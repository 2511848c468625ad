"""Assign every kept image to train, val or test.

python -m stages.split
"""

from collections import Counter

from checkstate.files import read_csv, write_csv
from checkstate.params import load_params
from checkstate.running import run_stage
from checkstate.splitting import split_rows


def main() -> None:
    """Read data/manifest.csv; write data/split.csv."""
    params = load_params()
    rows = [row for row in read_csv("data/manifest.csv") if row["kept"] == "1"]
    splits = split_rows(rows, params.split.val, params.split.test, params.seed)
    write_csv(
        "data/split.csv",
        [
            {"path": row["path"], "label": row["label"], "split": split}
            for row, split in zip(rows, splits, strict=True)
        ],
    )
    print(", ".join(f"{split} {count}" for split, count in sorted(Counter(splits).items())))


if __name__ == "__main__":
    run_stage(main)
