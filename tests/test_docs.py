"""The commands of README and docs, copied from the pages and run in a fresh clone."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT, copy_data

PAGES = ("README.md", "docs/serving.md", "docs/data.md")
CHEAP = re.compile(r"(checkstate (predict|evaluate|info|report)|dvc (add|exp show))\b")
"""The first hour's commands that need neither a package index, nor a server, nor a training."""


def blocks(page: str, language: str) -> list[str]:
    text = (ROOT / page).read_text()
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def commands() -> list[str]:
    """What CHEAP matches in the consoles of the pages, each once, without what is said behind #."""
    lines = [
        line for page in PAGES for block in blocks(page, "console") for line in block.split("\n")
    ]
    found = [re.split(r"\s+#", line)[0] for line in lines if CHEAP.match(line)]
    return list(dict.fromkeys(found))


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone with what a reader is said to have: data/<name>, crops, a screen, another model."""
    folder = tmp_path_factory.mktemp("first-hour") / "checkstate"
    subprocess.run(["git", "clone", "--quiet", ROOT, folder], check=True)
    copy_data(folder / "data/mine", 3)
    shutil.copytree(folder / "data/mine", folder / "crops")
    shutil.copy(next(folder.glob("crops/checked/*.png")), folder / "crop.png")
    shutil.copy(folder / "checkstate/released/model.onnx", folder / "other.onnx")
    shutil.copy(folder / "docs/screen.png", folder / "screen.png")
    return folder


def run(clone: Path, command: list[str]) -> None:
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    env = {**os.environ, "PATH": path, "PYTHONPATH": str(clone), "DVC_NO_ANALYTICS": "1"}
    done = subprocess.run(command, cwd=clone, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_pages_still_show_the_first_hour() -> None:
    assert {
        "checkstate predict data/starter/checked",
        "checkstate evaluate crops/ --compare other.onnx",
        "checkstate report",
        "dvc add data/<name>",
    } <= set(commands())


@pytest.mark.slow
@pytest.mark.parametrize("command", commands())
def test_a_command_of_the_pages_runs_in_a_fresh_clone(clone: Path, command: str) -> None:
    run(clone, ["bash", "-c", command.replace("<name>", "mine")])


@pytest.mark.slow
@pytest.mark.parametrize("page", ["README.md", "docs/serving.md"])
def test_the_first_python_of_a_page_runs(clone: Path, page: str) -> None:
    run(clone, [sys.executable, "-c", blocks(page, "python")[0]])
