"""Attacks on connections, with real sockets."""

import os
import resource
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import httpx
import psutil
import pytest

from checkstate.serve.protocol import SECURITY, Protocol
from tests.conftest import ROOT
from tests.pipeline.conftest import wait_for
from tests.serve.conftest import Start
from tests.serve.test_app import command, upload


def connect(url: str) -> socket.socket:
    host, port = url.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), timeout=30)


def read_all(stranger: socket.socket) -> bytes:
    """All that comes until the server ends the connection, politely or not."""
    parts = []
    with suppress(ConnectionError):
        parts.extend(iter(lambda: stranger.recv(9999), b""))
    return b"".join(parts)


def sent_until_refused(stranger: socket.socket, pieces: Iterator[bytes]) -> int:
    """Bytes that were taken before the server ended the connection."""
    sent = 0
    with suppress(ConnectionError):
        for piece in pieces:
            stranger.sendall(piece)
            sent += len(piece)
    return sent


@pytest.mark.parametrize("end", [b"\r\n", b""], ids=["many", "one"])
def test_headers_are_bounded(start: Start, end: bytes) -> None:
    url = start()
    with connect(url) as stranger:
        stranger.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n")
        lines = (b"X-%d: " % i + b"a" * 9990 + end for i in range(20_000))
        assert sent_until_refused(stranger, lines) < 20_000_000  # what the kernel buffers
    with connect(url) as stranger:
        stranger.sendall(b"GET /healthz HTTP/1.1\r\nX: ".ljust(Protocol.head_bytes + 1, b"a"))
        assert read_all(stranger).startswith(b"HTTP/1.1 400")
    with connect(url) as stranger:
        head = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX: "
        stranger.sendall(head.ljust(Protocol.head_bytes - 4, b"a") + b"\r\n\r\n")
        assert read_all(stranger).startswith(b"HTTP/1.1 200")


def test_headers_behind_a_request_in_work_are_bounded(start: Start) -> None:
    with connect(start()) as stranger:
        body = b"x" * 99
        stranger.sendall(b"POST /explain HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n" + body)
        stranger.sendall(b"GET / HTTP/1.1\r\nX: ")
        pieces = (b"a" * 10_000 for _ in range(20_000))
        assert sent_until_refused(stranger, pieces) < 20_000_000


def test_chunks_and_their_trailers_are_not_waited_for(start: Start) -> None:
    with connect(start()) as stranger:
        stranger.sendall(
            b"GET /healthz HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"
        )
        assert read_all(stranger).startswith(b"HTTP/1.1 411")


def test_a_large_body_and_the_next_request_in_one_write_are_served(start: Start) -> None:
    with connect(start()) as client:
        body = b"x" * 100_000
        first = b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: image/png\r\n"
        first += b"Content-Length: 100000\r\n\r\n"
        client.sendall(
            first + body + b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        )
        answers = read_all(client)
        assert answers.startswith(b"HTTP/1.1 400")
        assert b"HTTP/1.1 200" in answers


class Hasty(Protocol):
    head_seconds = 0.5


@pytest.mark.parametrize(
    "before",
    [
        b"GET /healthz HTTP/1.1\r\nHost: x",
        b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 9999\r\n\r\n",
    ],
    ids=["half a head", "a second head", "a body that nobody reads"],
)
def test_a_head_that_trickles_ends(start: Start, before: bytes) -> None:
    with connect(start(http=Hasty)) as stranger:
        stranger.sendall(before)
        stranger.settimeout(0.1)
        with suppress(ConnectionError):
            for _ in range(300):
                stranger.sendall(b"a")
                with suppress(TimeoutError):
                    if not stranger.recv(9999):
                        break
            else:
                raise AssertionError("still open")


def test_a_connection_without_a_request_ends(start: Start) -> None:
    with connect(start(http=Hasty)) as stranger:
        assert read_all(stranger) == b""


class Impatient(Protocol):
    answer_seconds = 0.5


def test_who_does_not_read_the_answer_is_let_go(start: Start) -> None:
    url = start(http=Impatient)
    with socket.socket() as stranger:
        stranger.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        stranger.connect(("127.0.0.1", int(url.split(":")[-1])))
        request = b"GET /swagger/swagger-ui-bundle.js HTTP/1.1\r\nHost: x\r\n\r\n"
        stranger.sendall(request * 9)
        wait_for(lambda: not established(url))


