"""What a user does with DVC, on the real stages and tiny data."""

import json
import sys
from pathlib import Path
from signal import SIGKILL

import pytest
from PIL import Image

from tests.pipeline.conftest import (
    forget,
    interrupted,
    locked,
    run,
    settle,
    states,
    table,
    wait_for,
)


def test_the_whole_dag_leaves_what_people_read(repository: Path) -> None:
    evaluated = json.loads((repository / "metrics/evaluate/details.json").read_text())
    assert 0 <= evaluated["top1"]["low"] <= evaluated["top1"]["value"] <= 1
    compared = json.loads((repository / "metrics/evaluate/metrics.json").read_text())
    assert 0 < compared["robustness"] <= 1
    timed = json.loads((repository / "metrics/benchmark/details.json").read_text())
    assert timed["shipped"]["bytes"] == (repository / "models/model.onnx").stat().st_size
    assert timed["training"].keys() == {"loop_per_second", "in_memory_per_second"}
    candidates = table(repository / "metrics/quantize_prune/plots/candidates.csv")
    assert {(c["ratio"], c["precision"]) for c in candidates} == {
        (ratio, precision) for ratio in ("0.0", "0.5") for precision in ("fp32", "int8")
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


@pytest.mark.slow
def test_the_same_seed_gives_the_same_bytes(repository: Path) -> None:
    before = locked(repository)
    run(repository, "dvc", "repro", "--force", "quantize_prune")
    assert {"data/curated.zip", "models/model.safetensors", "models/model.onnx"} <= before.keys()
    assert locked(repository) == before


def test_killed_between_epochs_it_ends_with_the_same_bytes(repository: Path) -> None:
    before = locked(repository)
    forget(repository, "train")
    with interrupted(repository, "stage", SIGKILL):
        wait_for(lambda: states(repository))
    assert len(states(repository)) == 1
    assert not (repository / "models/model.safetensors").exists()
    run(repository, "dvc", "repro", "train")
    assert states(repository) == []
    run(repository, "dvc", "repro")
    assert locked(repository) == before


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
        "-S",
        "evaluate.robustness=false",
        "evaluate",
    )
    for stage in ("curate", "split", "extra@more"):
        assert f"Stage '{stage}' didn't change" in out
    assert "Running stage 'train'" in out
    assert "slow" in run(repository, "dvc", "exp", "show", "--csv")
    assert "train.lr" in run(repository, "dvc", "params", "diff", "HEAD", "slow")
    compared = run(repository, "dvc", "metrics", "diff", "HEAD", "slow").splitlines()
    [evaluated] = [line for line in compared if "robustness" in line]
    assert evaluated.split()[-2:] == ["-", "-"]
    assert max(map(len, compared)) <= 160


def test_excluding_the_ambiguous_drops_exactly_those(repository: Path) -> None:
    before = {row["path"] for row in table(repository / "data/split.csv")}
    run(repository, "dvc", "repro", "split")
    run(repository, "dvc", "exp", "run", "-S", "curate.exclude_ambiguous=true", "split")
    after = {row["path"] for row in table(repository / "data/split.csv")}
    listed = {row["path"] for row in table(repository / "data/curation/tiny.csv")}
    run(repository, "git", "reset", "-q", "--hard")
    run(repository, "dvc", "checkout")
    assert before - after == listed


@pytest.mark.slow
def test_an_experiment_on_two_workers_gives_the_same_bytes_twice(repository: Path) -> None:
    command = ("dvc", "exp", "run", "--temp", "--force", "-S", "train.workers=2", "train", "-n")
    models = []
    for name in ("two", "two-again"):
        assert "Running stage 'train'" in run(repository, *command, name)
        models.append(locked(repository, name)["models/model.safetensors"])
    assert models[0] == models[1] != locked(repository)["models/model.safetensors"]


@pytest.mark.slow
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


@pytest.mark.slow
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
    evaluated = json.loads((repository / "metrics/evaluate/details.json").read_text())
    assert set(evaluated["classes"]) == {"on", "off"}
