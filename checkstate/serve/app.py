"""The HTTP service: predictions, health, metrics, and a page to try it on."""

import asyncio
import io
import json
import logging
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from importlib.resources import files
from typing import Annotated

from fastapi import Depends, FastAPI, File, HTTPException, Request, Response, UploadFile
from fastapi.responses import HTMLResponse, JSONResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool

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


def create_app(predictor: Predictor, settings: Settings) -> FastAPI:
    """Build the service around a loaded model."""
    batcher = Batcher(predictor, settings.max_batch, settings.max_queue)
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

    @app.middleware("http")
    async def observe(
        request: Request, call_next: Callable[[Request], Awaitable[Response]]
    ) -> Response:
        start = time.perf_counter()
        declared = request.headers.get("content-length", "0")
        if not declared.isdigit() or int(declared) > settings.max_bytes:
            response: Response = JSONResponse(
                {"detail": f"a request takes at most {settings.max_bytes:,} bytes"}, 413
            )
        elif request.method == "POST" and "content-length" not in request.headers:
            response = JSONResponse({"detail": "Content-Length is needed"}, 411)
        else:
            response = await call_next(request)
        spent = time.perf_counter() - start
        route = request.scope.get("route")
        path = getattr(route, "path", "other")
        requests.labels(path, str(response.status_code)).inc()
        seconds.observe(spent)
        entry = {"path": path, "status": response.status_code, "ms": round(1000 * spent, 1)}
        log.info(json.dumps(entry))
        return response

    async def answer(contents: list[tuple[str, bytes]]) -> Answers:
        results = [Answer(name=name) for name, _ in contents]
        fitted = []
        for result, (_, content) in zip(results, contents, strict=True):
            read = partial(read_image, content, max_pixels=settings.max_pixels)
            try:
                fitted.append((result, predictor.fit(await run_in_threadpool(read))))
            except ImageError as error:
                result.error = str(error).removeprefix("image: ")
        rows = await batcher.probabilities([pixels for _, pixels in fitted])
        for (result, _), row in zip(fitted, rows, strict=True):
            said = predictor.answer(row)
            result.label, result.confidence = said.label, said.confidence
            result.probabilities = said.probabilities
            labels.labels(said.label).inc()
        if not fitted:
            raise HTTPException(400, "; ".join(f"{r.name}: {r.error}" for r in results))
        return Answers(results=results)

    async def within_limits(contents: list[tuple[str, bytes]]) -> Answers:
        try:
            async with asyncio.timeout(settings.seconds):
                return await answer(contents)
        except (OverloadError, TimeoutError) as error:
            raise HTTPException(503, "busy", {"Retry-After": "1"}) from error

    @app.post("/predict", responses=PROBLEMS, dependencies=[Depends(authorised)])
    async def predict(files: Annotated[list[UploadFile], File()]) -> Answers:
        """Answer for one or many image files."""
        if len(files) > settings.max_files:
            raise HTTPException(413, f"at most {settings.max_files} files a request")
        return await within_limits([(f.filename or "image", await f.read()) for f in files])

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

        @app.post("/predict-url", responses=PROBLEMS, dependencies=[Depends(authorised)])
        async def predict_url(body: Url) -> Answers:
            """Answer for an image on the public internet."""
            try:
                content = await run_in_threadpool(fetch, body.url)
            except FetchError as error:
                raise HTTPException(400, str(error)) from error
            return await within_limits([(body.url, content)])

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

    return app
