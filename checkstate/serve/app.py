"""The HTTP service: predictions, health, metrics, and a page to try it on."""

import asyncio
import io
import json
import logging
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib.resources import files
from typing import Annotated

from fastapi import Depends, FastAPI, File, HTTPException, Response, UploadFile
from fastapi.responses import HTMLResponse, JSONResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from checkstate.explain import overlay
from checkstate.fetch import FetchError, fetch
from checkstate.images import ImageError, read_image
from checkstate.predictor import Predictor
from checkstate.serve.batching import Batcher, OverloadError

log = logging.getLogger("checkstate")
bearer = HTTPBearer(auto_error=False)


@dataclass(frozen=True)
class Settings:
    """Limits of the service; `token` empty means that everyone may ask."""

    token: str = ""
    allow_urls: bool = False
    max_batch: int = 32
    max_queue: int = 256
    max_bytes: int = 20_000_000
    max_pixels: int = 16_000_000
    max_files: int = 64
    seconds: float = 15.0


class Answer(BaseModel):
    """The answer for one image: label, confidence and probabilities, or an error."""

    name: str
    label: str | None = None
    confidence: float | None = None
    probabilities: dict[str, float] | None = None
    error: str | None = None


class Answers(BaseModel):
    """One answer an image, in the order sent."""

    results: list[Answer]


class Url(BaseModel):
    """Where an image lies."""

    url: str


class Problem(BaseModel):
    """Why a request was not served."""

    detail: str


PROBLEMS: dict[int | str, dict[str, object]] = {
    400: {"model": Problem, "description": "No readable image, or no readable request"},
    401: {"model": Problem, "description": "Missing or wrong bearer token"},
    413: {"model": Problem, "description": "Too many bytes or files"},
    503: {"model": Problem, "description": "Busy: come back after Retry-After seconds"},
}


def create_app(predictor: Predictor, settings: Settings) -> ASGIApp:
    """Build the service around a loaded model."""
    batcher = Batcher(predictor, settings.max_batch, settings.max_queue, settings.max_pixels)
    registry = CollectorRegistry()
    requests = Counter("checkstate_requests", "Requests", ["path", "status"], registry=registry)
    seconds = Histogram("checkstate_request_seconds", "Request time", registry=registry)
    labels = Counter("checkstate_answers", "Answers", ["label"], registry=registry)
    Gauge("checkstate_queue", "Images that wait", registry=registry).set_function(
        batcher.queue.qsize
    )
    page = files("checkstate.serve").joinpath("page.html").read_text(encoding="utf-8")

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        task = asyncio.create_task(batcher.run())
        app.state.ready = True
        yield
        app.state.ready = False
        await batcher.drain()
        task.cancel()

    app = FastAPI(title="checkstate", lifespan=lifespan)

    def authorised(
        credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)],
    ) -> None:
        given = credentials.credentials if credentials else ""
        if settings.token and not secrets.compare_digest(given.encode(), settings.token.encode()):
            raise HTTPException(401, "missing or wrong token", {"WWW-Authenticate": "Bearer"})

    async def observed(scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse what is too large, count and log the rest."""
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        start, status = time.perf_counter(), 500

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        length = Headers(scope=scope).get("content-length")
        refusal = None
        if length and (not length.isdigit() or int(length) > settings.max_bytes):
            refusal = JSONResponse(
                {"detail": f"a request takes at most {settings.max_bytes:,} bytes"}, 413
            )
        elif scope["method"] == "POST" and length is None:
            refusal = JSONResponse({"detail": "Content-Length is needed"}, 411)
        try:
            await (refusal or app)(scope, receive, watch)
        finally:
            spent = time.perf_counter() - start
            path = getattr(scope.get("route"), "path", "other")
            requests.labels(path, str(status)).inc()
            seconds.observe(spent)
            entry = {"path": path, "status": status, "ms": round(1000 * spent, 1)}
            log.info(json.dumps(entry))

    async def answer(contents: list[tuple[str, bytes]]) -> Response:
        try:
            async with asyncio.timeout(settings.seconds):
                answered = await batcher.answer([content for _, content in contents])
        except (OverloadError, TimeoutError) as error:
            raise HTTPException(503, "busy", {"Retry-After": "1"}) from error
        results = []
        for (name, _), row in zip(contents, answered, strict=True):
            if isinstance(row, ImageError):
                results.append(Answer(name=name, error=str(row).removeprefix("image: ")))
                continue
            said = predictor.answer(row)
            labels.labels(said.label).inc()
            results.append(Answer(name=name, **vars(said)))
        if all(result.error for result in results):
            raise HTTPException(400, "; ".join(f"{r.name}: {r.error}" for r in results))
        return Response(Answers(results=results).model_dump_json(), media_type="application/json")

    @app.post(
        "/predict", response_model=Answers, responses=PROBLEMS, dependencies=[Depends(authorised)]
    )
    async def predict(files: Annotated[list[UploadFile], File()]) -> Response:
        """Answer for one or many image files."""
        if len(files) > settings.max_files:
            raise HTTPException(413, f"at most {settings.max_files} files a request")
        return await answer([(f.filename or "image", await f.read()) for f in files])

    @app.post(
        "/explain",
        responses={**PROBLEMS, 200: {"content": {"image/png": {}}}},
        response_class=Response,
        dependencies=[Depends(authorised)],
    )
    async def explain(file: Annotated[UploadFile, File()]) -> Response:
        """A PNG of the image with the pixels that the answer rests on."""
        content = await file.read()

        def draw() -> bytes:
            buffer = io.BytesIO()
            image = read_image(content, max_pixels=settings.max_pixels)
            overlay(predictor, image).save(buffer, "PNG")
            return buffer.getvalue()

        try:
            return Response(await run_in_threadpool(draw), media_type="image/png")
        except ImageError as error:
            raise HTTPException(400, str(error)) from error

    if settings.allow_urls:

        @app.post(
            "/predict-url",
            response_model=Answers,
            responses=PROBLEMS,
            dependencies=[Depends(authorised)],
        )
        async def predict_url(body: Url) -> Response:
            """Answer for an image on the public internet."""
            try:
                content = await run_in_threadpool(fetch, body.url)
            except FetchError as error:
                raise HTTPException(400, str(error)) from error
            return await answer([(body.url, content)])

    @app.get("/healthz")
    async def healthz() -> dict[str, str]:
        """The process lives."""
        return {"status": "ok"}

    @app.get("/readyz", responses={503: {"model": Problem}})
    async def readyz() -> dict[str, str]:
        """The service takes requests."""
        if not app.state.ready or batcher.queue.full():
            raise HTTPException(503, "not ready", {"Retry-After": "1"})
        return {"status": "ready"}

    @app.get("/metrics", response_class=Response)
    async def metrics() -> Response:
        """Counters for Prometheus."""
        return Response(generate_latest(registry), media_type="text/plain; version=0.0.4")

    @app.get("/", response_class=HTMLResponse, include_in_schema=False)
    async def index() -> str:
        """A page to try the model on."""
        return page

    return observed
