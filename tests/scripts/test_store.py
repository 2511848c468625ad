"""What goes into git with `make store`, by real DVC and git."""

import sys
from pathlib import Path

import pytest
import yaml

from tests.conftest import ROOT
from tests.pipeline.conftest import git_init, run, settle

STAGE = {"cmd": "echo made > made.txt", "outs": ["made.txt"]}


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stage that has not run, and somebody's own data."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    folder = tmp_path / "repository"
    folder.mkdir()
    git_init(folder)
    run(folder, "dvc", "init", "-q")
    (folder / ".dvc/config").write_text((ROOT / ".dvc/config").read_text())
    (folder / ".gitignore").write_text((ROOT / ".gitignore").read_text())
    (folder / "dvc.yaml").write_text(yaml.safe_dump({"stages": {"make": STAGE}}))
    (folder / "private.zip").write_text("nobody else's")
    run(folder, "dvc", "add", "-q", "private.zip")
    settle(folder, "start")
    return folder


def store(folder: Path, ok: bool = True) -> str:
    return run(folder, sys.executable, "-m", "scripts.store", ok=ok)


def tracked(folder: Path) -> list[str]:
    return run(folder, "git", "ls-files", ".dvc-storage").split()


def test_the_objects_of_the_lock_alone_are_tracked(repository: Path) -> None:
    run(repository, "dvc", "repro", "-q")
    store(repository)
    (first,) = tracked(repository)
    assert (repository / first).read_text() == "made\n"
    settle(repository, "first")
    run(repository, "git", "clone", "-q", ".", "../clone")
    run(repository.with_name("clone"), "dvc", "pull", "-q", "make")
    assert (repository.with_name("clone") / "made.txt").read_text() == "made\n"
    other = {"stages": {"make": {**STAGE, "cmd": "echo other > made.txt"}}}
    (repository / "dvc.yaml").write_text(yaml.safe_dump(other))
    run(repository, "dvc", "repro", "-q")
    store(repository)
    (second,) = tracked(repository)
    assert (repository / second).read_text() == "other\n"


def test_without_a_run_or_with_another_remote_it_is_one_line(repository: Path) -> None:
    said = store(repository, ok=False)
    assert "error: made.txt: not in dvc.lock; run `dvc repro`" in said
    run(repository, "dvc", "repro", "-q")
    run(repository, "dvc", "remote", "add", "-q", "-f", "storage", "s3://bucket/path")
    said += store(repository, ok=False)
    assert "error: .dvc/config: the remote storage is not .dvc-storage" in said
    assert "Traceback" not in said
    assert tracked(repository) == []
