"""The wheel in an empty environment, with what it requires and nothing else."""

import json
import subprocess
import venv
from pathlib import Path

import pytest

from tests.conftest import ROOT

UNREACHABLE = ("NewConnectionError", "ConnectTimeoutError", "NameResolutionError", "ProxyError")
CODE = """
import sys, json
from checkstate import Predictor
label = Predictor()(sys.argv[1]).label
heavy = [name for name in ("torch", "scipy", "sklearn", "pydantic") if name in sys.modules]
print(json.dumps([label, heavy]))
"""


def pip(python: Path, *arguments: object) -> None:
    # isolated, or a clone on PYTHONPATH counts as installed
    command = [python, "-I", "-m", "pip", "--disable-pip-version-check", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True)
    if any(name in done.stderr for name in UNREACHABLE):
        pytest.skip("needs a package index")
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_the_wheel_predicts_without_torch_and_says_what_more_needs(tmp_path: Path) -> None:
    venv.create(tmp_path / "env", with_pip=True)
    python, checkstate = tmp_path / "env/bin/python", tmp_path / "env/bin/checkstate"
    pip(python, "wheel", "--no-deps", "--wheel-dir", tmp_path, ROOT)
    [wheel] = tmp_path.glob("*.whl")
    pip(python, "install", "--constraint", ROOT / "requirements.txt", wheel)

    def run(*command: object) -> subprocess.CompletedProcess[str]:
        line, env = list(map(str, command)), {"PATH": str(tmp_path)}
        return subprocess.run(line, cwd=tmp_path, capture_output=True, text=True, env=env)

    image = sorted((ROOT / "data/starter/checked").glob("bootstrap-checkbox-*.png"))[0]
    predicted = run(checkstate, "predict", "--json", image)
    assert json.loads(predicted.stdout)["label"] == "checked", predicted.stderr
    assert json.loads(run(python, "-c", CODE, image).stdout) == ["checked", []]
    for command in ("evaluate", "report", "serve"):
        done = run(checkstate, command)
        extra = "serve" if command == "serve" else "train"
        assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
        assert f"is missing: in a clone, pip install '.[{extra}]'" in done.stderr
    # what is no Python module is there too
    exported = run(checkstate, "export-web", tmp_path / "site")
    assert exported.stderr == "error: npm is missing: install Node.js (Debian: apt install npm)\n"
    assert run(checkstate, "export-triton", tmp_path / "triton").returncode == 0
    assert (tmp_path / "triton/checkstate-finder/1/model.onnx").exists()
