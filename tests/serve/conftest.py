"""The real service on a real port."""

import threading
import time
from collections.abc import Callable, Iterator

import httpx
import pytest
import uvicorn

from checkstate.core import paths
from checkstate.runtime.finder import Finder
from checkstate.runtime.predictor import Predictor
from checkstate.serve.app import create_app
from checkstate.serve.protocol import OPTIONS, Protocol
from checkstate.serve.settings import Settings
from tests.conftest import ROOT
from tests.remote.servers import free_port

Start = Callable[..., str]


@pytest.fixture
def start(predictor: Predictor) -> Iterator[Start]:
    """A function that starts the service with some settings and returns its address."""
    running: list[tuple[uvicorn.Server, threading.Thread]] = []

    def begin(
        model: Predictor = predictor, http: type[Protocol] = Protocol, **settings: object
    ) -> str:
        port = free_port()
        app = create_app(
            Finder(ROOT / paths.RELEASED_FINDER, model, threads=1), Settings(**settings)
        )
        options = OPTIONS | {"http": http, "port": port, "log_level": "warning"}
        server = uvicorn.Server(uvicorn.Config(app, **options))
        thread = threading.Thread(target=server.run)
        thread.start()
        running.append((server, thread))
        for _ in range(200):
            try:
                httpx.get(f"http://127.0.0.1:{port}/healthz")
                break
            except httpx.TransportError:
                time.sleep(0.05)
        return f"http://127.0.0.1:{port}"

    yield begin
    for server, thread in running:
        server.should_exit = True
        thread.join()
