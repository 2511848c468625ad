import base64
import errno
import io
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import hypothesis
import psutil
import pytest
import schemathesis
from PIL import Image

from checkstate.runtime.finder import Finder
from checkstate.runtime.predictor import Predictor, no_crop
from checkstate.serve.app import create_app
from checkstate.serve.batching import is_small
from checkstate.serve.settings import Settings
from tests.conftest import CLASSES, ROOT
from tests.hostile import readable, unreadable
from tests.pipeline.conftest import wait_for
from tests.remote.servers import free_port
from tests.screens import screenshot
from tests.serve.conftest import Start

RELEASED = ROOT / "checkstate/released"


Files = list[tuple[str, tuple[str, bytes, str]]]


def upload(*contents: bytes) -> Files:
    return [("files", (f"{i}.png", content, "image/png")) for i, content in enumerate(contents)]


def test_one_and_many_files_are_answered_in_order(
    start: Start, predictor: Predictor, crops: list[Path]
) -> None:
    url = start()
    answer = httpx.post(f"{url}/predict", files=upload(*(c.read_bytes() for c in crops)))
    results = answer.json()["results"]
    assert answer.status_code == 200
    assert [r["name"] for r in results] == [f"{i}.png" for i in range(len(crops))]
    for crop, result in zip(crops, results, strict=True):
        assert result["probabilities"] == pytest.approx(predictor(crop).probabilities, abs=1e-4)


def test_a_bad_file_among_good_ones_is_named(start: Start, crops: list[Path]) -> None:
    url = start()
    answer = httpx.post(f"{url}/predict", files=upload(b"text", crops[0].read_bytes()))
    bad, good = answer.json()["results"]
    assert answer.status_code == 200
    assert "not an image" in bad["error"]
    assert good["label"] in CLASSES
    alone = httpx.post(f"{url}/predict", files=upload(b"text"))
    assert alone.status_code == 400
    assert "not an image" in alone.json()["detail"]


def test_limits_of_bytes_pixels_and_files(start: Start) -> None:
    url = start(max_bytes=5000, max_pixels=100, max_files=2)
    tiny = io.BytesIO()
    Image.new("RGB", (5, 5)).save(tiny, "PNG")
    assert httpx.post(f"{url}/predict", files=upload(b"x" * 6000)).status_code == 413
    assert httpx.post(f"{url}/predict", files=upload(*[tiny.getvalue()] * 3)).status_code == 413
    assert httpx.post(f"{url}/predict", files=upload(tiny.getvalue())).status_code == 200
    large = io.BytesIO()
    Image.new("1", (200, 200)).save(large, "PNG")
    refused = httpx.post(f"{url}/predict", files=upload(large.getvalue()))
    assert refused.status_code == 400
    assert "pixels" in refused.json()["detail"]
    chunked = httpx.post(f"{url}/predict", content=iter([b"x" * 10]))
    assert chunked.status_code == 411


def test_explain_takes_one_file_of_the_same_field(start: Start, crops: list[Path]) -> None:
    url = start()
    content = crops[0].read_bytes()
    overlay = httpx.post(f"{url}/explain", files=upload(content), timeout=60)
    assert overlay.status_code == 200
    assert Image.open(io.BytesIO(overlay.content)).format == "PNG"
    refused = httpx.post(f"{url}/explain", files=upload(content, content))
    assert refused.status_code == 413
    assert refused.json() == {"detail": "at most 1 image a request"}


def in_json(*contents: bytes) -> dict[str, list[str]]:
    return {"images": [base64.b64encode(content).decode() for content in contents]}


@pytest.mark.parametrize("kind", ["image/png", "IMAGE/x-any; q=1", "application/octet-stream"])
def test_a_bare_image_is_answered_as_a_file_is(
    start: Start, predictor: Predictor, crops: list[Path], kind: str
) -> None:
    url = start()
    answer = httpx.post(
        f"{url}/predict", content=crops[0].read_bytes(), headers={"Content-Type": kind}
    )
    [result] = answer.json()["results"]
    assert result["name"] == "image"
    assert result["probabilities"] == pytest.approx(predictor(crops[0]).probabilities, abs=1e-4)


