"""However a pipeline is run or killed, it ends with the same bytes."""

import re
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random
from signal import SIGINT, SIGKILL, SIGTERM

import psutil
import pytest

from tests.pipeline.conftest import (
    TINY,
    decisions,
    forget,
    interrupted,
    locked,
    run,
    running_stages,
    settle,
    start,
    states,
    wait_for,
)

pytestmark = [pytest.mark.slow, pytest.mark.timeout(7200)]

STAGES = (
    *("curate", "split", "extra@more", "train", "evaluate"),
    *("quantize_prune", "baseline", "benchmark"),
)
WAYS = (
    *(("group", SIGKILL), ("group", SIGTERM), ("group", SIGINT)),
    *(("stage", SIGKILL), ("stage", SIGTERM)),
)
ADVICE = {
    "'./dvc.lock' validation failed": ("git", "checkout", "dvc.lock"),
    "JSON structure is corrupted": ("rm", ".dvc/tmp/rwlock"),
    ".git/index.lock": ("rm", ".git/index.lock"),
}
"""What the README says to do when DVC itself was killed in the middle of a write."""

DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "cut short": lambda state: state[: len(state) // 2],
    "empty": lambda _: b"",
    "one bit": lambda state: state[:-9] + bytes([state[-9] ^ 1]) + state[-8:],
    "text": lambda _: b"no state",
    "longer": lambda state: state + b"\0",
}

ONE_CANDIDATE = {"ratios": [0.5], "precisions": ["fp32"], "epochs": 6}


@pytest.fixture(scope="module")
def seconds() -> dict[str, float]:
    """The CPU seconds that each stage of the finished repository took, DVC's own included."""
    return {}


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory, seconds: dict[str, float]) -> Path:
    """A finished repository with one candidate to ship."""
    folder = tmp_path_factory.mktemp("crash") / "repository"
    start(folder, {**TINY, "quantize_prune": ONE_CANDIDATE})
    for stage in STAGES:
        before = cpu_of_children()
        run(folder, "dvc", "repro", "--single-item", stage)
        seconds[stage] = cpu_of_children() - before
    settle(folder, "first run")
    return folder


def cpu_of_children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def cpu_of(process: psutil.Process) -> float:
    """CPU seconds of a process and its children, dead or alive."""
    try:
        living = [process, *process.children(recursive=True)]
        own = sum(sum(p.cpu_times()[:2]) for p in living)
        return float(own + sum(process.cpu_times()[2:4]))
    except psutil.NoSuchProcess:
        return 0.0


def ended(process: psutil.Popen) -> bool:
    return process.poll() is not None


def go_on(folder: Path) -> str:
    """Run `dvc repro` after a kill, following the README where it stops; what had to be done."""
    said = run(folder, "dvc", "repro", ok=None)
    advised = [advice for words, advice in ADVICE.items() if words in said]
    for advice in advised:
        run(folder, *advice)
        run(folder, "dvc", "repro")
    return "; ".join(" ".join(advice) for advice in advised) or "nothing"


def test_an_orphan_cannot_become_a_second_writer(repository: Path) -> None:
    before = locked(repository)
    forget(repository, "train")
    with interrupted(repository, "dvc", SIGKILL) as repro:
        wait_for(lambda: states(repository))
        orphan, *_ = running_stages(repro)
        orphan.suspend()
    refused = run(repository, "dvc", "repro", ok=False)
    assert f"process {orphan.pid} still runs this stage" in refused
    assert "Traceback" not in refused
    orphan.kill()
    run(repository, "dvc", "repro")
    assert locked(repository) == before


def test_a_full_disk_is_one_line_and_the_next_run_goes_on(repository: Path) -> None:
    before = locked(repository)
    cache = repository.parent / "cache"
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", cache], check=False)
    if mounted.returncode:
        pytest.skip("needs the right to mount a small disk")
    try:
        forget(repository, "train")
        said = run(repository, "dvc", "repro", ok=False)
    finally:
        subprocess.run(["umount", cache], check=True)
    assert re.search(r"error: .*No space left on device.*train\.pt.*; free some space", said)
    assert "Traceback" not in said
    run(repository, "dvc", "repro")
    assert locked(repository) == before


def test_outputs_that_cannot_be_written_cost_no_training(repository: Path) -> None:
    before = locked(repository)
    in_the_way = repository / "metrics/train/details.json"
    in_the_way.unlink()
    in_the_way.mkdir()
    said = run(repository, sys.executable, "-m", "stages.train", ok=False)
    assert "details.json" in said
    assert [state.stem for state in states(repository)] == ["train"]
    in_the_way.rmdir()
    run(repository, sys.executable, "-m", "stages.train")
    assert states(repository) == []
    run(repository, "dvc", "repro")
    assert locked(repository) == before


def test_twenty_random_kills_twenty_identical_endings(
    repository: Path, seconds: dict[str, float]
) -> None:
    random = Random(0)
    before = locked(repository), decisions(repository)
    for number in range(20):
        stage = STAGES[number % len(STAGES)]
        whom, signal = random.choice(WAYS)
        moment = random.uniform(0, seconds[stage])
        forget(repository, stage)
        with interrupted(repository, whom, signal) as repro:
            wait_for(lambda r=repro, m=moment: cpu_of(r) >= m or ended(r))
            at_work = "stage" if running_stages(repro) else "ended" if ended(repro) else "DVC"
        kept = [path.stem for path in states(repository)]
        done = go_on(repository)
        print(
            f"kill {number:2}: {stage:14} {signal.name:7} to {whom:5} at {moment:4.1f} of "
            f"{seconds[stage]:4.1f} CPU seconds, in {at_work:5}, state kept: {kept or 'none'}, "
            f"to do before the next: {done}",
            flush=True,
        )
        assert (locked(repository), decisions(repository)) == before
        assert states(repository) == []
        assert "up to date" in run(repository, "dvc", "status")


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_state_damaged_after_the_kill_changes_no_byte(repository: Path, damage: str) -> None:
    before = locked(repository), decisions(repository)
    forget(repository, "train")
    with interrupted(repository, "stage", SIGKILL):
        wait_for(lambda: states(repository))
    [state] = states(repository)
    state.write_bytes(DAMAGES[damage](state.read_bytes()))
    go_on(repository)
    assert (locked(repository), decisions(repository)) == before
    assert states(repository) == []


def test_workspace_temp_and_queue_give_the_same_bytes(repository: Path) -> None:
    before = locked(repository)
    assert {"models/model.safetensors", "models/model.onnx", "data/split.csv"} <= before.keys()
    assert "metrics/evaluate/plots" in before
    said = run(repository, "dvc", "exp", "run", "--temp", "--force", "-n", "in-temp")
    run(repository, "dvc", "exp", "run", "--queue", "--force", "-n", "in-queue")
    run(repository, "dvc", "queue", "start")
    said += run(repository, "dvc", "queue", "logs", "-f", "in-queue")
    assert said.count("Running stage 'train'") == 2
    for name in ("in-temp", "in-queue"):
        run(repository, "dvc", "exp", "branch", name, name)
        assert locked(repository, name) == before, name
