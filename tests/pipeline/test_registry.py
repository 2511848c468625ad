"""Models by name and version, and data by git address, from another clone."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import copy_data
from tests.pipeline.test_dvc import run, settle


@pytest.fixture(scope="module")
def upstream(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with a released model artifact, its remote a folder, and some images."""
    base = tmp_path_factory.mktemp("registry")
    folder = base / "upstream"
    folder.mkdir()
    run(folder, "git", "init", "-q", "-b", "main")
    run(folder, "git", "config", "user.email", "test@example.org")
    run(folder, "git", "config", "user.name", "test")
    run(folder, "dvc", "init", "-q")
    run(folder, "dvc", "remote", "add", "-d", "storage", str(base / "storage"))
    run(folder, "dvc", "remote", "modify", "storage", "verify", "true")
    (folder / "models").mkdir()
    (folder / "models/model.onnx").write_bytes(b"first")
    (folder / "dvc.yaml").write_text(
        "artifacts:\n  checkstate:\n    path: models/model.onnx\n    type: model\n"
    )
    copy_data(folder / "images/train", 3)
    copy_data(folder / "images/val", 2)
    run(folder, "dvc", "add", "-q", "models/model.onnx")
    settle(folder, "release")
    run(folder, "dvc", "push", "-q")
    run(folder, "gto", "register", "checkstate")
    run(folder, "gto", "assign", "checkstate", "--version", "v0.0.1", "--stage", "prod")
    (folder / "models/model.onnx").write_bytes(b"second")
    run(folder, "dvc", "add", "-q", "models/model.onnx")
    settle(folder, "newer")
    run(folder, "dvc", "push", "-q")
    return folder


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """A new repository of another user."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    run(folder, "git", "init", "-q")
    run(folder, "git", "config", "user.email", "test@example.org")
    run(folder, "git", "config", "user.name", "test")
    run(folder, "dvc", "init", "-q")
    settle(folder, "start")
    return folder


def test_a_model_is_fetched_by_name_and_version(upstream: Path, elsewhere: Path) -> None:
    url = str(upstream)
    run(elsewhere, "dvc", "artifacts", "get", url, "checkstate", "--rev", "v0.0.1", "-o", "a.onnx")
    run(elsewhere, "dvc", "artifacts", "get", url, "checkstate", "--stage", "prod", "-o", "b.onnx")
    run(elsewhere, "dvc", "get", url, "models/model.onnx", "--rev", "main", "-o", "c.onnx")
    run(elsewhere, "dvc", "get", url, "models/model.onnx", "--rev", "checkstate@v0.0.1", "-o", "d")
    names = ("a.onnx", "b.onnx", "c.onnx", "d")
    read = [(elsewhere / name).read_bytes() for name in names]
    assert read == [b"first", b"first", b"second", b"first"]


def test_images_are_imported_pinned_and_updated(upstream: Path, elsewhere: Path) -> None:
    (elsewhere / "data").mkdir()
    run(elsewhere, "dvc", "import", str(upstream), "images", "-o", "data/theirs")
    before = sorted(p.name for p in (elsewhere / "data/theirs").rglob("*.png"))
    assert len(before) == 15
    extra = next((upstream / "images/train/other").glob("*.png"))
    shutil.copy(extra, extra.with_name("another.png"))
    subprocess.run(["git", "add", "-A"], cwd=upstream, check=True)
    subprocess.run(["git", "commit", "-qm", "one more"], cwd=upstream, check=True)
    assert sorted(p.name for p in (elsewhere / "data/theirs").rglob("*.png")) == before
    run(elsewhere, "dvc", "update", "data/theirs.dvc")
    after = sorted(p.name for p in (elsewhere / "data/theirs").rglob("*.png"))
    assert set(after) - set(before) == {"another.png"}
