import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from checkstate.core import bounds
from checkstate.runtime import fetch as module
from checkstate.runtime.fetch import FetchError, is_public, public_address


def fetch(url: str, *, private: bool = False) -> bytes:
    return asyncio.run(module.fetch(url, private=private))


class Handler(BaseHTTPRequestHandler):
    """A web server with the answers that matter."""

    def do_GET(self) -> None:
        path, _, rest = self.path[1:].partition("/")
        self.send_response({"redirect": 302, "round": 302, "missing": 404}.get(path, 200))
        kinds = {"page": "text/html", "object": "binary/octet-stream", "loud": "Image/PNG"}
        self.send_header("Content-Type", kinds.get(path, "image/png"))
        if path == "redirect":
            self.send_header("Location", "http://" + rest)
        if path == "round":
            self.send_header("Location", "/round")
        self.end_headers()
        try:
            self.wfile.write(b"x" * (int(rest) if path == "big" else 3))
            while path == "slow":
                self.wfile.write(b"x")
                time.sleep(0.05)
        except OSError:
            self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Stay quiet."""


@pytest.fixture
def server() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        threading.Thread(target=http.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{http.server_port}"
        http.shutdown()


def test_a_private_address_is_fetched_only_when_that_is_allowed(server: str) -> None:
    assert fetch(f"http://{server}/image", private=True) == b"xxx"
    with pytest.raises(FetchError, match=r"127\.0\.0\.1 is not a public address"):
        fetch(f"http://{server}/image")


@pytest.mark.parametrize("path", ["object", "loud"])
def test_what_a_bucket_and_odd_servers_call_an_image_is_one(server: str, path: str) -> None:
    assert fetch(f"http://{server}/{path}", private=True) == b"xxx"


@pytest.mark.parametrize(
    "host",
    [
        *("localhost", "127.0.0.1", "10.1.2.3", "192.168.0.1", "169.254.169.254", "0.0.0.0"),
        *("::1", "fe80::1", "fd00::1", "::ffff:127.0.0.1", "2130706433", "0x7f000001", "224.0.0.1"),
        *("100.64.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "[::1]", "localhost."),
        *("64:ff9b:1::7f00:1", "::7f00:1", "fec0::2", "240.0.0.1"),
    ],
)
def test_every_spelling_of_an_inner_address_is_refused(host: str) -> None:
    with pytest.raises(FetchError, match=r"not a public address|no such host"):
        asyncio.run(public_address(host))


def test_public_addresses_are_public() -> None:
    assert is_public("93.184.215.14")
    assert is_public("2606:2800:21f:cb07:6820:80da:af6b:8b2c")


def test_a_public_name_that_redirects_inwards_is_refused(
    server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first hop passes for public; the second is checked again."""
    real = module.public_address

    async def resolve(host: str) -> str:
        return "127.0.0.1" if host == "outside.test" else await real(host)

    monkeypatch.setattr(module, "public_address", resolve)
    port = server.split(":")[1]
    assert fetch(f"http://outside.test:{port}/image") == b"xxx"
    with pytest.raises(FetchError, match="not a public address"):
        fetch(f"http://outside.test:{port}/redirect/{server}/image")


def test_limits_and_kinds(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "REQUEST", 1000)
    monkeypatch.setattr(module, "MAX_SECONDS", 2.0)
    for path, reason in (
        ("big/5000", "more than 1,000 bytes"),
        ("page", "text/html is no image"),
        ("missing", "status 404"),
        ("slow", "not there after 2 seconds"),
        ("round", "more than 5 redirects"),
    ):
        with pytest.raises(FetchError, match=reason):
            fetch(f"http://{server}/{path}", private=True)


def test_what_cannot_be_reached_is_one_line() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/"
    for bad in (url, "http://", "http://no-such-host.invalid/x", "http://no-such-host/\udcff"):
        with pytest.raises(FetchError) as caught:
            fetch(bad, private=True)
        assert "\n" not in str(caught.value)
