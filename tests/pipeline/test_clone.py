"""DVC in a clone of a clone of this repository, which has no cache and whose origin has none."""

import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from checkstate.core.files import write_archive
from tests.conftest import ROOT
from tests.pipeline.conftest import environment, git_init, run, settle
from tests.render.params import write_params

OUTPUTS = (
    "data/manifest.csv",
    "data/curated.zip",
    "data/split.csv",
    "models/model.safetensors",
    "models/model.onnx",
)
"""What the stages of dvc.yaml keep in DVC's cache."""

STAGES = ("curate", "split", "train", "evaluate", "quantize_prune", "baseline", "benchmark")


def copy_tracked(folder: Path) -> None:
    """Make a repository of the files that git tracks here, as they are now."""
    listed = run(ROOT, "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    git_init(folder)
    settle(folder, "start")


def clone(source: Path, name: str) -> Path:
    """A clone of a clone, without the remotes of either."""
    target = source.with_name(name)
    run(source.parent, "git", "clone", "-q", source.name, f"{name}-between")
    run(source.parent, "git", "clone", "-q", f"{name}-between", name)
    run(target, "git", "config", "user.email", "test@example.org")
    run(target, "git", "config", "user.name", "test")
    return target


def dvc(folder: Path, command: str) -> tuple[int, list[str]]:
    """The exit status of a dvc command and the lines that it wrote."""
    done = subprocess.run(
        ["dvc", *command.split()],
        cwd=folder,
        env=environment(folder),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout.splitlines()


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """This repository, of which nobody has pushed anything."""
    folder = tmp_path_factory.mktemp("clones") / "first"
    copy_tracked(folder)
    return folder


@pytest.fixture(scope="module")
def unpushed(first: Path) -> Path:
    """A clone of a clone when nobody has pushed."""
    return clone(first, "unpushed")


@pytest.fixture(scope="module")
def pushed(first: Path) -> Path:
    """A clone of a clone when a run was pushed to a remote that both reach.

    The outputs of that run are not what the stages make, which would take minutes.
    """
    for name in OUTPUTS:
        (first / name).write_text(f"what a stage wrote to {name}\n")
    run(first, "dvc", "commit", "-q", "--force", *STAGES)
    url = str(first.with_name("storage"))
    run(first, "dvc", "remote", "add", "-q", "-f", "-d", "storage", url)
    run(first, "dvc", "remote", "modify", "storage", "verify", "true")
    settle(first, "a run")
    run(first, "dvc", "push", "-q")
    return clone(first, "pushed")


def stages_in(status: list[str]) -> set[str]:
    """The stages that `dvc status` names."""
    return {line.rstrip(":") for line in status if line.endswith(":") and line[0] != "\t"}


QUIET = {
    "unpushed": [("plots show", 1), ("push", 7), ("metrics diff", 0), ("params diff", 0)],
    "pushed": [("pull", 6), ("plots show", 1), ("push", 1), ("metrics diff", 0)],
}


@pytest.mark.parametrize(
    ("clone", "command", "most"),
    [(clone, command, most) for clone, cases in QUIET.items() for command, most in cases],
)
def test_dvc_is_quiet_in_a_clone(
    request: pytest.FixtureRequest, clone: str, command: str, most: int
) -> None:
    code, lines = dvc(request.getfixturevalue(clone), command)
    assert (code, len(lines) <= most) == (0, True), lines


def test_nothing_pushed_status_names_no_pipeline_of_another_repository(unpushed: Path) -> None:
    code, lines = dvc(unpushed, "status")
    assert code == 0
    assert stages_in(lines) <= {*STAGES, "crossval/dvc.yaml:crossval"}


def test_nothing_pushed_pull_names_what_it_lacks_and_can_go_on_without(unpushed: Path) -> None:
    code, lines = dvc(unpushed, "pull")
    assert code == 1
    assert {line for line in lines if Path(line).parts[0] in ("data", "models")} == {*OUTPUTS}
    assert len(lines) <= 15
    code, lines = dvc(unpushed, "pull --allow-missing")
    assert (code, len(lines) <= 7) == (0, True), lines


def test_pushed_status_is_up_to_date(pushed: Path) -> None:
    dvc(pushed, "pull")
    code, lines = dvc(pushed, "status")
    assert code == 0
    assert stages_in(lines) <= {"crossval/dvc.yaml:crossval"}, lines


def test_an_experiment_times_no_baseline_applies_and_fits_a_terminal(pushed: Path) -> None:
    dvc(pushed, "pull")
    said = run(pushed, "dvc", "exp", "run", "-n", "higher", "-S", "train.lr=0.01", "baseline")
    assert "Stage 'baseline' didn't change" in said
    assert run(pushed, "git", "diff", "--numstat").split() == ["1", "1", "params.yaml"]
    run(pushed, "git", "checkout", "-q", ".")
    (pushed / "models/model.onnx").unlink()
    code, lines = dvc(pushed, "exp apply higher")
    assert (code, len(lines)) == (0, 1), lines
    assert (pushed / "models/model.onnx").exists()
    shown = run(pushed, "make", "-s", "-o", ".venv/installed", "experiments")
    assert "train.lr" in shown
    assert max(map(len, shown.splitlines())) <= 160


def test_few_metrics_fit_a_terminal_with_every_one_of_them_changed(unpushed: Path) -> None:
    header = run(unpushed, "dvc", "exp", "show", "--csv").splitlines()[0].split(",")
    metrics = header[header.index("parent") + 1 : header.index("seed")]
    assert len(metrics) <= 10
    assert not [name for name in metrics if "/" in name], "two stages write a metric of one name"
    widths = [max(len(name), 8) + 3 for name in metrics]
    assert sum(widths) <= 160 - len("  └── 318cb07 [higher]")


def test_a_pipeline_with_a_repository_of_its_own_runs_there(first: Path) -> None:
    write_params(
        first, libraries=["plain"], toolkits=["kept"], held_out=[], held_out_toolkits=["kept"]
    )
    for name in ("plain", "kept", "found"):
        image = next((first / "data/starter/checked").glob("*.png"))
        write_archive(first / f"render/crops/{name}.zip", [("checked/1.png", image.read_bytes())])
    run(first, "dvc", "--cd", "weights", "repro", "--single-item", "collect", "collect_held_out")
    assert (first / "data/held-out.zip").exists()
    lock = yaml.safe_load((first / "weights/dvc.lock").read_text())["stages"]["collect"]
    assert "../data/rendered.zip" in {out["path"] for out in lock["outs"]}
    assert stages_in(dvc(first, "status")[1]).isdisjoint({"collect", "weights/dvc.yaml:collect"})
