import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from mlflow import MlflowClient

from checkstate.core.files import md5_of
from tests.pipeline.conftest import environment, git_init, run, settle
from tests.remote.servers import MlFlow, free_port

pytestmark = pytest.mark.remote

STAGE = """
import shutil, yaml
from pathlib import Path
from checkstate.stage.live import log_epoch, new_live
rate = yaml.safe_load(Path("params.yaml").read_text())["train"]["lr"]
Path("models").mkdir(exist_ok=True)
shutil.copy("untrained.onnx", "models/model.onnx")
with new_live(Path("metrics/train")) as live:
    for epoch in range(3):
        log_epoch(live, {"loss": rate / (epoch + 1), "epoch": epoch})
    live.summary.update({"top1": {"value": rate, "low": 0}, "nothing": None, "kind": "text"})
    live.summary["an (odd) class!"] = 1
"""
PIPELINE = {
    "stages": {
        "train": {
            "cmd": "python stage.py",
            "deps": ["stage.py"],
            "params": ["train.lr"],
            "outs": ["models/model.onnx", {"metrics/train": {"cache": False}}],
        }
    }
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MlFlow]:
    server = MlFlow(tmp_path_factory.mktemp("mlflow"))
    yield server
    server.stop()


@pytest.fixture
def repository(made: Path, tmp_path: Path) -> Path:
    """A copy of it for one test."""
    shutil.copytree(made, tmp_path / "repository", symlinks=True)
    return tmp_path / "repository"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, model: Path) -> Path:
    """A real DVC repository whose only stage leaves what ours leave."""
    folder = tmp_path_factory.mktemp("made") / "repository"
    folder.mkdir()
    (folder / "stage.py").write_text(STAGE)
    (folder / "dvc.yaml").write_text(yaml.safe_dump(PIPELINE))
    (folder / "params.yaml").write_text("train: {lr: 0.5}\n")
    (folder / "MODEL_CARD.md").write_text("# A card\n")
    shutil.copy(model, folder / "untrained.onnx")
    git_init(folder)
    run(folder, "dvc", "init", "-q")
    settle(folder, "start")
    run(folder, "dvc", "repro")
    settle(folder, "first")
    return folder


def log(folder: Path, *arguments: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "checkstate.cli", "log-mlflow", *arguments],
        cwd=folder,
        env=environment(folder),
        capture_output=True,
        text=True,
    )
    return done.returncode, done.stdout + done.stderr


def test_a_commit_becomes_one_run(server: MlFlow, repository: Path, tmp_path: Path) -> None:
    (repository / "metrics/train/metrics.json").write_text("{}")  # no workspace is ever sent
    status, said = log(repository, "--uri", server.url())
    assert status == 0, said
    client = MlflowClient(server.url())
    run_id = said.split()[-1]
    found = client.get_run(run_id)
    assert found.info.status == "FINISHED"
    assert found.data.params == {"train.lr": "0.5"}
    top1 = {"train/top1/value": 0.5, "train/top1/low": 0, "train/an _odd_ class_": 1}
    assert top1.items() <= found.data.metrics.items()
    assert not {"train/nothing", "train/kind"} & set(found.data.metrics)
    curve = client.get_metric_history(run_id, "train/curves/loss")
    assert [(point.step, point.value) for point in curve] == [(0, 0.5), (1, 0.25), (2, 0.5 / 3)]
    commit = run(repository, "git", "rev-parse", "HEAD").strip()
    assert found.data.tags["mlflow.source.git.commit"] == commit
    md5 = yaml.safe_load((repository / "dvc.lock").read_text())["stages"]["train"]["outs"][1]["md5"]
    assert found.data.tags["dvc.lock/models/model.onnx"] == md5
    fetched = client.download_artifacts(run_id, "", str(tmp_path / "artifacts"))
    assert md5_of(Path(fetched, "model/model.onnx")) == md5
    assert Path(fetched, "model/MODEL_CARD.md").read_text() == "# A card\n"
    assert json.loads(Path(fetched, "metrics/train/metrics.json").read_text())["nothing"] is None

    assert log(repository, "--uri", server.url()) == (0, f"already there: run {run_id}\n")
    client.set_terminated(run_id, "FAILED")  # as when the one before was cut off
    status, said = log(repository, "--uri", server.url())
    assert (status, said.startswith("logged as run")) == (0, True)
    runs = client.search_runs([found.info.experiment_id], f"tags.mlflow.runName = '{commit[:7]}'")
    assert [each.info.run_id for each in runs] == [said.split()[-1]]


def test_old_commits_and_experiments_are_sent_too(server: MlFlow, repository: Path) -> None:
    run(repository, "dvc", "exp", "run", "--name", "faster", "-S", "train.lr=2")
    run(repository, "git", "checkout", "-q", ".")
    run(repository, "git", "commit", "--allow-empty", "-qm", "second")
    for rev, rate in (("HEAD~1", "0.5"), ("faster", "2")):
        status, said = log(repository, rev, "--uri", server.url(), "--experiment", "old")
        assert status == 0, said
        found = MlflowClient(server.url()).get_run(said.split()[-1])
        assert found.data.params == {"train.lr": rate}


def test_what_cannot_be_sent_is_one_line(repository: Path) -> None:
    nobody = f"http://127.0.0.1:{free_port()}"
    shutil.rmtree(repository / ".dvc/cache")
    (repository / "models/model.onnx").unlink()
    for arguments, message in (
        (("gone", "--uri", nobody), "gone: unknown Git revision"),
        (("--uri", nobody), "lacks models/model.onnx"),
    ):
        status, said = log(repository, *arguments)
        assert (status, said.count("\n")) == (1, 1), said
        assert message in said
    run(repository, "dvc", "repro", "--force")
    status, said = log(repository, "--uri", nobody)
    assert (status, said.count("\n")) == (1, 1), said
    assert nobody in said
