import time
from pathlib import Path

from checkstate.evaluation.timing import cold_start, interleave, machine


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


def test_the_machine_is_described() -> None:
    assert machine()["cores"]
