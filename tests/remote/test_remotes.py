"""Push and pull through real servers: what DVC promises about them, with our settings."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from botocore.session import get_session

from tests.conftest import ROOT
from tests.pipeline.conftest import git_init, run, settle
from tests.remote.servers import S3, Server, Ssh, WebDav, find

pytestmark = pytest.mark.remote


def kind(name: str, server: type[Server]) -> object:
    missing = [tool for tool in server.needs if not find(tool)]
    reason = f"needs {', '.join(missing)}"
    return pytest.param(server, id=name, marks=pytest.mark.skipif(bool(missing), reason=reason))


@pytest.fixture(scope="module", params=[kind("ssh", Ssh), kind("webdav", WebDav), kind("s3", S3)])
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """One server for all tests: no two of them have an object in common."""
    server = request.param(tmp_path_factory.mktemp("server"))
    yield server
    server.stop()


def configure(repository: Path, options: dict[str, str]) -> None:
    """What `dvc remote modify --local` would write, without a second for each option."""
    private = {key: value for key, value in options.items() if key != "url"}
    lines = "".join(f"    {key} = {value}\n" for key, value in private.items())
    (repository / ".dvc/config.local").write_text(f"['remote \"storage\"']\n{lines}")


@pytest.fixture
def repository(tmp_path: Path, server: Server) -> Path:
    """A repository with our DVC settings, a data folder, and the server as remote."""
    folder = tmp_path / "repository"
    folder.mkdir()
    git_init(folder)
    run(folder, "dvc", "init", "-q")
    shutil.copy(ROOT / ".dvc/config", folder / ".dvc/config")
    for i in range(60):
        (folder / f"data/c{i % 3}").mkdir(parents=True, exist_ok=True)
        (folder / f"data/c{i % 3}/{i}.bin").write_bytes(os.urandom(200_000))
    run(folder, "dvc", "add", "-q", "data")
    options = server.options()
    run(folder, "dvc", "remote", "add", "-f", "-d", "storage", options["url"])
    run(folder, "dvc", "remote", "modify", "storage", "verify", "true")
    configure(folder, options)
    settle(folder, "data")
    return folder


def contents(repository: Path) -> dict[str, bytes]:
    files = sorted((repository / "data").rglob("*.bin"))
    return {path.name: path.read_bytes() for path in files}


def forget(repository: Path) -> None:
    """Lose cache and workspace."""
    for name in (".dvc/cache", "data", ".dvc/tmp"):
        shutil.rmtree(repository / name, ignore_errors=True)


def test_what_is_pushed_comes_back(repository: Path) -> None:
    before = contents(repository)
    run(repository, "dvc", "push")
    forget(repository)
    run(repository, "dvc", "pull")
    assert contents(repository) == before
    assert "in sync" in run(repository, "dvc", "status", "-c")


def test_wrong_credentials_give_one_clear_line(repository: Path, server: Server) -> None:
    configure(repository, server.options() | server.wrong())
    out = run(repository, "dvc", "push", ok=False)
    [line] = [line for line in out.splitlines() if line.startswith("ERROR")]
    assert any(reason in line for reason in ("Permission denied", "401 (Unauthorized)", "(403)"))
    assert "Traceback" not in out


def test_a_corrupted_object_is_found_and_not_used(repository: Path, server: Server) -> None:
    run(repository, "dvc", "push")
    digest = hashlib.md5(contents(repository)["0.bin"], usedforsecurity=False).hexdigest()
    if isinstance(server, S3):
        get_session().create_client(
            "s3",
            region_name="us-east-1",
            endpoint_url=server.options()["endpointurl"],
            aws_access_key_id="user",
            aws_secret_access_key="password",
        ).put_object(
            Bucket="volume", Key=f"store/files/md5/{digest[:2]}/{digest[2:]}", Body=b"corrupted"
        )
    else:
        [victim] = server.folder.rglob(f"files/md5/{digest[:2]}/{digest[2:]}")
        victim.chmod(0o644)
        victim.write_bytes(b"corrupted")
    forget(repository)
    out = run(repository, "dvc", "pull", "-v", ok=False)
    assert re.search(f"corrupted cache file '.*{digest[:2]}/{digest[2:]}'", out)
    assert "Checkout failed for following targets:\ndata" in out
    assert re.findall(r"deleted: +(\S+)", run(repository, "dvc", "status", "-c")) == [
        "data/c0/0.bin"
    ]
    assert b"corrupted" not in contents(repository).values()


def interrupt(repository: Path, server: Server, command: str, arriving: Path) -> None:
    """Kill the server when the first objects of a push or a pull have arrived, and restart it."""
    going = subprocess.Popen(
        [Path(sys.executable).parent / "dvc", command, "-j", "1"],
        cwd=repository,
        env={**os.environ, "DVC_NO_ANALYTICS": "1"},
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    start = count_files(arriving)
    while count_files(arriving) < start + 3 and going.poll() is None:
        time.sleep(0.005)
    assert going.poll() is None, "it was over before the server was killed"
    server.stop()
    try:
        assert going.wait(10) != 0
    except subprocess.TimeoutExpired:  # S3's client tries every object again; a person gives up
        going.kill()
        going.wait()
    finally:
        server.start()


def count_files(folder: Path) -> int:
    return sum(path.is_file() for path in folder.rglob("*"))


def test_a_server_killed_in_mid_push_loses_nothing(repository: Path, server: Server) -> None:
    before = contents(repository)
    interrupt(repository, server, "push", server.arrivals())
    run(repository, "dvc", "push")
    forget(repository)
    run(repository, "dvc", "pull")
    assert contents(repository) == before


def test_a_server_killed_in_mid_pull_loses_nothing(repository: Path, server: Server) -> None:
    before = contents(repository)
    run(repository, "dvc", "push")
    forget(repository)
    interrupt(repository, server, "pull", repository / ".dvc/cache/files")
    run(repository, "dvc", "pull")
    assert contents(repository) == before
    assert "in sync" in run(repository, "dvc", "status", "-c")
