"""The real service under load: clients with good requests beside strangers with hostile ones.

pytest -m slow tests/serve/test_load.py     # a minute; -s shows the figures
"""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from itertools import cycle
from pathlib import Path

import httpx
import psutil
import pytest
from PIL import Image

from checkstate.runtime.predictor import Predictor
from checkstate.serve.protocol import Protocol
from tests.conftest import ROOT
from tests.hostile import encode, unreadable
from tests.screens import screenshot
from tests.serve.test_app import command, upload
from tests.serve.test_protocol import connect, read_all

CLIENTS = 16
WARM_SECONDS, SECONDS = 60.0, 600.0
MOST = 400_000_000
"""Bytes of a process; the pod of deploy/kubernetes.yaml has twice as much."""

RELEASED = ROOT / "checkstate/released/model.onnx"


def good_client(url: str, crop: Path, ends: float) -> int:
    """Send one crop after the other until it ends; how many, each answered as it is alone."""
    content = upload(crop.read_bytes())
    expected = pytest.approx(Predictor(RELEASED, threads=1)(crop).probabilities, abs=1e-3)
    count = 0
    with httpx.Client(timeout=60) as client:
        while time.monotonic() < ends:
            answer = client.post(f"{url}/predict", files=content)
            assert answer.status_code == 200, answer.text
            assert answer.json()["results"][0]["probabilities"] == expected
            count += 1
    return count


def attacks(url: str, picture: Image.Image) -> list[Callable[[], object]]:
    """What strangers do; each is answered or ended, whatever that answer is."""
    screen = encode(screenshot()[0], "PNG")
    large = encode(Image.new("RGB", (4000, 4000)), "PNG")
    raw = [
        b"nonsense\r\n\r\n",
        b"GET / HTTP/1.1\r\nX: ".ljust(Protocol.head_bytes + 9, b"a"),
        b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999999\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ]

    def post(path: str, **body: object) -> Callable[[], object]:
        return lambda: httpx.post(f"{url}/{path}", timeout=60, **body)

    def send(head: bytes) -> Callable[[], object]:
        def sending() -> None:
            with connect(url) as stranger, suppress(ConnectionError):
                stranger.sendall(head)
                read_all(stranger)

        return sending

    def hang_up() -> None:
        with connect(url) as stranger:
            stranger.sendall(b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\nabc")

    return [
        *(post("predict", files=upload(content)) for content in unreadable(picture).values()),
        *(post(path, files=upload(large)) for path in ("predict", "find", "explain")),
        *(post(path, files=upload(screen)) for path in ("find", "explain")),
        post("predict", files=upload(*[b"text"] * 65)),
        post("predict", json={"images": ["!"] * 999}),
        post("predict", content=b"[" * 100_000, headers={"Content-Type": "application/json"}),
        post("predict", data={"files": "text"}),
        *map(send, raw),
        hang_up,
    ]


def stranger(todo: Iterator[Callable[[], object]], url: str, ends: float) -> int:
    """Attack until it ends, beside connections that never say what they want."""
    count = 0
    with ExitStack() as stack:
        for _ in range(20):
            stack.enter_context(connect(url)).sendall(b"GET / HTTP/1.1\r\nX: a")
        while time.monotonic() < ends:
            with suppress(httpx.TransportError):
                next(todo)()
            count += 1
    return count


def mix(url: str, crops: list[Path], picture: Image.Image, seconds: float) -> int:
    """Clients and strangers for some seconds; the number of good requests, all answered."""
    ends = time.monotonic() + seconds
    everything = attacks(url, picture)
    with ThreadPoolExecutor(CLIENTS + 4) as pool:
        good = [pool.submit(good_client, url, crop, ends) for crop in crops]
        turns = (everything[i:] + everything[:i] for i in range(0, len(everything), 6))
        hostile = [pool.submit(stranger, cycle(turn), url, ends) for turn in turns]
        assert sum(each.result() for each in hostile) > len(everything)
        return sum(each.result() for each in good)


@pytest.mark.slow
def test_good_requests_are_answered_beside_hostile_ones_in_the_memory_of_the_start(
    picture: Image.Image,
) -> None:
    crops = sorted((ROOT / "data/starter").glob("*/*.png"))[::5][:CLIENTS]
    with command(RELEASED) as (url, server, _), ThreadPoolExecutor(1) as reader:
        assert server.stdout
        log = reader.submit(server.stdout.readlines)  # a full pipe would stop the service
        for attack in attacks(url, picture):
            attack()
        mix(url, crops, picture, WARM_SECONDS)
        memory = psutil.Process(server.pid).memory_info
        warm = memory().rss
        served = mix(url, crops, picture, SECONDS)
        after = memory().rss
        print(f"\n{served} good requests, {warm / 1e6:.0f} MB warm, {after / 1e6:.0f} MB after")
        assert httpx.get(f"{url}/healthz").json() == {"status": "ok"}
        server.terminate()
        assert not [line for line in log.result() if '"status": 500' in line]
    assert served >= CLIENTS
    assert after <= 1.2 * warm
    assert after < MOST
