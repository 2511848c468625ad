import subprocess
import sys
import time
from pathlib import Path

import pytest

from checkstate.core.locks import try_lock
from checkstate.core.paths import cache_folder
from checkstate.evaluation.timing import alone, cold_start, interleave, machine

MEASURE = """
from checkstate.evaluation.timing import alone
with alone():
    print("begun", flush=True)
    input()
"""


def test_rows_are_timed_in_turns_and_in_milliseconds() -> None:
    turns: list[str] = []

    def nap(name: str, seconds: float) -> None:
        turns.append(name)
        time.sleep(seconds)

    times = interleave({"a": lambda: nap("a", 0.02), "b": lambda: nap("b", 0.06)}, rounds=2)
    assert times["a"]["p50"] >= 20
    assert times["b"]["p50"] >= 60
    assert times["a"]["p50"] <= times["a"]["p95"] <= times["a"]["p99"]
    middle = turns[2:]
    assert middle.index("b") < len(middle) - 1 - middle[::-1].index("a")


def test_a_first_answer_costs_time_and_memory(model: Path, crops: list[Path]) -> None:
    first = cold_start(model, crops[0].read_bytes(), rounds=1)
    assert 0.05 < first["cold_start_s"] < 60
    assert 20 < first["peak_mb"] < 4000


def test_another_process_measures_when_the_first_has_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    command = [sys.executable, "-c", MEASURE]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as first:
        assert first.stdout
        assert first.stdout.readline() == "begun\n"
        with (cache_folder() / "timing.lock").open() as file:
            assert not try_lock(file)
        first.kill()
        with alone(), (cache_folder() / "timing.lock").open() as file:
            assert not try_lock(file)
    with (cache_folder() / "timing.lock").open() as file:
        assert try_lock(file)


def test_the_machine_is_described() -> None:
    assert machine()["cores"]
    assert machine()["cpu"]
