import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from checkstate.networks import predict_logits
from checkstate.resume import resumable
from checkstate.training import fit_model, new_model, prepare_torch
from tests.conftest import ROOT
from tests.test_training import recipe, squares


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(ROOT)
    return tmp_path / "cache/checkstate"


def train(stop_after: int | None = None) -> np.ndarray:
    """Train a little; with `stop_after`, die of an error in that epoch's report."""
    prepare_torch(0, 1)
    data, val, params = squares(64, 0), squares(32, 1), recipe(epochs=5, lr=1e-3)
    epochs = []

    def report(values: dict[str, float]) -> None:
        epochs.append(values["epoch"])
        if stop_after is not None and values["epoch"] == stop_after + 1:
            raise KeyboardInterrupt

    with resumable("test") as resume:
        model = fit_model(
            new_model(data, params), data, val, params, 0, report, None, (resume, "t")
        )
    assert epochs == list(range(5))
    return predict_logits(model, val.pixels, 32)


@pytest.mark.parametrize("stop_after", [0, 2, 3])
def test_an_interrupted_training_ends_with_the_same_bytes(cache: Path, stop_after: int) -> None:
    whole = train()
    assert list(cache.iterdir()) == []
    with pytest.raises(KeyboardInterrupt):
        train(stop_after)
    assert len(list(cache.rglob("t.pt"))) == 1
    assert np.array_equal(train(), whole)
    assert list(cache.iterdir()) == []


def test_a_second_writer_is_refused_and_the_first_one_named() -> None:
    code = (
        "import time\n"
        "from checkstate.resume import resumable\n"
        "with resumable('same'):\n"
        "    print('in', flush=True)\n"
        "    time.sleep(60)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    other = subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, stdout=subprocess.PIPE
    )
    assert other.stdout
    assert other.stdout.readline() == b"in\n"
    second = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    other.kill()
    other.wait()
    assert f"process {other.pid} runs this very stage" in second.stderr
    third = subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, stdout=subprocess.PIPE
    )
    assert third.stdout
    assert third.stdout.readline() == b"in\n"
    third.kill()
    third.wait()


def test_an_edit_during_a_stage_fails_it(tmp_path: Path) -> None:
    (tmp_path / "params.yaml").write_text("a: 1")
    (tmp_path / "stage.py").write_text(
        "import pathlib, sys, time\n"
        "from checkstate.errors import run_stage\n"
        "def main():\n"
        "    print('started', flush=True)\n"
        "    time.sleep(2)\n"
        "run_stage(main)\n"
    )
    running = subprocess.Popen(
        [sys.executable, "-m", "stage"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert running.stdout
    running.stdout.readline()
    time.sleep(0.2)
    (tmp_path / "params.yaml").write_text("a: 2")
    _, err = running.communicate()
    assert running.returncode == 1
    assert err.strip() == "error: params.yaml: edited while this stage ran; run it again"
