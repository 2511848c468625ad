"""The real DVC on the real stages, in a temporary repository with tiny data."""

import csv
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from PIL import Image

from tests.conftest import ROOT, copy_data

TINY = {
    "data": {"name": "tiny"},
    "split": {"val": 0.25, "test": 0.25},
    "train": {
        "backbone": "mobilenetv3_small_050",
        "weights": "none",
        "init_from": "",
        "image_size": 32,
        "epochs": 1,
        "extra": ["more"],
        "batch_size": 8,
    },
    "quantize_prune": {"ratios": [0.0, 0.5], "student": "", "epochs": 1, "calibration_images": 4},
    "benchmark": {"rounds": 1, "batches": [1, 2], "seed_batches": [1], "seed_image_size": 32},
}


def run(folder: Path, *command: str, ok: bool = True) -> str:
    """Run a command in the repository; its output, after checking how it ended."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "PATH": path, "DVC_NO_ANALYTICS": "1"},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert (done.returncode == 0) == ok, done.stdout + done.stderr
    return done.stdout + done.stderr


def settle(folder: Path, message: str) -> None:
    """Commit everything."""
    run(folder, "git", "add", "-A")
    run(folder, "git", "commit", "-qm", message)


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Our tracked files without the starter images, tiny data, and one finished `dvc repro`."""
    folder = tmp_path_factory.mktemp("pipeline") / "repository"
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
    for section, values in TINY.items():
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
    run(folder, "git", "init", "-q")
    run(folder, "git", "config", "user.email", "test@example.org")
    run(folder, "git", "config", "user.name", "test")
    run(folder, "dvc", "init", "-q")
    shutil.copy(ROOT / ".dvc/config", folder / ".dvc/config")
    settle(folder, "start")
    run(folder, "dvc", "repro")
    settle(folder, "first run")
    return folder


def table(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_the_whole_dag_leaves_what_people_read(repository: Path) -> None:
    evaluated = json.loads((repository / "metrics/evaluate/metrics.json").read_text())
    assert 0 <= evaluated["top1"]["low"] <= evaluated["top1"]["value"] <= 1
    shipped = json.loads((repository / "metrics/benchmark/metrics.json").read_text())
    assert shipped["shipped"]["bytes"] == (repository / "models/model.onnx").stat().st_size
    candidates = table(repository / "metrics/quantize_prune/plots/candidates.csv")
    assert {c["candidate"] for c in candidates} == {
        f"{network}-{precision}"
        for network in ("unpruned", "pruned-0.5")
        for precision in ("fp32", "int8")
    }
    splits = {row["split"] for row in table(repository / "data/split.csv")}
    assert splits == {"train", "val", "test"}
    for command in (["metrics", "show"], ["dag"], ["plots", "show"], ["exp", "show"]):
        assert run(repository, "dvc", *command)


def test_a_finished_run_has_a_whole_report_and_the_recorded_bytes(repository: Path) -> None:
    run(repository, sys.executable, "-m", "checkstate.cli", "report")
    assert 'class="missing"' not in (repository / "metrics/report.html").read_text()
    said = run(repository, sys.executable, "-m", "checkstate.cli", "verify").splitlines()
    assert "ok      models/model.onnx" in said
    (repository / "MODEL_CARD.md").unlink()


def test_a_second_repro_runs_nothing(repository: Path) -> None:
    assert "Data and pipelines are up to date" in run(repository, "dvc", "repro")
    assert run(repository, "git", "status", "--porcelain", "--untracked-files=no") == ""


def locked_outputs(repository: Path) -> dict[str, str]:
    """Hash of each output in dvc.lock but those that hold latencies."""
    lock = yaml.safe_load((repository / "dvc.lock").read_text())
    outputs = [out for stage in lock["stages"].values() for out in stage.get("outs", [])]
    timed = ("metrics/quantize_prune", "metrics/benchmark")
    return {out["path"]: out["md5"] for out in outputs if not out["path"].startswith(timed)}


@pytest.mark.slow
def test_the_same_seed_gives_the_same_bytes(repository: Path) -> None:
    before = locked_outputs(repository)
    run(repository, "dvc", "repro", "--force", "quantize_prune")
    assert {"data/curated.zip", "models/model.safetensors", "models/model.onnx"} <= before.keys()
    assert locked_outputs(repository) == before


def test_an_experiment_reruns_only_what_its_param_reaches(repository: Path) -> None:
    out = run(
        repository,
        "dvc",
        "exp",
        "run",
        "--temp",
        "-n",
        "slow",
        "-S",
        "train.lr=0.00001",
        "evaluate",
    )
    for stage in ("curate", "split", "extra@more"):
        assert f"Stage '{stage}' didn't change" in out
    assert "Running stage 'train'" in out
    assert "slow" in run(repository, "dvc", "exp", "show", "--csv")
    assert "train.lr" in run(repository, "dvc", "params", "diff", "HEAD", "slow")


def test_excluding_the_ambiguous_drops_exactly_those(repository: Path) -> None:
    before = {row["path"] for row in table(repository / "data/split.csv")}
    run(repository, "dvc", "repro", "split")
    run(repository, "dvc", "exp", "run", "-S", "curate.exclude_ambiguous=true", "split")
    after = {row["path"] for row in table(repository / "data/split.csv")}
    listed = {row["path"] for row in table(repository / "data/curation/tiny.csv")}
    run(repository, "git", "reset", "-q", "--hard")
    run(repository, "dvc", "checkout")
    assert before - after == listed


def test_a_queue_of_experiments_runs(repository: Path) -> None:
    run(repository, "dvc", "exp", "run", "--queue", "-S", "train.epochs=1,2", "train")
    run(repository, "dvc", "queue", "start", "-j", "2")
    run(repository, "dvc", "queue", "logs", "-f", table_first(repository))
    shown = run(repository, "dvc", "queue", "status")
    assert "Failed" not in shown


def table_first(repository: Path) -> str:
    """The name of the first queued experiment."""
    return run(repository, "dvc", "queue", "status").splitlines()[1].split()[0]


def test_a_wrong_param_is_one_line_and_keeps_the_last_outputs(repository: Path) -> None:
    text = (repository / "params.yaml").read_text()
    (repository / "params.yaml").write_text(text.replace("optimizer: adamw", "optimizer: lion"))
    out = run(repository, "dvc", "repro", "train", ok=False)
    (repository / "params.yaml").write_text(text)
    assert "train.optimizer: input should be 'sgd', 'adam' or 'adamw'" in out
    assert "Traceback" not in out
    run(repository, "dvc", "checkout")
    assert (repository / "models/model.safetensors").exists()


def test_two_classes_of_other_names_in_jpeg_and_webp(repository: Path) -> None:
    for name, kind in (("on", "jpg"), ("off", "webp")):
        source = repository / "data/tiny" / {"on": "checked", "off": "unchecked"}[name]
        (repository / "data/lamps" / name).mkdir(parents=True)
        for image in source.glob("*.png"):
            target = repository / "data/lamps" / name / f"{image.stem}.{kind}"
            Image.open(image).convert("RGB").save(target)
    run(repository, "dvc", "add", "-q", "data/lamps")
    settle(repository, "lamps")
    run(repository, "dvc", "exp", "run", "--temp", "-n", "lamps", "-S", "data.name=lamps")
    run(repository, "dvc", "exp", "apply", "lamps")
    evaluated = json.loads((repository / "metrics/evaluate/metrics.json").read_text())
    assert set(evaluated["classes"]) == {"on", "off"}
