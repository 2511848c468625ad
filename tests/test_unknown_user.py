"""Commands of a user whom the system does not know and who has no home, as containers have them."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import yaml

from tests.conftest import CLASSES, ROOT, copy_data
from tests.remote.servers import free_port

USER = 54321
# everything may be read, since the interpreter may lie in root's home; what fails is writing
READ = ["--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"]
AS_USER = ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups", *READ]
ENVIRONMENT = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder with params and a few images that belongs to that user."""
    if os.geteuid() or not shutil.which("setpriv"):
        pytest.skip("needs root and setpriv")
    if subprocess.run([*AS_USER, "true"], capture_output=True).returncode:
        pytest.skip("needs the capability to read everything")
    with tempfile.TemporaryDirectory() as name:
        path = Path(name)
        copy_data(path / "data/tiny", 4)
        params = yaml.safe_load((ROOT / "params.yaml").read_text())
        params["data"]["name"] = "tiny"
        (path / "params.yaml").write_text(yaml.safe_dump(params))
        for each in (path, *path.rglob("*")):
            os.chown(each, USER, USER)
        yield path


def python(folder: Path, *arguments: str) -> tuple[int, str, str]:
    """Status, output and errors of a command in that folder."""
    command = [*AS_USER, sys.executable, *arguments]
    done = subprocess.run(command, cwd=folder, env=ENVIRONMENT, capture_output=True, text=True)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("command", [["predict", "data/tiny"], ["info"], ["find", "data/tiny"]])
def test_predicting_works(folder: Path, command: list[str]) -> None:
    status, out, err = python(folder, "-m", "checkstate.cli", *command)
    assert (status, [line for line in err.splitlines() if "warning:" not in line]) == (0, [])
    assert out


def test_serving_works(folder: Path) -> None:
    port = free_port()
    command = ["-m", "checkstate.cli", "serve", f"--port={port}"]
    with subprocess.Popen(
        [*AS_USER, sys.executable, *command],
        cwd=folder,
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as server:
        assert server.stdout and server.stderr
        while "startup complete" not in next(server.stdout):
            pass
        content = next((folder / "data/tiny/checked").iterdir()).read_bytes()
        with httpx.Client(transport=httpx.HTTPTransport(retries=9)) as client:
            answer = client.post(
                f"http://127.0.0.1:{port}/predict",
                content=content,
                headers={"Content-Type": "image/png"},
                timeout=60,
            )
        server.terminate()
        assert answer.json()["results"][0]["label"] in CLASSES
        assert server.stderr.read() == ""


def test_curating_works(folder: Path) -> None:
    assert python(folder, "-m", "stages.curate")[0] == 0
    assert (folder / "data/manifest.csv").exists()


def test_a_folder_of_somebody_else_is_one_line(folder: Path) -> None:
    os.chown(folder, 0, 0)
    status, _, err = python(folder, "-m", "stages.curate")
    assert status == 1
    assert err.endswith("'.dvc'; let this user read and write there and run again\n")
    assert err.count("\n") == 1


def test_states_of_trainings_need_a_home(folder: Path) -> None:
    run = "from checkstate.core.paths import cache_folder as main"
    run += "; from checkstate.stage.runner import run_stage; run_stage(main)"
    status, _, err = python(folder, "-c", run)
    assert (status, err) == (1, "error: this user has no home: set HOME or XDG_CACHE_HOME\n")


def test_onnx_runtime_tells_nobody_and_leaves_nothing(folder: Path) -> None:
    home = folder / "home"
    home.mkdir()
    command = [sys.executable, "-m", "checkstate.cli", "info"]
    subprocess.run(command, cwd=folder, env=ENVIRONMENT | {"HOME": str(home)}, check=True)
    assert list(home.rglob("*")) == []