def established(url: str) -> list[object]:
    """The server's connections that nobody has ended."""
    port = int(url.split(":")[-1])
    found = psutil.Process().net_connections("tcp4")
    return [c for c in found if c.laddr.port == port and c.status == psutil.CONN_ESTABLISHED]


class Small(Protocol):
    most = 20


def test_many_half_open_connections_leave_room(start: Start, crops: list[Path]) -> None:
    url = start(http=Small)
    with ExitStack() as stack:
        for _ in range(60):
            stack.enter_context(connect(url)).sendall(b"GET / HTTP/1.1\r\nX: a")
        assert httpx.get(f"{url}/healthz").status_code == 200
        answer = httpx.post(f"{url}/predict", files=upload(crops[0].read_bytes()))
        assert answer.status_code == 200
        assert len(established(url)) <= Small.most // 2  # one client gets half of them


def test_half_open_connections_do_not_use_up_the_descriptors(model: Path) -> None:
    """300 connections without a finished header stopped a server of 256 descriptors for ever."""
    with ExitStack() as stack:
        url = stack.enter_context(command(model, before=limit_descriptors))[0]
        for _ in range(300):
            stack.enter_context(connect(url)).sendall(b"GET / HTTP/1.1\r\nX: a")
        assert httpx.get(f"{url}/healthz").json() == {"status": "ok"}


def limit_descriptors() -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256))


TOKEN = {"Authorization": "Bearer secret"}
REFUSED: dict[str, Callable[[str], httpx.Response]] = {
    "401": lambda url: httpx.post(f"{url}/predict", content=b"x"),
    "404": lambda url: httpx.get(f"{url}/nowhere"),
    "404 static": lambda url: httpx.get(f"{url}/static/nowhere"),
    "405": lambda url: httpx.delete(f"{url}/healthz"),
    "411": lambda url: httpx.post(f"{url}/nowhere", content=iter([b"x"]), headers=TOKEN),
    "413": lambda url: httpx.post(f"{url}/nowhere", content=b"x" * 2000, headers=TOKEN),
    "200": lambda url: httpx.get(url),
    "200 json": lambda url: httpx.get(f"{url}/info"),
}


def test_every_answer_has_the_headers(start: Start) -> None:
    url = start(token="secret", max_bytes=1000)
    for status, ask in REFUSED.items():
        answer = ask(url)
        assert str(answer.status_code) == status.split()[0]
        for name, value in SECURITY.items():
            assert answer.headers.get_list(name) == [value], (status, name)
    for garbage in (b"nonsense\r\n\r\n", b"GET / HTTP/1.1\r\nX: ".ljust(40_000, b"a")):
        with connect(url) as stranger:
            stranger.sendall(garbage)
            answered = read_all(stranger)
            assert answered.startswith(b"HTTP/1.1 400")
            assert b"x-content-type-options: nosniff" in answered.lower()


@pytest.mark.parametrize("token", ["secret\n", "  secret", "secret\r\n"])
def test_spaces_around_a_token_lock_nobody_out(
    model: Path, crops: list[Path], token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHECKSTATE_TOKEN", token)
    files = upload(crops[0].read_bytes())
    with command(model) as (url, _, _):
        assert httpx.post(f"{url}/predict", files=files).status_code == 401
        headers = {"Authorization": "Bearer secret"}
        assert httpx.post(f"{url}/predict", files=files, headers=headers).status_code == 200


@pytest.mark.parametrize("token", ["\n", "  ", "two words", "tök", "a\nb", "="])
def test_a_token_that_no_client_can_send_is_refused(model: Path, token: str) -> None:
    serve = [sys.executable, "-m", "checkstate.cli", "serve", f"--model={model}"]
    environment = os.environ | {"CHECKSTATE_TOKEN": token}
    ended = subprocess.run(serve, env=environment, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 1
    assert ended.stderr.startswith("error: the token ")
    assert ended.stderr.count("\n") == 1


def test_explanations_take_little_memory(crops: list[Path]) -> None:
    """One run of the model for all 145 images took a process from 119 to 543 MB."""
    files = upload(crops[0].read_bytes())
    with command(ROOT / "checkstate/released/model.onnx") as (url, server, _):
        httpx.post(f"{url}/predict", files=files)
        memory = psutil.Process(server.pid).memory_info
        before = memory().rss
        for _ in range(3):
            assert httpx.post(f"{url}/explain", files=files, timeout=60).status_code == 200
        assert memory().rss - before < 100_000_000
