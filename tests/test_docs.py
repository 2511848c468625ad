"""The commands of README and docs, copied from the pages and run in a fresh clone."""

import ast
import importlib.util
import json
import os
import re
import runpy
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from checkstate.cli import app
from render.cutting import cut_crops
from tests.conftest import ROOT, copy_data
from tests.serve.test_web import UNREACHABLE

PAGES = ("README.md", "CONTRIBUTING.md", *sorted(f"docs/{p.name}" for p in ROOT.glob("docs/*.md")))
CHEAP = re.compile(
    r"checkstate (predict|find|evaluate|info|report|verify|export-\w+)\b|checkstate score \w+/"
    r"|dvc (add|exp show|metrics|remote)\b(?!.*NAME)"
)
"""The commands that need neither a package index, nor a server, nor a training."""

FOREIGN = ("cv2", "fastai", "mss", "ultralytics")
"""Packages that the pages show beside ours, and that no requirement brings."""


def read(page: str) -> str:
    return (ROOT / page).read_text()


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", read(page), re.DOTALL | re.MULTILINE)


def lines() -> list[str]:
    """The consoles of the pages, each line once, without what is said behind #."""
    found = [
        line for page in PAGES for block in blocks(page, "console") for line in block.split("\n")
    ]
    return list(dict.fromkeys(re.split(r"\s+#", line)[0] for line in found))


def commands() -> list[str]:
    """The lines that CHEAP matches."""
    return [line for line in lines() if CHEAP.match(line)]


def calls() -> list[str]:
    """Every call of our command line, in consoles or in the text, each once."""
    text = [span for page in PAGES for span in re.findall(r"`(checkstate [^`]+)`", read(page))]
    found = [line for line in [*lines(), *text] if line.startswith("checkstate ")]
    return list(dict.fromkeys(found))


def python() -> list[tuple[str, int]]:
    """The Python blocks of the pages: page and number."""
    return [(page, i) for page in PAGES for i, _ in enumerate(blocks(page, "python"))]


def imported(code: str) -> list[tuple[str, list[str]]]:
    """The modules that a block imports, with the names that it takes from each."""
    nodes = list(ast.walk(ast.parse(code)))
    whole = [(a.name, list[str]()) for n in nodes if isinstance(n, ast.Import) for a in n.names]
    return whole + [
        (str(node.module), [alias.name for alias in node.names])
        for node in nodes
        if isinstance(node, ast.ImportFrom)
    ]


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone with what a reader is said to have: data/<name>, crops, screens, another model, and
    what `dvc repro curate` makes."""
    folder = tmp_path_factory.mktemp("first-hour") / "checkstate"
    subprocess.run(["git", "clone", "--quiet", ROOT, folder], check=True)
    copy_data(folder / "data/own", 3)
    shutil.copytree(folder / "data/own", folder / "crops")
    shutil.copy(next(folder.glob("crops/checked/*.png")), folder / "crop.png")
    shutil.copy(folder / "checkstate/released/model.onnx", folder / "other.onnx")
    (folder / "screens").mkdir()
    for name in ("screen.png", "screens/screen.png"):
        shutil.copy(folder / "docs/screen.png", folder / name)
    done = run(folder, [sys.executable, "-m", "stages.curate"])
    assert done.returncode == 0, done.stderr
    return folder


def run(clone: Path, command: list[str]) -> subprocess.CompletedProcess[str]:
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    env = {**os.environ, "PATH": path, "PYTHONPATH": str(clone), "DVC_NO_ANALYTICS": "1"}
    return subprocess.run(command, cwd=clone, env=env, capture_output=True, text=True)


def test_the_pages_still_show_the_first_hour() -> None:
    assert {
        "checkstate predict data/starter/checked",
        "checkstate evaluate crops/ --compare other.onnx",
        "checkstate report",
        "checkstate find docs/screen.png",
        "checkstate score crops/ scores/",
        "checkstate verify metrics",
        "checkstate export-web site",
        "dvc add data/<name>",
    } <= set(commands())
    assert "checkstate serve --workers N" in calls()


@pytest.mark.parametrize("call", calls())
def test_the_command_line_knows_every_call_of_the_pages(call: str) -> None:
    _, name, *arguments = shlex.split(call.replace(" N", " 2"))
    command = get_command(app).commands[name]
    if arguments:
        command.make_context(name, arguments)


def test_the_window_of_a_toolkit_that_the_page_shows_can_be_cut(tmp_path: Path) -> None:
    [example] = blocks("docs/adding-a-library.md", "python")
    (tmp_path / "example.py").write_text(example)
    window = runpy.run_path(str(tmp_path / "example.py"))["window"]
    labels = set()
    for seed in range(8):
        picture, controls = window(Random(seed))
        again, same = window(Random(seed))
        assert (picture.tobytes(), controls) == (again.tobytes(), same)
        crops = dict(cut_crops(picture, controls, "example", Random(seed)))
        assert len(crops) == len(controls)
        labels |= {path.split("/")[0] for path in crops}
    assert labels == {"checked", "unchecked", "other"}


@pytest.mark.parametrize(("page", "number"), python())
def test_what_python_of_the_pages_imports_of_ours_is_there(page: str, number: int) -> None:
    for module, names in imported(blocks(page, "python")[number]):
        if module.startswith("checkstate"):
            found = importlib.import_module(module)
            for name in names:
                getattr(found, name)


def explained(section: str) -> list[str]:
    """What the first columns of the tables of a section name."""
    rows = re.findall(r"^\| (`[^|]*`) \|", section, re.MULTILINE)
    return [key for row in rows for key in re.findall(r"`(\w+)`", row)]


def test_the_keys_and_columns_of_find_are_those_of_the_page() -> None:
    section = read("docs/serving.md").partition("## Whole screenshots\n")[2].partition("\n## ")[0]
    of_json, _, of_csv = section.partition("\n`--csv` has a row")
    given = CliRunner().invoke(app, ["find", "--json", str(ROOT / "docs/screen.png")])
    found = json.loads(given.output)
    assert sorted(explained(of_json)) == sorted([*found, *found["controls"][0]])
    rows = CliRunner().invoke(app, ["find", "--csv", str(ROOT / "docs/screen.png")])
    assert explained(of_csv) == rows.output.splitlines()[0].split(",")
    [example] = map(json.loads, blocks("docs/serving.md", "json")[:1])
    assert (list(example), list(example["controls"][0])) == (
        list(found),
        list(found["controls"][0]),
    )


@pytest.mark.slow
@pytest.mark.parametrize("command", commands())
def test_a_command_of_the_pages_runs_in_a_fresh_clone(clone: Path, command: str) -> None:
    """In the order of the pages: `find --crops` makes the folder that `dvc add` takes."""
    if "export-web" in command and not shutil.which("npm"):
        pytest.skip("needs npm: apt install npm")
    done = run(clone, ["bash", "-c", command.replace("<name>", "own")])
    if any(code in done.stderr for code in UNREACHABLE):
        pytest.skip(f"needs the npm registry: {done.stderr}")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
@pytest.mark.parametrize(("page", "number"), python())
def test_python_of_the_pages_runs_in_a_fresh_clone(clone: Path, page: str, number: int) -> None:
    code = blocks(page, "python")[number]
    for name in {module.split(".")[0] for module, _ in imported(code)}.intersection(FOREIGN):
        if not importlib.util.find_spec(name):
            pytest.skip(f"needs {name}, which is in no requirement")
    done = run(clone, [sys.executable, "-c", code])
    assert done.returncode == 0, done.stdout + done.stderr
