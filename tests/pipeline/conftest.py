"""The real DVC on the real stages, in a temporary repository with tiny data."""

import csv
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
import yaml

from tests.conftest import ROOT, copy_data

TINY: dict[str, dict[str, object]] = {
    "data": {"name": "tiny"},
    "split": {"val": 0.25, "test": 0.25},
    "train": {
        "backbone": "test_efficientnet",
        "weights": "none",
        "init_from": "",
        "image_size": 32,
        "epochs": 4,
        "extra": ["more"],
        "batch_size": 8,
    },
    "quantize_prune": {"ratios": [0.0, 0.5], "epochs": 2, "calibration_images": 4},
    "benchmark": {
        "rounds": 1,
        "batches": [1, 2],
        "baseline_batches": [1],
        "baseline_image_size": 32,
    },
}


def environment(folder: Path) -> dict[str, str]:
    """Our commands on the path, and a cache of training states beside the repository."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    cache = str(folder.parent / "cache")
    return {**os.environ, "PATH": path, "DVC_NO_ANALYTICS": "1", "XDG_CACHE_HOME": cache}


def run(folder: Path, *command: str, ok: bool | None = True) -> str:
    """Run a command in the repository; its output, after checking how it ended, if that matters."""
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment(folder),
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert ok is None or (done.returncode == 0) == ok, done.stdout + done.stderr
    return done.stdout + done.stderr


def git_init(folder: Path) -> None:
    """Make the folder a git repository whose commits have an author."""
    run(folder, "git", "init", "-q", "-b", "main")
    run(folder, "git", "config", "user.email", "test@example.org")
    run(folder, "git", "config", "user.name", "test")


def settle(folder: Path, message: str) -> None:
    """Commit everything."""
    run(folder, "git", "add", "-A")
    run(folder, "git", "commit", "-qm", message)


def start(folder: Path, changes: dict[str, dict[str, object]]) -> None:
    """Make a repository of our tracked files and tiny data, with changed params."""
    for name in (
        "checkstate",
        "stages",
        "pretrain/weights",
        "dvc.yaml",
        "pyproject.toml",
        ".dvcignore",
        ".gitignore",
    ):
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            folder.mkdir(exist_ok=True)
            shutil.copy(source, folder / name)
    params = yaml.safe_load((ROOT / "params.yaml").read_text())
    for section, values in changes.items():
        params[section] |= values
    (folder / "params.yaml").write_text(yaml.safe_dump(params))
    copy_data(folder / "data/tiny", 12)
    copy_data(folder / "data/more", 17)
    (folder / "data/curation").mkdir()
    first = sorted(p.name for p in (folder / "data/tiny/checked").iterdir())[0]
    (folder / "data/curation/tiny.csv").write_text(
        f"path,decision,reason\nchecked/{first},ambiguous,for the test\n"
    )
    (folder / "data/extra").mkdir()
    shutil.copy(ROOT / "data/extra/.gitignore", folder / "data/extra")
    git_init(folder)
    run(folder, "dvc", "init", "-q")
    shutil.copy(ROOT / ".dvc/config", folder / ".dvc/config")
    settle(folder, "start")


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny repository with one finished `dvc repro`."""
    folder = tmp_path_factory.mktemp("pipeline") / "repository"
    start(folder, TINY)
    run(folder, "dvc", "repro")
    settle(folder, "first run")
    return folder


def table(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def locked(folder: Path, experiment: str = "") -> dict[str, str]:
    """Hash of each output in dvc.lock, or an experiment's, but those that hold latencies."""
    path = folder / "dvc.lock"
    text = run(folder, "git", "show", f"{experiment}:dvc.lock") if experiment else path.read_text()
    lock = yaml.safe_load(text)
    outputs = [out for stage in lock["stages"].values() for out in stage.get("outs", [])]
    timed = ("metrics/quantize_prune", "metrics/baseline", "metrics/benchmark")
    return {out["path"]: out["md5"] for out in outputs if not out["path"].startswith(timed)}


def decisions(folder: Path) -> tuple[object, ...]:
    """What quantize_prune found, without what a clock said."""
    metrics = json.loads((folder / "metrics/quantize_prune/details.json").read_text())
    rows = table(folder / "metrics/quantize_prune/plots/candidates.csv")
    clockless = [{k: v for k, v in row.items() if "milliseconds" not in k} for row in rows]
    return {k: v for k, v in metrics.items() if k != "order_by_clock"}, clockless


def states(folder: Path) -> list[Path]:
    """What interrupted stages have kept to go on from."""
    return sorted((folder.parent / "cache/checkstate").rglob("*.pt"))


def forget(folder: Path, stage: str) -> None:
    """Make DVC run a stage anew: drop its lock entry, its outputs, and their cached copies."""
    path = folder / "dvc.lock"
    lock = yaml.safe_load(path.read_text())
    for out in lock["stages"].pop(stage).get("outs", []):
        where = folder / out["path"]
        shutil.rmtree(where) if where.is_dir() else where.unlink()
        cached = folder / ".dvc/cache/files/md5" / out["md5"][:2] / out["md5"][2:]
        cached.unlink(missing_ok=True)
    shutil.rmtree(folder / ".dvc/cache/runs", ignore_errors=True)
    path.write_text(yaml.safe_dump(lock, sort_keys=False))


@contextmanager
def interrupted(folder: Path, whom: str, number: int) -> Iterator[psutil.Popen]:
    """Run `dvc repro` beside the block, and signal at its end.

    `whom` is dvc alone, the stage that runs, or the whole process group, as when no stage does.
    """
    repro = psutil.Popen(
        ["dvc", "repro"],
        cwd=folder,
        env=environment(folder),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    yield repro
    stages = running_stages(repro)
    if whom == "dvc":
        repro.send_signal(number)
    elif whom == "stage" and stages:
        stages[0].send_signal(number)
    elif repro.poll() is None:
        os.killpg(repro.pid, number)
    repro.wait(300)


def running_stages(repro: psutil.Popen) -> list[psutil.Process]:
    """The stage that `dvc repro` runs, if any, and its workers; not the shell between them."""
    if repro.poll() is not None:
        return []
    return [p for p in repro.children(recursive=True) if p.name().startswith("python")]


def wait_for(condition: Callable[[], object]) -> None:
    """Look every few milliseconds until something holds; fails after some minutes."""
    end = time.monotonic() + 300
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)