def test_images_in_json_are_answered_in_order_and_a_bad_one_is_named(
    start: Start, predictor: Predictor, crops: list[Path]
) -> None:
    url = start()
    body = in_json(crops[0].read_bytes(), b"text", crops[1].read_bytes())
    first, bad, last = httpx.post(f"{url}/predict", json=body).json()["results"]
    assert [r["name"] for r in (first, bad, last)] == ["images[0]", "images[1]", "images[2]"]
    assert "not an image" in bad["error"]
    for crop, result in zip(crops[:2], (first, last), strict=True):
        assert result["probabilities"] == pytest.approx(predictor(crop).probabilities, abs=1e-4)
    explained = httpx.post(f"{url}/explain", json=in_json(crops[0].read_bytes()), timeout=60)
    assert explained.headers["content-type"] == "image/png"


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        (b'{"images": ["aGk=", "a b="]}', 400, "images[1]: not base64"),
        (b'{"images": ["aGk=aGk="]}', 400, "images[0]: not base64"),
        (b'{"images": ["aGk"]}', 400, "images[0]: not base64"),
        ('{"images": ["\xe4"]}'.encode(), 400, "images[0]: not base64"),
        (b'{"images": ["aGk=", 7]}', 400, "images[1]: Input should be a valid string"),
        (b'{"images": "aGk="}', 400, "images: Input should be a valid array"),
        (b'{"images": []}', 400, "no images"),
        (b"{}", 400, "images: Field required"),
        (b'{"images": ["aGk="], "a\\nb": 1}', 400, "a\\nb: Extra inputs are not permitted"),
        (b"", 400, "Invalid JSON: EOF while parsing a value at line 1 column 0"),
        (b'{"images": [NaN]}', 400, "images[0]: Input should be a valid string"),
        (b"[" * 5000, 400, "Invalid JSON: recursion limit exceeded"),
        (b'{"images": ["\xff"]}', 400, "Invalid JSON: invalid unicode code point"),
        (b'{"images": ["","",""]}', 413, "at most 2 images a request"),
        (b'{"images": [' + b"{}," * 2000, 413, "at most 2 images a request"),
    ],
)
def test_what_is_wrong_with_json_is_told_in_one_line(
    start: Start, body: bytes, status: int, words: str
) -> None:
    headers = {"Content-Type": "application/json"}
    refused = httpx.post(f"{start(max_files=2)}/predict", content=body, headers=headers)
    assert refused.status_code == status
    assert refused.json()["detail"].startswith(words)
    assert "\n" not in refused.json()["detail"]


def test_every_kind_of_body_has_the_same_limits(start: Start) -> None:
    url = start(max_bytes=5000, max_pixels=100)
    Image.new("1", (200, 200)).save(large := io.BytesIO(), "PNG")
    for path in ("predict", "explain"):
        for many, pixels in (
            ({"files": upload(b"x" * 6000)}, {"files": upload(large.getvalue())}),
            ({"json": in_json(b"x" * 4000)}, {"json": in_json(large.getvalue())}),
            (bare(b"x" * 6000), bare(large.getvalue())),
        ):
            refused = httpx.post(f"{url}/{path}", **many)
            assert (refused.status_code, refused.json()["detail"]) == (
                413,
                "a request takes at most 5,000 bytes",
            )
            refused = httpx.post(f"{url}/{path}", **pixels)
            assert refused.status_code == 400
            assert "200x200 is more than 100 pixels" in refused.json()["detail"]


def bare(content: bytes) -> dict[str, Any]:
    return {"content": content, "headers": {"Content-Type": "image/png"}}


