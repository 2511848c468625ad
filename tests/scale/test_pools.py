import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from ray.cluster_utils import Cluster

from checkstate.core.errors import UserError
from checkstate.scale.models import Models
from checkstate.scale.pools import score_elsewhere, versions
from checkstate.scale.rows import score_shard
from checkstate.scale.shards import Shard
from checkstate.scale.storage import File
from tests.hostile import readable, unreadable
from tests.pipeline.conftest import wait_for
from tests.remote.servers import free_port
from tests.scale.conftest import MODELS, RELEASED, bytes_of, command, run


@pytest.mark.slow
def test_a_node_that_dies_costs_no_row(
    cluster: Cluster, model: Path, many: Path, tmp_path: Path
) -> None:
    target = tmp_path / "out"
    arguments = [many, target, "--model", model, "--ray", cluster.address]
    with subprocess.Popen(command(*arguments), stdout=subprocess.PIPE, text=True) as driver:
        wait_for(lambda: list(target.glob("*.parquet")) or driver.poll() is not None)
        assert driver.poll() is None
        cluster.remove_node(cluster.worker_nodes.copy().pop(), allow_graceful=False)
        assert driver.wait(500) == 0
    assert run(many, tmp_path / "alone", "--model", model)[0] == 0
    assert bytes_of(target) == bytes_of(tmp_path / "alone")


@pytest.mark.timeout(60)  # Ray itself goes on trying for a quarter of an hour
@pytest.mark.parametrize("address", ["auto", "127.0.0.1", "nonsense"])
def test_a_cluster_that_is_not_there_is_one_line(
    address: str, model: Path, many: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAY_TMPDIR", str(tmp_path))  # where Ray would look for one of this machine
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    if address == "127.0.0.1":
        address += f":{free_port()}"
    status, said = run(many, tmp_path / "out", "--model", model, "--ray", address)
    assert (status, said.count("\n")) == (1, 1), said
    assert f"{address}: no Ray cluster there" in said


@pytest.mark.timeout(60)
def test_a_cluster_that_has_crashed_is_one_line(
    model: Path, many: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAY_TMPDIR", str(tmp_path))
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    (tmp_path / "ray").mkdir()  # where `ray start` leaves its address
    (tmp_path / "ray/ray_current_cluster").write_text(f"127.0.0.1:{free_port()}")
    status, said = run(many, tmp_path / "out", "--model", model, "--ray", "auto")
    assert (status, said.count("\n")) == (1, 1), said
    assert "auto: no Ray cluster there" in said


def test_a_node_with_another_package_is_refused() -> None:
    expected = versions() | {"onnxruntime": "0.1"}
    with pytest.raises(UserError, match=r"onnxruntime.*install the same"):
        score_elsewhere(Models((), ()), Shard("", "images", ()), (), expected)


@pytest.mark.parametrize("names", [["model"], ["model", "finder"]])
def test_a_node_keeps_no_file_of_a_model(
    names: list[str], screens: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = Models.of(*(RELEASED / f"{name}.onnx" for name in names))
    there = here._replace(files=tuple(tmp_path / "only on the driver" for _ in names))
    shard = Shard(
        "", "images", (File(f"{screens}/a.png", 0, 0), File(f"{screens}/blank.png", 0, 0))
    )
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", f"{tmp_path}/temporary")
    part = score_elsewhere(there, shard, here.contents(), versions())
    assert part == score_shard(here, shard)
    assert part.images == 2
    assert not list((tmp_path / "temporary").iterdir())


@pytest.fixture(scope="module")
def small_cluster() -> Iterator[Cluster]:
    """A node with one core. Its tests are the last of this file: those above want no cluster."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        cluster = Cluster(True, head_node_args={"num_cpus": 1, "include_dashboard": False})
        yield cluster
        cluster.shutdown()


def test_crops_have_the_same_rows_on_a_cluster(
    small_cluster: Cluster, model: Path, picture: Image.Image, tmp_path: Path
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for name, content in {**readable(picture), **unreadable(picture)}.items():
        (folder / name).write_bytes(content)
    same_rows(small_cluster, tmp_path, 1, folder, "--model", model)


def test_screenshots_have_the_same_rows_on_a_cluster(
    small_cluster: Cluster, screens: Path, tmp_path: Path
) -> None:
    same_rows(small_cluster, tmp_path, 1, screens, "--find", *MODELS)


def same_rows(cluster: Cluster, folder: Path, status: int, source: Path, *options: object) -> None:
    """Score on a cluster and here, and compare every byte that was written."""
    here = run(source, folder / "here", *options, "--workers", 1)
    there = run(source, folder / "there", *options, "--ray", cluster.address)
    assert here[0] == there[0] == status, there[1]
    assert bytes_of(folder / "there") == bytes_of(folder / "here")
