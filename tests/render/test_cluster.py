"""Sets drawn on a real Ray cluster and alone."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from ray.cluster_utils import Cluster

from checkstate.core.errors import UserError
from render.cluster import NOT_SENT, draw, edited_since, written_by
from render.pages import HERE
from tests.conftest import ROOT
from tests.pipeline.conftest import git_init, run, settle
from tests.render.missing import needs_browser


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """A copy of render/ and checkstate/ that draws little of a set."""
    shutil.copytree(ROOT / "checkstate", tmp_path / "checkstate")
    here = tmp_path / "render"
    shutil.copytree(ROOT / "render", here, ignore=NOT_SENT)
    settings = yaml.safe_load((here / "params.yaml").read_text())
    little = {"pages": 2, "held_out_pages": 2, "toolkit_crops": 20}
    (here / "params.yaml").write_text(yaml.safe_dump(settings | little))
    shutil.copytree(ROOT / "weights", tmp_path / "weights", ignore=shutil.ignore_patterns("tmp"))
    git_init(tmp_path)
    settle(tmp_path, "start")
    return tmp_path


def undrawn(sources: Path) -> set[str]:
    """What DVC would draw there."""
    status = ("dvc", "--cd", "weights", "status", "--json", "screenshots", "toolkit")
    return set(json.loads(run(sources, *status)))


def python(folder: Path, *arguments: str) -> tuple[int, str]:
    """Run a module in a folder; its exit status, and what it said."""
    done = subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    ("script", "name"),
    [
        ("render.toolkit", "pdf"),
        pytest.param("render.screenshots", "bootstrap", marks=needs_browser),
    ],
)
def test_a_set_has_the_same_bytes_on_a_cluster_as_alone(
    script: str, name: str, cluster: Cluster, sources: Path
) -> None:
    archive = sources / written_by(script, name)
    (sources / "render/node_modules").symlink_to(ROOT / "render/node_modules")
    status, said = python(sources, "render.cluster", "--ray", cluster.address, name)
    assert status == 0, said
    drawn = archive.read_bytes()
    assert f"{script.removeprefix('render.')}@{name}" not in undrawn(sources)
    archive.unlink()
    assert python(sources, script, name)[0] == 0
    assert drawn == archive.read_bytes()


def test_only_what_is_not_drawn_yet_is_drawn_on_the_cluster(sources: Path) -> None:
    settings = yaml.safe_load((sources / "render/params.yaml").read_text())
    (sources / "render/crops").mkdir()
    (sources / "render/crops/pdf.zip").write_bytes(b"drawn")
    code = "from render.cluster import *; dvc('commit', '-f', 'toolkit@pdf'); print(*outdated())"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=sources,
        env={**os.environ, "PYTHONPATH": str(sources)},
        capture_output=True,
        text=True,
    )
    expected = {*settings["libraries"], *settings["toolkits"]} - {"pdf"}
    assert set(done.stdout.split()) == expected, done.stderr


@pytest.mark.parametrize("variables", [(), ("RAY=auto",)])
def test_make_draws_on_a_cluster_where_one_is_named(variables: tuple[str, ...]) -> None:
    said = run(ROOT, "make", "--dry-run", "render", *variables)
    assert ("python -m render.cluster --ray auto\ndvc --cd weights repro" in said) == bool(
        variables
    )
    assert ("render.cluster" in said) == bool(variables)


def test_an_edit_is_noticed(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "render", tmp_path / "render", ignore=NOT_SENT)
    assert edited_since(tmp_path) is None
    with (tmp_path / "render/params.yaml").open("a") as file:
        file.write("# edited")
    assert edited_since(tmp_path) == HERE / "params.yaml"


def test_a_name_of_nothing_is_one_line(sources: Path) -> None:
    status, said = python(sources, "render.cluster", "nothing")
    assert (status, said.count("\n")) == (1, 1), said
    assert "nothing: neither a library nor a toolkit" in said


def test_a_node_without_chromium_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".package-lock.json").touch()
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UserError, match=r"^[^\n]+: bootstrap: no Chromium found[^\n]+$"):
        draw("render.screenshots", "bootstrap", tmp_path, {"Chromium": "1"})


def test_a_node_without_what_a_set_needs_says_its_last_line(
    sources: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(sources)
    with pytest.raises(UserError, match=r"^[^\n]+: pascal: error: pascal: no toolkit[^\n]+$"):
        draw("render.toolkit", "pascal", sources / "render/node_modules", None)


@needs_browser
def test_a_node_with_another_chromium_is_refused() -> None:
    with pytest.raises(UserError, match=r"Chromium.*install the same"):
        draw("render.screenshots", "bootstrap", ROOT / "render/node_modules", {"Chromium": "1"})
