"""A sweep over machines, as docs/operations.md has it: clones, their queues, two remotes."""

import csv
import io
import shutil
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.pipeline.conftest import git_init, run, settle, wait_for

STAGES = """\
stages:
  train:
    cmd: python train.py
    deps: [train.py]
    params: [lr]
    outs: [model]
    metrics:
      - metrics.json: {cache: false}
"""
TRAIN = """\
import json, yaml
lr = yaml.safe_load(open("params.yaml"))["lr"]
open("model", "w").write(str(lr))
json.dump({"loss": 1 / lr}, open("metrics.json", "w"))
"""


@pytest.fixture
def machines(tmp_path: Path) -> list[Path]:
    """Two clones of a pipeline of one stage, with a git server and a DVC remote that both reach."""
    hub, first, second = tmp_path / "hub.git", tmp_path / "first", tmp_path / "second"
    first.mkdir()
    git_init(first)
    run(first, "dvc", "init", "-q")
    shutil.copy(ROOT / ".dvc/config", first / ".dvc/config")
    run(first, "dvc", "remote", "add", "-q", "-f", "-d", "storage", str(tmp_path / "storage"))
    (first / "dvc.yaml").write_text(STAGES)
    (first / "params.yaml").write_text("lr: 1\n")
    (first / "train.py").write_text(TRAIN)
    run(first, "dvc", "repro", "-q")
    settle(first, "start")
    run(first, "git", "clone", "-q", "--bare", ".", str(hub))
    run(first, "git", "remote", "add", "origin", str(hub))
    run(first, "git", "clone", "-q", str(hub), str(second))
    run(second, "git", "config", "user.email", "test@example.org")
    run(second, "git", "config", "user.name", "test")
    return [first, second]


def queue(machine: Path, values: str) -> None:
    """Run a part of the grid in a queue of one worker, until nothing of it is left."""
    run(machine, "dvc", "exp", "run", "--queue", "-S", f"lr={values}")
    run(machine, "dvc", "queue", "start", "-j", "1")
    wait_for(lambda: run(machine, "dvc", "queue", "status").count("Success") == 2)
    run(machine, "dvc", "exp", "push", "origin")


@pytest.mark.slow
def test_a_sweep_of_two_machines_comes_together(machines: list[Path]) -> None:
    first, second = machines
    queue(first, "2,4")
    queue(second, "5,8")
    run(first, "dvc", "exp", "pull", "origin")
    shown = list(csv.DictReader(io.StringIO(run(first, "dvc", "exp", "show", "--csv"))))
    found = {(row["lr"], row["loss"]) for row in shown if row["Experiment"]}
    assert found >= {("2", "0.5"), ("4", "0.25"), ("5", "0.2"), ("8", "0.125")}
    best = next(row["Experiment"] for row in shown if row["lr"] == "8")
    run(first, "dvc", "exp", "apply", best)
    assert (first / "model").read_text() == "8"
