"""How commands end when it is not their fault: a closed pipe, an interrupt, no memory left."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from checkstate.core import paths
from checkstate.core.files import read_csv
from checkstate.runtime.finder import Finder
from tests.conftest import ROOT
from tests.pipeline.conftest import wait_for
from tests.screens import screenshot

COMMAND = [sys.executable, "-m", "checkstate.cli"]
STARTER = ROOT / "data/starter"


def started(*arguments: object, **options: Any) -> subprocess.Popen[str]:
    """The real command, its output in pipes."""
    pipe = subprocess.PIPE
    command = [*COMMAND, *map(str, arguments)]
    return subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, **options)


@pytest.mark.parametrize(
    "arguments",
    [
        ["predict", STARTER / "checked", "--batch-size", "4"],
        ["predict", "--csv", next((STARTER / "checked").iterdir())],
        ["predict", "--json", STARTER / "checked"],
        ["find", "--json", next((STARTER / "checked").iterdir())],
        ["info"],
        ["verify", ROOT / "metrics"],
        ["--version"],
    ],
)
def test_a_reader_that_leaves_is_no_traceback(arguments: list[object]) -> None:
    running = started(*arguments, cwd=ROOT)
    assert running.stdout and running.stderr
    running.stdout.close()  # before a first line: `| head -1` leaves later
    err = running.stderr.read()
    assert running.wait() == 1
    assert [line for line in err.splitlines() if not line.startswith("warning: ")] == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a full disk that Linux offers")
@pytest.mark.parametrize("command", ["predict", "find"])
def test_a_full_disk_is_one_line(command: str) -> None:
    with Path("/dev/full").open("w") as full:
        arguments = [*COMMAND, command, str(next((STARTER / "checked").iterdir()))]
        ended = subprocess.run(arguments, stdout=full, stderr=subprocess.PIPE, text=True)
    assert (ended.returncode, ended.stderr) == (1, "error: no space left where the output goes\n")


def heed_interrupts() -> None:
    """A shell starts what runs in the background with interrupts ignored."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.parametrize("option", ["--json", "--csv"])
def test_an_interrupt_while_standard_input_is_awaited_is_silent(model: Path, option: str) -> None:
    arguments = ["predict", option, "-", "--model", model]
    running = started(*arguments, stdin=subprocess.PIPE, preexec_fn=heed_interrupts)
    assert running.stdin
    running.stdin.write("x" * 2**20)  # returns once most of it was read: the command waits for more
    running.stdin.flush()
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=60)
    assert running.returncode == 130
    assert "Traceback" not in err
    assert out.count("\n") <= 1


def test_an_interrupted_run_leaves_the_output_that_was_there(model: Path, tmp_path: Path) -> None:
    folder, output = tmp_path / "in", tmp_path / "out/states.csv"
    folder.mkdir()
    output.parent.mkdir()
    output.write_text("of yesterday")
    image = folder / "0.png"
    shutil.copy(next((STARTER / "checked").iterdir()), image)
    for number in range(1, 20000):
        os.link(image, folder / f"{number}.png")
    arguments = ["predict", folder, "--csv", "--output", output, "--model", model]
    running = started(*arguments, preexec_fn=heed_interrupts)
    half_written = output.parent / ".states.csv.tmp"
    wait_for(lambda: half_written.exists() and half_written.stat().st_size)
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=60)
    assert running.returncode == 130
    assert (out, err.strip()) == ("", "")
    assert [path.name for path in output.parent.iterdir()] == ["states.csv"]
    assert output.read_text() == "of yesterday"


def test_an_interrupted_find_lists_the_crops_that_are_there(tmp_path: Path) -> None:
    crops, screen = tmp_path / "data/mine", tmp_path / "screen.png"
    screenshot()[0].save(screen)
    finder = ["--finder", ROOT / paths.RELEASED_FINDER]
    arguments = ["find", screen, "-", "--crops", crops, *finder]  # standard input never comes
    running = started(*arguments, stdin=subprocess.PIPE, preexec_fn=heed_interrupts)
    controls = Finder(ROOT / paths.RELEASED_FINDER)(screen)
    wait_for(lambda: len(list(crops.rglob("*.png"))) == len(controls))
    running.send_signal(signal.SIGINT)
    _, err = running.communicate(timeout=60)
    assert (running.returncode, err.strip()) == (130, "")
    listed = {row["path"] for row in read_csv(tmp_path / "data/curation/mine.csv")}
    assert listed == {path.relative_to(crops).as_posix() for path in crops.rglob("*.png")}


SHORT = """
import resource
import checkstate.runtime.finds
from checkstate import cli
pages = int(open("/proc/self/statm").read().split()[0])
most = pages * resource.getpagesize() + 2**24
resource.setrlimit(resource.RLIMIT_AS, (most, most))
cli.app()
"""


@pytest.mark.parametrize("command", ["predict", "find", "info"])
def test_memory_that_runs_out_is_one_line(command: str) -> None:
    """With 16 MB more than what it has loaded, ONNX Runtime cannot open a model."""
    image = [str(next((STARTER / "checked").iterdir()))] if command != "info" else []
    done = subprocess.run(
        [sys.executable, "-c", SHORT, command, *image], capture_output=True, text=True, cwd=ROOT
    )
    assert done.returncode == 1
    assert done.stderr == "error: out of memory: end other programs, or give it less\n"
    assert done.stdout == ""
