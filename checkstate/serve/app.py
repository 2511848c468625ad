"""The HTTP service: predictions, health, metrics, and a page to try it on."""

import asyncio
import io
import json
import logging
import os
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from importlib.resources import files
from pathlib import Path
from typing import Annotated

from fastapi import Depends, FastAPI, File, HTTPException, Request, Response, UploadFile
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse
from fastapi.security import HTTPBearer
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from checkstate.core.text import printable
from checkstate.runtime.explain import overlay
from checkstate.runtime.fetch import MAX_BYTES, FetchError, fetch
from checkstate.runtime.images import ImageError, read_image
from checkstate.runtime.predictor import Predictor
from checkstate.serve.batching import Batcher, OverloadError

log = logging.getLogger("checkstate")
bearer = HTTPBearer(auto_error=False)


@dataclass(frozen=True)
class Settings:
    """Limits of the service; `token` empty means that everyone may ask.

    `max_bytes` is of one request, `max_pending` of all that are in work at one time, so that
    many large requests cannot take the memory; `seconds` is from the first byte to the answer.
    """

    token: str = ""
    allow_urls: bool = False
    max_batch: int = 4
    max_queue: int = 256
    max_bytes: int = 20_000_000
    max_pending: int = 100_000_000
    max_pixels: int = 16_000_000
    max_files: int = 64
    seconds: float = 15.0


class ImageResult(BaseModel):
    """The answer for one image: label, confidence and probabilities, or an error."""

    name: str
    label: str | None = None
    confidence: float | None = None
    probabilities: dict[str, float] | None = None
    error: str | None = None


class Results(BaseModel):
    """One answer an image, in the order sent."""

    results: list[ImageResult]


class Url(BaseModel):
    """Where an image lies."""

    url: str


class Problem(BaseModel):
    """Why a request was not served."""

    detail: str


PROBLEMS: dict[int | str, dict[str, object]] = {
    400: {"model": Problem, "description": "No readable image, or no readable request"},
    401: {"model": Problem, "description": "Missing or wrong bearer token"},
    411: {"model": Problem, "description": "No Content-Length"},
    413: {"model": Problem, "description": "Too many bytes or files"},
    503: {"model": Problem, "description": "Busy: come back after Retry-After seconds"},
}


GUARDED = frozenset({"/predict", "/explain", "/predict-url"})
"""What asks for the token, where one is set."""

POLICY = "default-src 'self' 'unsafe-inline'; img-src blob:; frame-ancestors 'none'"
"""What the page may load: nothing from elsewhere."""


def problem(status: int, detail: str) -> Response:
    """A refusal that ends the connection, so that nobody goes on sending a body."""
    headers = {401: {"WWW-Authenticate": "Bearer"}, 503: {"Retry-After": "1"}}.get(status, {})
    return JSONResponse({"detail": detail}, status, {"Connection": "close", **headers})


def authorised(headers: Headers, token: str) -> bool:
    """Whether a request brings the token, compared in constant time."""
    scheme, _, given = headers.get("authorization", "").partition(" ")
    same = secrets.compare_digest(given.strip().encode(), token.encode())
    return same and scheme.lower() == "bearer"


def to_environment(model: Path, settings: Settings) -> None:
    """Leave the model and the settings where the processes of a server find them."""
    os.environ["CHECKSTATE_SERVICE"] = json.dumps([str(model), asdict(settings)])


def from_environment() -> ASGIApp:
    """Build the service in a process of a server; uvicorn starts it by this function's name."""
    model, settings = json.loads(os.environ["CHECKSTATE_SERVICE"])
    return create_app(Predictor(model, threads=1), Settings(**settings))