def test_other_bodies_are_refused_in_one_line(start: Start) -> None:
    url = start()
    form = "multipart/form-data"
    for kind, content, status, words in (
        ("application/x-www-form-urlencoded", b"a=b", 415, "the Content-Type is none of"),
        ("", b"x", 415, "the Content-Type is none of"),
        ("image/png", b"", 400, "not an image"),
        (form, b"x", 400, "Missing boundary"),
        (f"{form}; boundary=x", b"--x--\r\n", 400, 'the form has no field "files"'),
        (f"{form}; boundary=x; charset=undefined", PART, 400, "the form is damaged"),
        (f"{form}; boundary=x", PART, 400, 'the field "files" holds text'),
    ):
        for path in ("predict", "explain"):
            headers = {"Content-Type": kind} if kind else {}
            refused = httpx.post(f"{url}/{path}", content=content, headers=headers)
            assert refused.status_code == status, (kind, refused.text)
            assert words in refused.json()["detail"]
            assert "\n" not in refused.json()["detail"]


PART = b'--x\r\nContent-Disposition: form-data; name="files"\r\n\r\ntext\r\n--x--\r\n'


@pytest.mark.parametrize("kind", ["image/png", "application/json", "multipart/form-data"])
def test_a_client_that_leaves_early_is_no_500(start: Start, kind: str) -> None:
    url = start()
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as client:
        client.sendall(
            b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n"
            b"Content-Type: " + kind.encode() + b"; boundary=x\r\n\r\n--x"
        )
    ends = time.monotonic() + 10
    counted = ""
    while 'path="/predict"' not in counted and time.monotonic() < ends:
        counted = httpx.get(f"{url}/metrics").text
    assert 'checkstate_requests_total{path="/predict",status="400"} 1.0' in counted


def test_a_token_is_asked_for_where_one_is_set(start: Start, crops: list[Path]) -> None:
    url = start(token="secret")
    files = upload(crops[0].read_bytes())
    assert httpx.post(f"{url}/predict", files=files).status_code == 401
    for token, status in (("wrong", 401), ("secret", 200)):
        headers = {"Authorization": f"Bearer {token}"}
        answer = httpx.post(f"{url}/predict", files=files, headers=headers)
        assert answer.status_code == status
    assert httpx.get(f"{url}/healthz").status_code == 200


def test_what_the_document_calls_guarded_is_and_every_post_is(start: Start) -> None:
    url = start(token="secret", allow_urls=True)
    operations = httpx.get(f"{url}/openapi.json").json()["paths"]
    posts = {path: each["post"] for path, each in operations.items() if "post" in each}
    assert set(posts) == {"/predict", "/find", "/explain", "/predict-url"}
    for path, operation in posts.items():
        assert operation["security"]
        for spelling in (path, f"{path}%0A", f"{path}/"):
            assert httpx.post(f"{url}{spelling}").status_code == 401


def test_a_length_of_thousands_of_digits_is_refused(start: Start) -> None:
    url = start()
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as stranger:
        length = b"0" * 5000 + b"5"
        stranger.sendall(
            b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: %s\r\n\r\n" % length
        )
        assert stranger.recv(9999).split()[1] in {b"400", b"413"}


