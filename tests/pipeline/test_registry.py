"""Models by name and version, and data by git address, from another clone."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import copy_data
from tests.pipeline.conftest import TINY, git_init, run, settle, start, table
from tests.remote.servers import Git


@pytest.fixture(scope="module")
def upstream(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with a released model artifact, its remote a folder."""
    base = tmp_path_factory.mktemp("registry")
    folder = base / "upstream"
    folder.mkdir()
    git_init(folder)
    run(folder, "dvc", "init", "-q")
    run(folder, "dvc", "remote", "add", "-d", "storage", str(base / "storage"))
    run(folder, "dvc", "remote", "modify", "storage", "verify", "true")
    (folder / "models").mkdir()
    (folder / "models/model.onnx").write_bytes(b"first")
    (folder / "dvc.yaml").write_text(
        "artifacts:\n  checkstate:\n    path: models/model.onnx\n    type: model\n"
    )
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
    git_init(folder)
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


@pytest.fixture
def git_server(tmp_path: Path) -> Iterator[Git]:
    """A server of one plain git repository: class folders below train/ and val/, and archives."""
    folder = tmp_path / "served/pictures"
    folder.mkdir(parents=True)
    copy_data(folder / "data/train", 6)
    copy_data(folder / "data/val", 2)
    shutil.make_archive(str(folder / "data"), "zip", folder / "data")
    shutil.make_archive(str(folder / "data"), "tar", folder / "data")
    git_init(folder)
    settle(folder, "pictures")
    server = Git(folder.parent)
    yield server
    server.stop()


def test_images_are_imported_pinned_and_updated(git_server: Git, elsewhere: Path) -> None:
    (elsewhere / "data").mkdir()
    run(elsewhere, "dvc", "import", git_server.url("pictures"), "data", "-o", "data/theirs")
    before = sorted(p.name for p in (elsewhere / "data/theirs").rglob("*.png"))
    assert len(before) == 24
    theirs = git_server.folder / "pictures"
    extra = next((theirs / "data/train/other").glob("*.png"))
    shutil.copy(extra, extra.with_name("another.png"))
    settle(theirs, "one more")
    (elsewhere / "data/theirs/train/other").joinpath(extra.name).unlink()
    run(elsewhere, "dvc", "checkout")
    assert sorted(p.name for p in (elsewhere / "data/theirs").rglob("*.png")) == before
    run(elsewhere, "dvc", "update", "data/theirs.dvc")
    after = sorted(p.name for p in (elsewhere / "data/theirs").rglob("*.png"))
    assert set(after) - set(before) == {"another.png"}


def test_a_folder_a_zip_and_a_tar_curate_to_the_same_images(
    git_server: Git, tmp_path: Path
) -> None:
    repository = tmp_path / "repository"
    start(repository, TINY)
    manifests = []
    for kind in ("", ".zip", ".tar"):
        name = f"theirs{kind}"
        url = git_server.url("pictures")
        run(repository, "dvc", "import", url, f"data{kind}", "-o", f"data/{name}")
        settle(repository, name)
        run(repository, "dvc", "exp", "run", "-S", f"data.name={name}", "curate")
        manifests.append(table(repository / "data/manifest.csv"))
    assert len(manifests[0]) == 24
    assert manifests[0] == manifests[1] == manifests[2]
