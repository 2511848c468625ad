"""Against a real DVC repository with a stage, a folder and a file."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from checkstate.cli import app
from checkstate.core import paths
from checkstate.core.files import md5_of
from checkstate.report.verify import COPIES
from tests.conftest import ROOT

STAGE = {
    "cmd": "mkdir -p models && echo weights > models/model.onnx",
    "outs": ["models/model.onnx"],
}


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What DVC recorded, made once."""
    folder = tmp_path_factory.mktemp("pristine")
    (folder / "dvc.yaml").write_text(yaml.safe_dump({"stages": {"train": STAGE}}))
    (folder / "images").mkdir()
    for name in "ab":
        (folder / f"images/{name}.png").write_text(name)
    for command in ("init --no-scm -q", "add -q images", "repro -q"):
        dvc(folder, command)
    return folder


def dvc(folder: Path, command: str) -> None:
    """Run DVC in a folder."""
    executable = Path(sys.executable).with_name("dvc")
    environment = {**os.environ, "DVC_NO_ANALYTICS": "1"}
    subprocess.run([executable, *command.split()], cwd=folder, env=environment, check=True)


@pytest.fixture
def release(pristine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it, as working directory."""
    folder = shutil.copytree(pristine, tmp_path / "release")
    monkeypatch.chdir(folder)
    return folder


def verify(*paths: str) -> tuple[int, str]:
    """Exit status and output."""
    result = CliRunner().invoke(app, ["verify", *paths])
    return result.exit_code, result.output


def test_untouched_files_are_ok(release: Path) -> None:
    assert verify() == (0, "ok      images\nok      models/model.onnx\n")
    assert verify(str(release / "models")) == (0, "ok      models/model.onnx\n")


def make_below(release: Path, finder: Path) -> None:
    """Make a file by a repository of its own below, as weights/ makes the finder."""
    stage = {
        "cmd": f"cd .. && mkdir -p {finder.parent} && echo boxes > {finder}",
        "outs": [{f"../{finder}": {"cache": False}}],
    }
    (release / "weights").mkdir()
    (release / "weights/dvc.yaml").write_text(yaml.safe_dump({"stages": {"find": stage}}))
    for command in ("init --no-scm -q", "repro -q"):
        dvc(release / "weights", command)


def test_outputs_of_a_repository_below_are_found_by_their_path(release: Path) -> None:
    make_below(release, Path("finder.onnx"))
    assert verify("finder.onnx") == (0, "ok      finder.onnx\n")
    assert verify() == (0, "ok      images\nok      models/model.onnx\n")
    (release / "finder.onnx").write_text("others")
    assert verify("finder.onnx") == (1, "differs finder.onnx\n")


@pytest.fixture
def with_finder(release: Path) -> Path:
    """The repository, with a finder that one below it makes, and both released models."""
    make_below(release, paths.FINDER)
    for released, made in COPIES.items():
        (release / released).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(release / made, release / released)
    return release


def test_released_models_are_held_to_what_they_are_copies_of(with_finder: Path) -> None:
    (with_finder / paths.FINDER).unlink()  # as in a clone
    finder, classifier = f"ok      {paths.RELEASED_FINDER}\n", f"ok      {paths.RELEASED}\n"
    assert verify(str(paths.RELEASED_FINDER)) == (0, finder)
    assert verify(str(paths.RELEASED.parent)) == (0, finder + classifier)
    assert verify() == (0, finder + "ok      images\nok      models/model.onnx\n")
    (with_finder / paths.RELEASED).write_text("another")
    assert verify()[0] == 0, "models/model.onnx may be of a training of one's own"
    assert verify(str(paths.RELEASED)) == (1, f"differs {paths.RELEASED}\n")
    (with_finder / paths.RELEASED_FINDER).write_text("another")
    assert verify()[1].startswith(f"differs {paths.RELEASED_FINDER}\n")
    (with_finder / paths.RELEASED_FINDER).unlink()
    assert verify(str(paths.RELEASED_FINDER)) == (1, f"missing {paths.RELEASED_FINDER}\n")


def test_the_released_finder_is_the_recorded_one() -> None:
    lock = yaml.safe_load((ROOT / "weights/dvc.lock").read_text())
    [out] = lock["stages"]["find_export"]["outs"]
    assert out["path"] == f"../{paths.FINDER}"
    assert md5_of(ROOT / paths.RELEASED_FINDER) == out["md5"]


def test_a_changed_byte_is_found_though_size_and_time_are_the_same(release: Path) -> None:
    for name in ("models/model.onnx", "images/b.png"):
        file = release / name
        before = file.stat()
        file.chmod(0o644)
        file.write_bytes(b"X" + file.read_bytes()[1:])
        os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert verify() == (1, "differs images\ndiffers models/model.onnx\n")
    assert verify("images/a.png") == (1, "differs images\n")


def test_a_path_may_go_up(release: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(release / "images")
    assert verify("../models") == (0, "ok      models/model.onnx\n")


def test_a_missing_file_is_no_release(release: Path) -> None:
    (release / "models/model.onnx").unlink()
    assert verify() == (1, "ok      images\nmissing models/model.onnx\n")


@pytest.mark.usefixtures("release")
def test_a_path_that_dvc_does_not_track_is_one_line() -> None:
    status, said = verify("params.yaml")
    assert status == 1
    assert said.startswith("error: params.yaml: DVC has recorded no output there")


def test_outside_of_a_repository_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    status, said = verify()
    assert status == 1
    assert said.startswith("error: you are not inside of a DVC repository")


def test_torch_is_not_needed() -> None:
    code = "import checkstate.report.verify, sys; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
