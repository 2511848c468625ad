from pathlib import Path

import pytest
import yaml

from checkstate.core.errors import UserError
from checkstate.report.provenance import read_lock


def test_what_made_the_model_counts_before_stages_that_have_not_run_since(tmp_path: Path) -> None:
    model = {"path": "models/model.safetensors"}
    stages = {
        "train": {
            "params": {"params.yaml": {"seed": 1, "train": {"lr": 0.1}}},
            "deps": [{"path": "data/split.csv", "md5": "split"}],
            "outs": [model | {"md5": "new"}],
        },
        "quantize_prune": {
            "params": {"params.yaml": {"train.lr": 0.2, "quantize_prune": {"epochs": 3}}},
            "deps": [model | {"md5": "old"}],
        },
    }
    path = tmp_path / "dvc.lock"
    path.write_text(yaml.safe_dump({"schema": "2.0", "stages": stages}))
    lock = read_lock(path)
    assert lock.params == {"seed": 1, "train.lr": 0.1, "quantize_prune.epochs": 3}
    assert lock.md5s == {"data/split.csv": "split", "models/model.safetensors": "new"}


def test_data_sets_that_no_longer_join_count_for_nothing(tmp_path: Path) -> None:
    def extra(name: str) -> dict[str, object]:
        return {"deps": [{"path": "data/starter", "md5": name}]}

    stages = {
        "curate": {"deps": [{"path": "data/starter", "md5": "now"}]},
        "extra@before": extra("before"),
        "train": {"params": {"params.yaml": {"train": {"extra": []}}}},
    }
    path = tmp_path / "dvc.lock"
    path.write_text(yaml.safe_dump({"schema": "2.0", "stages": stages}))
    assert read_lock(path).md5s == {"data/starter": "now"}
    stages["train"] = {"params": {"params.yaml": {"train": {"extra": ["more"]}}}}
    stages["extra@more"] = {"deps": [{"path": "data/more", "md5": "joined"}]}
    path.write_text(yaml.safe_dump({"schema": "2.0", "stages": stages}))
    assert read_lock(path).md5s == {"data/starter": "now", "data/more": "joined"}


def test_a_lock_that_a_merge_left_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "dvc.lock"
    path.write_text("schema: '2.0'\n<<<<<<< HEAD\nstages: {}\n=======\n>>>>>>> other\n")
    with pytest.raises(UserError, match=r"dvc\.lock: no lock of DVC .*`git checkout"):
        read_lock(path)