def test_a_body_without_the_token_is_not_waited_for(start: Start) -> None:
    url = start(token="secret", max_pending=1000)
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as stranger:
        stranger.sendall(b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n\r\n")
        assert stranger.recv(9999).startswith(b"HTTP/1.1 401")


def test_what_no_json_can_hold_is_answered(start: Start, crops: list[Path]) -> None:
    url = start(allow_urls=True)
    headers = {"Content-Type": "application/json"}
    refused = httpx.post(f"{url}/predict-url", content=b'{"url": NaN}', headers=headers)
    assert refused.status_code == 422
    assert refused.json()["detail"][0]["loc"] == ["body", "url"]
    head = b'--x\r\nContent-Disposition: form-data; name="files"; filename="+2AA-.png"\r\n\r\n'
    headers = {"Content-Type": "multipart/form-data; boundary=x; charset=utf-7"}
    body = head + crops[0].read_bytes() + b"\r\n--x--\r\n"
    named = httpx.post(f"{url}/predict", content=body, headers=headers)
    assert named.json()["results"][0]["name"] == "\\ud800.png"


def test_urls_are_off_unless_enabled_and_never_lead_inwards(start: Start) -> None:
    body = {"url": "http://127.0.0.1:1/a.png"}
    assert httpx.post(f"{start()}/predict-url", json=body).status_code == 404
    refused = httpx.post(f"{start(allow_urls=True)}/predict-url", json=body)
    assert refused.status_code == 400
    assert "not a public address" in refused.json()["detail"]


def test_health_readiness_and_metrics(start: Start, crops: list[Path]) -> None:
    url = start()
    httpx.post(f"{url}/predict", files=upload(crops[0].read_bytes()))
    assert httpx.get(f"{url}/readyz").json() == {"status": "ready"}
    text = httpx.get(f"{url}/metrics").text
    assert 'checkstate_requests_total{path="/predict",status="200"} 1.0' in text
    assert "checkstate_waiting 0.0" in text
    assert "process_resident_memory_bytes" in text


def test_a_full_queue_answers_503_with_retry_after_and_the_rest_are_served(
    start: Start, crops: list[Path]
) -> None:
    url = start(max_queue=4, max_batch=1)
    files = upload(*[crops[0].read_bytes()] * 4)
    with ThreadPoolExecutor(16) as pool:
        posted = [pool.submit(httpx.post, f"{url}/predict", files=files) for _ in range(64)]
        answers = [p.result() for p in posted]
    statuses = {a.status_code for a in answers}
    assert statuses == {200, 503}
    assert all(a.headers["Retry-After"] == "1" for a in answers if a.status_code == 503)
    assert httpx.post(f"{url}/predict", files=files).status_code == 200


def test_screenshots_and_explanations_wait_in_the_queue_too(
    start: Start, crops: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    held = threading.Event()
    whole = Finder.find

    def held_up(*arguments: Any) -> Any:
        held.wait(60)
        return whole(*arguments)

    monkeypatch.setattr(Finder, "find", held_up)
    url = start(max_queue=2, seconds=600)
    screenshot()[0].save(screen := io.BytesIO(), "PNG")
    with httpx.Client(base_url=url, timeout=600) as client, ThreadPoolExecutor(2) as pool:

        def post(path: str, content: bytes) -> httpx.Response:
            return client.post(path, files=upload(content))

        def waiting(count: int) -> bool:
            return f"checkstate_waiting {count}.0" in client.get("/metrics").text

        accepted = [pool.submit(post, path, screen.getvalue()) for path in ("/find", "/explain")]
        wait_for(lambda: waiting(2))
        assert client.get("/readyz").status_code == 503
        for path in ("/find", "/explain", "/predict"):
            refused = post(path, crops[0].read_bytes())
            assert (refused.status_code, refused.json()) == (503, {"detail": "busy"})
            assert refused.headers["Retry-After"] == "1"
        held.set()
        assert [each.result().status_code for each in accepted] == [200, 200]
        assert waiting(0)
        assert client.get("/readyz").status_code == 200
        assert post("/find", crops[0].read_bytes()).status_code == 200


def test_what_takes_too_long_ends(start: Start) -> None:
    url = start(seconds=0.5)
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as slow:
        slow.sendall(
            b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n"
            b"Content-Type: multipart/form-data; boundary=x\r\n\r\n--x"
        )
        answer = b"".join(iter(lambda: slow.recv(9999), b""))
    assert answer.startswith(b"HTTP/1.1 503")
    assert b"retry-after: 1" in answer.lower()
    assert b"not done after 0.5 seconds" in answer


def test_many_large_requests_at_once_are_told_to_come_back(start: Start) -> None:
    url = start(max_pending=1000)
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as first:
        first.sendall(
            b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n"
            b"Content-Type: multipart/form-data; boundary=x\r\n\r\n--x"
        )
        ends = time.monotonic() + 10
        while time.monotonic() < ends:
            busy = httpx.post(f"{url}/predict", files=upload(b"text"))
            if busy.status_code == 503:
                break
    assert busy.status_code == 503
    assert busy.headers["Retry-After"] == "1"


def test_hostile_files_are_answered_in_one_line(start: Start, picture: Image.Image) -> None:
    url = start()
    for content in unreadable(picture).values():
        for path in ("predict", "explain"):
            answer = httpx.post(f"{url}/{path}", files={"files": ("a\nb.png", content)})
            assert answer.status_code == 400
            assert re.search("not an image|damaged|pixels", answer.json()["detail"])
            assert "\n" not in answer.json()["detail"]
    for content in readable(picture).values():
        assert httpx.post(f"{url}/predict", files=upload(content)).status_code == 200


@contextmanager
def command(
    model: Path, *options: str, workers: int = 1, before: Callable[[], None] | None = None
) -> Iterator[tuple[str, subprocess.Popen[str], list[str]]]:
    """The real command: its address, its process and the first lines that it logged."""
    port = free_port()
    serve = [sys.executable, "-m", "checkstate.cli", "serve", f"--model={model}", f"--port={port}"]
    with subprocess.Popen(
        [*serve, f"--workers={workers}", *options],
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=before,
    ) as server:
        assert server.stdout
        log = [next(server.stdout)]
        while sum("startup complete" in line for line in log) < workers:
            log.append(next(server.stdout))
        url = f"http://127.0.0.1:{port}"
        with httpx.Client(transport=httpx.HTTPTransport(retries=9)) as patient:
            patient.get(f"{url}/healthz")
        try:
            yield url, server, log
        finally:
            server.terminate()
            server.stdout.read()  # a server that logs its end into a closed pipe exits with 120


@pytest.fixture(scope="session")
def seconds() -> Files:
    """Files of few bytes that take some seconds to answer, so that they are seen waiting."""
    content = io.BytesIO()
    Image.new("RGB", (3000, 3000)).save(content, "PNG")
    return upload(*[content.getvalue()] * 32)


def test_sigterm_finishes_what_was_accepted_and_logs_say_nothing_of_images(
    model: Path, seconds: Files
) -> None:
    with (
        command(model) as (url, server, log),
        ThreadPoolExecutor(1) as pool,
    ):
        posted = pool.submit(httpx.post, f"{url}/predict", files=seconds, timeout=60)
        while not posted.done() and "checkstate_waiting 0.0" in httpx.get(f"{url}/metrics").text:
            pass
        assert not posted.done()
        server.terminate()
        assert posted.result().status_code == 200
        assert server.stdout
        log += server.stdout.readlines()
    assert server.returncode in {0, -signal.SIGTERM}
    lines = [json.loads(line) for line in log]
    predicted = [line for line in lines if line.get("path") == "/predict"]
    assert len(predicted) == 1
    assert all(set(line) == {"time", "level", "path", "status", "ms"} for line in predicted)


def test_several_processes_share_the_port_and_count_together(
    model: Path, crops: list[Path]
) -> None:
    files = upload(crops[0].read_bytes())
    with command(model, workers=2) as (url, server, _), ThreadPoolExecutor(16) as pool:
        posted = [pool.submit(httpx.post, f"{url}/predict", files=files) for _ in range(64)]
        assert {p.result().status_code for p in posted} == {200}
        text = httpx.get(f"{url}/metrics").text
        assert 'checkstate_requests_total{path="/predict",status="200"} 64.0' in text
        assert "checkstate_waiting 0.0" in text
    assert server.returncode in {0, -signal.SIGTERM}


def test_what_a_killed_process_left_waiting_is_forgotten(model: Path, seconds: Files) -> None:
    def metrics() -> str:
        with suppress(httpx.TransportError):
            return httpx.get(f"{url}/metrics").text
        return ""

    with command(model, workers=2) as (url, server, _):
        with ThreadPoolExecutor(1) as pool:
            posted = pool.submit(httpx.post, f"{url}/predict", files=seconds, timeout=60)
            wait_for(lambda: re.search("checkstate_waiting [1-9]", metrics()))
            for child in psutil.Process(server.pid).children():
                child.kill()
            assert posted.exception()
        wait_for(lambda: "checkstate_waiting 0.0" in metrics())


@pytest.mark.parametrize("workers", [1, 2])
def test_every_process_takes_the_finder_that_is_named(
    model: Path, tmp_path: Path, workers: int
) -> None:
    mine = shutil.copy(RELEASED / "finder.onnx", tmp_path / "mine.onnx")
    with command(model, f"--finder={mine}", workers=workers) as (url, _, _):
        assert httpx.get(f"{url}/info").json()["finder"]["file"] == "mine.onnx"


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere connections are not spread")
def test_connections_that_come_at_once_are_spread_over_the_processes(model: Path) -> None:
    with command(model, workers=2) as (url, server, _), ExitStack() as stack:
        port = int(url.rpartition(":")[2])
        for _ in range(64):
            stack.enter_context(socket.create_connection(("127.0.0.1", port)))
        children = psutil.Process(server.pid).children()
        wait_for(lambda: sum(connections(child, port) for child in children) == 64)
        held = [connections(child, port) for child in children]
        assert min(n for n in held if n) >= 12  # of 64 coins, one time in ten million fewer
        assert max(held) < 64


def connections(process: psutil.Process, port: int) -> int:
    """How many connections to a port a process holds."""
    found = process.net_connections("tcp")
    return sum(c.status == psutil.CONN_ESTABLISHED and c.laddr.port == port for c in found)


@pytest.mark.parametrize(("first", "second"), [(1, 1), (1, 2), (2, 1), (2, 2)])
def test_a_port_that_is_taken_is_one_line(model: Path, first: int, second: int) -> None:
    """One that processes share too."""
    with command(model, workers=first) as (url, _, _):
        port = url.rpartition(":")[2]
        status, out, err = refused(f"--model={model}", f"--workers={second}", f"--port={port}")
    line = f"error: port {port} is taken: name another with --port\n"
    assert (status, out, err) == (1, "", line)


def refused(*options: str) -> tuple[int, str, str]:
    """How a service ends that cannot start."""
    serve = [sys.executable, "-m", "checkstate.cli", "serve", *options]
    ended = subprocess.run(serve, capture_output=True, text=True, timeout=60)
    return ended.returncode, ended.stdout, ended.stderr


@pytest.mark.parametrize(
    ("host", "reason"),
    [("203.0.113.5", os.strerror(errno.EADDRNOTAVAIL)), ("no-such.invalid", "no such host")],
)
def test_an_address_that_is_not_of_this_machine_is_one_line(host: str, reason: str) -> None:
    line = f"error: {host}, port 8000: {reason}: name others with --host and --port\n"
    assert refused(f"--host={host}", "--port=8000") == (1, "", line)


def test_the_openapi_document_is_valid(start: Start) -> None:
    schema = schemathesis.openapi.from_url(f"{start()}/openapi.json")
    schema.validate()
    answers = schema.raw_schema["paths"]["/predict"]["post"]["responses"]
    assert {"200", "400", "401", "411", "413", "415", "503"} == set(answers)
    taken = schema.raw_schema["paths"]["/predict"]["post"]["requestBody"]["content"]
    assert set(taken) == {
        "multipart/form-data",
        "image/*",
        "application/octet-stream",
        "application/json",
    }


@pytest.mark.parametrize("examples", [25, pytest.param(1000, marks=pytest.mark.slow)])
def test_no_request_is_a_500(predictor: Predictor, examples: int) -> None:
    """Schemathesis fuzzes every operation of the OpenAPI document."""
    app = create_app(
        Finder(RELEASED / "finder.onnx", predictor, threads=1), Settings(allow_urls=True)
    )
    schema = schemathesis.openapi.from_asgi("/openapi.json", app)
    operations = [found.ok() for found in schema.get_all_operations()]
    assert {"/predict", "/find", "/explain", "/predict-url"} <= {found.path for found in operations}
    for operation in operations:

        @hypothesis.settings(max_examples=examples, deadline=None, derandomize=True, database=None)
        @hypothesis.given(case=operation.as_strategy())
        def fuzz(case: schemathesis.Case) -> None:
            assert case.call().status_code < 500

        fuzz()


def test_find_gives_the_controls_of_a_screenshot(start: Start) -> None:
    buffer = io.BytesIO()
    picture, _ = screenshot()
    picture.save(buffer, "PNG")
    url = start()
    answer = httpx.post(f"{url}/find", files={"files": buffer.getvalue()}, timeout=60)
    assert answer.status_code == 200
    found = answer.json()
    assert (found["width"], found["height"]) == picture.size
    assert set(found["controls"][0]) == {
        *("box", "kind", "kind_confidence", "confidence", "state", "state_confidence"),
    }
    assert (found["finder"], found["model"]) == ("finder.onnx", "model.onnx")
    bad = httpx.post(f"{url}/find", content=b"x", headers={"Content-Type": "image/png"})
    assert bad.status_code == 400
    assert "not an image" in bad.json()["detail"]


def test_find_takes_the_threshold_and_other_of_the_command_line(start: Start) -> None:
    buffer = io.BytesIO()
    screenshot()[0].save(buffer, "PNG")
    url = start(Predictor(RELEASED / "model.onnx", threads=1))

    def find(**query: object) -> httpx.Response:
        files = {"files": buffer.getvalue()}
        return httpx.post(f"{url}/find", params=query, files=files, timeout=60)

    usual, sure, every = (
        find(**query).json()["controls"]
        for query in ({}, {"threshold": 0.9}, {"threshold": 0.05, "other": True})
    )
    assert sure == [control for control in usual if control["confidence"] >= 0.9]
    assert len(sure) < len(usual) < len(every)
    counted = httpx.get(f"{url}/metrics").text
    for state, count in Counter(control["state"] for control in usual + sure + every).items():
        assert f'checkstate_predictions_total{{label="{state}"}} {count}.0' in counted
    for query in ({"threshold": 1.1}, {"threshold": "nan"}, {"other": "perhaps"}):
        refused = find(**query)
        assert refused.status_code == 422
        assert refused.json()["detail"][0]["loc"] == ["query", *query]
    [find_post] = httpx.get(f"{url}/openapi.json").json()["paths"]["/find"].values()
    assert [each["name"] for each in find_post["parameters"]] == ["threshold", "other"]


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("find?least=0.5", "unknown option least; /find has threshold, other"),
        ("find?threshold=0.5&Other=1", "unknown option Other; /find has threshold, other"),
        ("find?least=7&threshold=7", "unknown option least; /find has threshold, other"),
        ("predict?a%0Ab", "unknown option a\\nb; /predict has none"),
        ("explain?threshold=0.5", "unknown option threshold; /explain has none"),
        ("find?threshold=0.5&other=1&threshold=0.1", "option threshold is given more than once"),
        ("predict-url?url=x", "unknown option url; /predict-url has none"),
    ],
)
def test_an_option_that_is_unknown_or_given_twice_is_refused(
    start: Start, crops: list[Path], asked: str, told: str
) -> None:
    url = start(allow_urls=True)
    refused = httpx.post(f"{url}/{asked}", **bare(crops[0].read_bytes()))
    assert (refused.status_code, refused.json()) == (400, {"detail": told})


def test_who_sends_a_whole_screenshot_for_a_crop_is_told_of_find(
    start: Start, crops: list[Path]
) -> None:
    """The same words as of the command line and of MCP, however large the file is."""
    picture, noise = screenshot()[0], Image.effect_noise((900, 740), 90)
    files = [crops[0].read_bytes()]
    for each in (picture, noise):
        each.save(buffer := io.BytesIO(), "PNG")
        files.append(buffer.getvalue())
    assert is_small(files[1]) and not is_small(files[2])  # two ways through the queue
    url = start()
    crop, *screens = httpx.post(f"{url}/predict", files=upload(*files)).json()["results"]
    assert (crop["warning"], crop["error"]) == (None, None)
    for result in screens:
        assert result["label"] in CLASSES
        assert result["warning"] == f"{no_crop(picture)}; here, POST /find does"
    schemas = httpx.get(f"{url}/openapi.json").json()["components"]["schemas"]
    assert "warning" in schemas["ImageResult"]["properties"]
