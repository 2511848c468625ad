import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

STAGE = """
import signal, sys
from pathlib import Path
from checkstate.stage.runner import run_stage, unedited
# tests that run in the background of a shell inherit an ignored SIGINT
signal.signal(signal.SIGINT, signal.default_int_handler)
def main():
    with unedited(Path("data")):
        print("started", flush=True)
        sys.stdin.readline()
if __name__ == "__main__":
    run_stage(main)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "params.yaml").write_text("a: 1")
    (tmp_path / "stage.py").write_text(STAGE)
    (tmp_path / "data").mkdir()
    (tmp_path / "data/one.csv").write_text("1")
    return tmp_path


def start(folder: Path, module: str = "stage") -> subprocess.Popen[str]:
    """Start the stage, which works until its input ends; returns when it does or has ended."""
    running = subprocess.Popen(
        [sys.executable, "-m", module],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert running.stdout
    running.stdout.readline()
    return running


@pytest.mark.parametrize("path", ["params.yaml", "stage.py", "data/one.csv", "data/two.csv"])
def test_an_edit_during_a_stage_fails_it(folder: Path, path: str) -> None:
    running = start(folder)
    (folder / path).write_text("# other")
    _, err = running.communicate()
    assert running.returncode == 1
    assert err.strip() == f"error: {path}: edited while this stage ran; run it again"


def test_an_untouched_stage_succeeds_again_and_again(folder: Path) -> None:
    for _ in range(2):
        running = start(folder)
        assert running.communicate()[1] == ""
        assert running.returncode == 0


def test_a_second_writer_is_refused_until_the_first_one_is_killed(folder: Path) -> None:
    first = start(folder)
    second = start(folder)
    _, err = second.communicate()
    assert second.returncode == 1
    assert f"process {first.pid} still runs this stage" in err
    first.kill()
    first.communicate()
    third = start(folder)
    third.communicate()
    assert third.returncode == 0


@pytest.mark.parametrize(
    "work",
    [
        "import numpy; numpy.empty(2**50)",
        "import torch; torch.empty(2**60, dtype=torch.uint8)",
        "raise RuntimeError('std::bad_alloc')",
        "raise ValueError('not a model') from RuntimeError('Failed to allocate memory for 9')",
    ],
)
def test_memory_that_runs_out_is_one_line(folder: Path, work: str) -> None:
    (folder / "stage.py").write_text(STAGE.replace('print("started", flush=True)', work))
    running = start(folder)
    _, err = running.communicate()
    assert running.returncode == 1
    assert err.startswith("error: out of memory: lower train.batch_size, ")
    assert err.count("\n") == 1


@pytest.mark.parametrize("code", ["EACCES", "EROFS"])
def test_a_file_that_cannot_be_written_is_one_line(folder: Path, code: str) -> None:
    work = f"import errno; raise OSError(errno.{code}, 'no', 'models/model.onnx')"
    (folder / "stage.py").write_text(STAGE.replace('print("started", flush=True)', work))
    running = start(folder)
    _, err = running.communicate()
    assert running.returncode == 1
    assert "'models/model.onnx'; let this user read and write there and run again\n" in err
    assert err.count("\n") == 1


def test_an_input_that_is_missing_is_one_line(folder: Path) -> None:
    work = "open('data/split.csv')"
    (folder / "stage.py").write_text(STAGE.replace('print("started", flush=True)', work))
    _, err = start(folder).communicate()
    assert "'data/split.csv'; make it, as `dvc repro` would, and run again\n" in err
    assert err.count("\n") == 1


def test_stages_of_one_name_in_two_folders_run_side_by_side(folder: Path) -> None:
    for name in ("one", "other"):
        (folder / name).mkdir()
        (folder / name / "train.py").write_text(STAGE)
    first, second = start(folder, "one.train"), start(folder, "other.train")
    assert second.communicate()[1] == ""
    assert first.communicate()[1] == ""
    assert (first.returncode, second.returncode) == (0, 0)


def test_an_interrupted_stage_says_one_line(folder: Path) -> None:
    running = start(folder)
    running.send_signal(signal.SIGINT)
    _, err = running.communicate()
    assert running.returncode == 1
    assert err.strip() == "interrupted; `dvc repro` goes on from the last finished epoch or stage"
