"""Sets drawn on a real Ray cluster and alone."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from ray.cluster_utils import Cluster

from checkstate.core.errors import UserError
from render.cluster import NOT_SENT, draw, written_by
from tests.conftest import ROOT
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
    return tmp_path


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
    archive.unlink()
    assert python(sources, script, name)[0] == 0
    assert drawn == archive.read_bytes()


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
