"""From screenshots to a training: find --crops, a list that a person corrects, the stages."""

import sys
from pathlib import Path

import pytest

from checkstate.core.files import read_csv, write_csv
from tests.pipeline.conftest import TINY, run, settle, start, table
from tests.screens import screenshot

QUICK = {**TINY, "train": {**TINY["train"], "extra": [], "epochs": 1}}


@pytest.mark.slow
def test_crops_of_screenshots_become_a_data_set_that_is_trained_on(tmp_path: Path) -> None:
    folder = tmp_path / "repository"
    start(folder, QUICK)
    (folder / "screens").mkdir()
    picture, _ = screenshot()
    for percent in (80, 100, 125):
        size = picture.width * percent // 100, picture.height * percent // 100
        picture.resize(size).save(folder / f"screens/{percent}.png")
    find = (sys.executable, "-m", "checkstate.cli", "find", "screens", "--other")
    run(folder, *find, "--crops", "data/mine")
    listed = folder / "data/curation/mine.csv"
    rows = read_csv(listed)
    assert len(rows) >= 18
    wrong, turned = rows[:2]
    wrong["decision"] = "exclude"
    turned["decision"] = f"label={'un' * turned['path'].startswith('checked/')}checked"
    write_csv(listed, rows)

    run(folder, "dvc", "add", "-q", "data/mine")
    settle(folder, "crops of screens")
    said = run(folder, "dvc", "exp", "run", "-S", "data.name=mine", "train")
    assert "Running stage 'train'" in said
    split = {row["path"]: row for row in table(folder / "data/split.csv")}
    assert split.keys() == {row["path"] for row in rows} - {wrong["path"]}
    assert turned["decision"] == f"label={split[turned['path']]['label']}"
    assert {row["split"] for row in split.values()} == {"train", "val", "test"}
    assert (folder / "models/model.safetensors").exists()
