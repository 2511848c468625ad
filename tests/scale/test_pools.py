import subprocess
from pathlib import Path

import pytest
from ray.cluster_utils import Cluster

from checkstate.core.errors import UserError
from checkstate.scale.pools import score_elsewhere, versions
from checkstate.scale.shards import Shard
from tests.pipeline.conftest import wait_for
from tests.remote.servers import free_port
from tests.scale.conftest import bytes_of, command, run


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
        score_elsewhere(b"", "", expected, Shard("", "images", ()))
