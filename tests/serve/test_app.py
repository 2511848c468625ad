import io
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import hypothesis
import pytest
import schemathesis
import uvicorn
from PIL import Image

from checkstate.predictor import Predictor
from checkstate.serve.app import Settings, create_app
from tests.conftest import CLASSES
from tests.serve.conftest import Start


def upload(*contents: bytes) -> list[tuple[str, tuple[str, bytes, str]]]:
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


def test_a_token_is_asked_for_where_one_is_set(start: Start, crops: list[Path]) -> None:
    url = start(token="secret")
    files = upload(crops[0].read_bytes())
    assert httpx.post(f"{url}/predict", files=files).status_code == 401
    for token, status in (("wrong", 401), ("secret", 200)):
        headers = {"Authorization": f"Bearer {token}"}
        answer = httpx.post(f"{url}/predict", files=files, headers=headers)
        assert answer.status_code == status
    assert httpx.get(f"{url}/healthz").status_code == 200


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
    assert "checkstate_queue 0.0" in text


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


def test_shutdown_finishes_what_was_accepted(predictor: Predictor, crops: list[Path]) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    app = create_app(predictor, Settings(max_batch=1))
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    files = upload(*[crops[0].read_bytes()] * 60)
    with ThreadPoolExecutor(2) as pool:
        answers = [
            pool.submit(httpx.post, f"http://127.0.0.1:{port}/predict", files=files, timeout=60)
            for _ in range(2)
        ]
        time.sleep(0.2)
        server.should_exit = True
        assert [a.result().status_code for a in answers] == [200, 200]
    thread.join()


def test_no_request_is_a_500(predictor: Predictor) -> None:
    """Schemathesis fuzzes every operation of the OpenAPI document."""
    app = create_app(predictor, Settings(allow_urls=True))
    schema = schemathesis.openapi.from_asgi("/openapi.json", app)
    operations = [found.ok() for found in schema.get_all_operations()]
    assert {"/predict", "/explain", "/predict-url"} <= {found.path for found in operations}
    for operation in operations:

        @hypothesis.settings(max_examples=25, deadline=None, derandomize=True, database=None)
        @hypothesis.given(case=operation.as_strategy())
        def fuzz(case: schemathesis.Case) -> None:
            assert case.call().status_code < 500

        fuzz()