def create_app(predictor: Predictor, settings: Settings) -> ASGIApp:
    """Build the service around a loaded model."""
    batcher = Batcher(predictor, settings.max_batch, settings.max_queue, settings.max_pixels)
    most_files = min(settings.max_files, settings.max_queue)
    explaining = asyncio.Semaphore(1)  # 145 runs of the model each: one at a time
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)  # memory and CPU seconds, on Linux, of a lone process
    requests = Counter("checkstate_requests", "Requests", ["path", "status"], registry=registry)
    seconds = Histogram("checkstate_request_seconds", "Request time", registry=registry)
    labels = Counter("checkstate_answers", "Answers", ["label"], registry=registry)
    waiting = Gauge(
        "checkstate_waiting",
        "Images without an answer yet",
        registry=registry,
        multiprocess_mode="livesum",
    )
    page = files("checkstate.serve").joinpath("page.html").read_text(encoding="utf-8")

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with batcher.running():
            yield

    # no /docs: FastAPI's loads its scripts from a CDN
    app = FastAPI(title="checkstate", lifespan=lifespan, docs_url=None, redoc_url=None)

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> Response:
        """What is wrong and where, without the input, which JSON may not be able to hold."""
        told = [{key: found[key] for key in ("type", "loc", "msg")} for found in error.errors()]
        return JSONResponse({"detail": told}, 422)

    # for the OpenAPI document: `refusal` looks at the token, before a stranger's body is read
    guards = [Depends(bearer)] if settings.token else []
    pending = 0

    def refusal(scope: Scope) -> Response | None:
        """Why a request is refused before its body is read."""
        headers = Headers(scope=scope)
        if settings.token and scope["path"] in GUARDED and not authorised(headers, settings.token):
            return problem(401, "missing or wrong token")
        length = headers.get("content-length")
        if length is None:
            return problem(411, "Content-Length is needed") if scope["method"] == "POST" else None
        if not length.isdecimal() or int(length) > settings.max_bytes:
            return problem(413, f"a request takes at most {settings.max_bytes:,} bytes")
        if pending and pending + int(length) > settings.max_pending:
            return problem(503, "busy")
        return None

    async def observed(scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse what is too large, end what takes too long, count and log everything."""
        nonlocal pending
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        start, status = time.perf_counter(), 0

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        refused = refusal(scope)
        size = 0 if refused else int(Headers(scope=scope).get("content-length", "0"))
        pending += size
        try:
            async with asyncio.timeout(settings.seconds):
                await (refused or app)(scope, receive, watch)
        except TimeoutError:
            if not status:
                late = problem(503, f"not done after {settings.seconds:g} seconds")
                await late(scope, receive, watch)
        finally:
            pending -= size
            spent = time.perf_counter() - start
            path = getattr(scope.get("route"), "path", "other")
            requests.labels(path, str(status)).inc()
            seconds.observe(spent)
            log.info({"path": path, "status": status, "ms": round(1000 * spent, 1)})

    async def respond(contents: list[tuple[str, bytes]]) -> Response:
        waiting.inc(len(contents))
        try:
            outcomes = await batcher.predict([content for _, content in contents])
        except OverloadError as error:
            raise HTTPException(503, "busy", {"Retry-After": "1"}) from error
        finally:
            waiting.dec(len(contents))
        results = []
        for (name, _), row in zip(contents, outcomes, strict=True):
            if isinstance(row, ImageError):
                results.append(ImageResult(name=name, error=str(row).removeprefix("image: ")))
                continue
            prediction = predictor.to_prediction(row)
            labels.labels(prediction.label).inc()
            results.append(ImageResult(name=name, **vars(prediction)))
        if all(result.error for result in results):
            raise HTTPException(400, "; ".join(f"{r.name}: {r.error}" for r in results))
        return Response(Results(results=results).model_dump_json(), media_type="application/json")

    @app.post("/predict", response_model=Results, responses=PROBLEMS, dependencies=guards)
    async def predict(files: Annotated[list[UploadFile], File()]) -> Response:
        """Answer for one or many image files."""
        if len(files) > most_files:
            raise HTTPException(413, f"at most {most_files} files a request")
        return await respond([(printable(f.filename or "image"), await f.read()) for f in files])

    @app.post(
        "/explain",
        responses={**PROBLEMS, 200: {"content": {"image/png": {}}}},
        response_class=Response,
        dependencies=guards,
    )
    async def explain(file: Annotated[UploadFile, File()]) -> Response:
        """A PNG of the image with the pixels that the answer rests on."""
        content = await file.read()

        def draw() -> bytes:
            buffer = io.BytesIO()
            image = read_image(content, max_pixels=settings.max_pixels)
            overlay(predictor, predictor.to_input(image)).save(buffer, "PNG")
            return buffer.getvalue()

        try:
            async with explaining:
                return Response(await run_in_threadpool(draw), media_type="image/png")
        except ImageError as error:
            raise HTTPException(400, str(error).removeprefix("image: ")) from error

    if settings.allow_urls:
        # a request of a few bytes may bring MAX_BYTES
        fetching = asyncio.Semaphore(max(1, settings.max_pending // MAX_BYTES))

        @app.post(
            "/predict-url",
            response_model=Results,
            responses=PROBLEMS,
            dependencies=guards,
        )
        async def predict_url(body: Url) -> Response:
            """Answer for an image on the public internet."""
            async with fetching:
                try:
                    content = await fetch(body.url)
                except FetchError as error:
                    raise HTTPException(400, str(error)) from error
                return await respond([(body.url, content)])

    @app.get("/healthz")
    async def healthz() -> dict[str, str]:
        """The process lives."""
        return {"status": "ok"}

    @app.get("/readyz", responses={503: {"model": Problem}})
    async def readyz() -> dict[str, str]:
        """The service takes requests."""
        if batcher.queue.full():
            raise HTTPException(503, "not ready", {"Retry-After": "1"})
        return {"status": "ready"}

    @app.get("/metrics", response_class=Response)
    async def metrics() -> Response:
        """Counters for Prometheus, summed over the processes."""
        scraped = registry
        if "PROMETHEUS_MULTIPROC_DIR" in os.environ:  # any process may be asked, for all of them
            scraped = CollectorRegistry()
            MultiProcessCollector(scraped)
        return Response(generate_latest(scraped), media_type="text/plain; version=0.0.4")

    @app.get("/", response_class=HTMLResponse, include_in_schema=False)
    async def index() -> HTMLResponse:
        """A page to try the model on."""
        return HTMLResponse(page, headers={"Content-Security-Policy": POLICY})

    return observed
