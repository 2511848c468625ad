"""The service's routes."""

import asyncio
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from fastapi.responses import FileResponse, Response
from fastapi.security import HTTPBearer

from checkstate.core import bounds
from checkstate.core.text import printable
from checkstate.runtime.explain import overlay
from checkstate.runtime.fetch import FetchError, fetch
from checkstate.runtime.finder import Finder
from checkstate.runtime.finds import as_json
from checkstate.runtime.images import ImageError, read_image
from checkstate.serve.about import describe
from checkstate.serve.batching import Batcher, Made, Outcome, OverloadError
from checkstate.serve.bodies import read_images, request_body
from checkstate.serve.schemas import (
    PROBLEMS,
    UNKNOWN_TYPE,
    Found,
    ImageResult,
    Info,
    Problem,
    Results,
    Url,
)
from checkstate.serve.settings import Settings
from checkstate.serve.telemetry import Telemetry

STATIC = Path(str(files("checkstate.serve").joinpath("static")))
SWAGGER = Path(str(files("fastapi_offline").joinpath("static")))
"""Swagger UI, which FastAPI itself would load from a CDN."""

PNG: dict[int | str, dict[str, Any]] = {200: {"content": {"image/png": {}}}}
bearer = HTTPBearer(auto_error=False)


class Service:
    """What the routes share: the models, their queue, limits and counters."""

    def __init__(self, finder: Finder, settings: Settings, telemetry: Telemetry) -> None:
        self.finder = finder
        self.predictor = finder.predictor
        self.settings = settings
        self.telemetry = telemetry
        self.batcher = Batcher(
            self.predictor, settings.max_batch, settings.max_queue, settings.max_pixels
        )
        self.info = describe(finder, token=bool(settings.token))
        # a request of a few bytes may bring bounds.REQUEST
        self.fetching = asyncio.Semaphore(max(1, settings.max_pending // bounds.REQUEST))

    async def predict(self, contents: list[tuple[str, bytes]]) -> Response:
        """Results for named images; 400 when none of them was readable."""
        with self.waiting(len(contents)):
            outcomes = await self.batcher.predict([content for _, content in contents])
        results = [
            self.result(name, row) for (name, _), row in zip(contents, outcomes, strict=True)
        ]
        if all(result.error for result in results):
            raise HTTPException(400, "; ".join(f"{r.name}: {r.error}" for r in results))
        return Response(Results(results=results).model_dump_json(), media_type="application/json")

    @contextmanager
    def waiting(self, count: int) -> Iterator[None]:
        """Count images that wait for an answer; 503 where the queue has no room for them."""
        self.telemetry.waiting.inc(count)
        try:
            yield
        except OverloadError as error:
            raise HTTPException(503, "busy", {"Retry-After": "1"}) from error
        finally:
            self.telemetry.waiting.dec(count)

    def result(self, name: str, outcome: Outcome) -> ImageResult:
        """What the response says of one image."""
        if isinstance(outcome, ImageError):
            return ImageResult(name=name, error=str(outcome).removeprefix("image: "))
        prediction = self.predictor.to_prediction(outcome.probabilities)
        self.telemetry.labels.labels(prediction.label).inc()
        warning = f"{outcome.warning}; here, POST /find does" if outcome.warning else None
        return ImageResult(name=name, **vars(prediction), warning=warning)

    def find(self, content: bytes, threshold: float | None, other: bool) -> Found:
        """The controls of a screenshot; raises ImageError."""
        picture = read_image(content, max_pixels=self.settings.max_pixels)
        controls = self.finder.find(picture, threshold, other)
        for control in controls:
            self.telemetry.labels.labels(control.prediction.label).inc()
        return Found.model_validate(as_json(picture, controls, self.finder))

    def explain(self, content: bytes) -> bytes:
        """A PNG of the image with what its prediction rests on; raises ImageError."""
        buffer = io.BytesIO()
        image = read_image(content, max_pixels=self.settings.max_pixels)
        overlay(self.predictor, self.predictor.to_input(image)).save(buffer, "PNG")
        return buffer.getvalue()


async def service_of(request: Request) -> Service:
    """The service that the application holds.

    FastAPI would call a plain function in a thread, which took a sixth of a request.
    """
    service: Service = request.app.state.service
    return service


async def check_options(request: Request) -> None:
    """Refuse an option that the route has not, or that the query gives twice: one misspelled would
    count for nothing, and of two only the last."""
    route = request.scope["route"]
    known = [option.alias for option in route.dependant.query_params]  # codespell:ignore
    for name in request.query_params:
        if name not in known:
            has = ", ".join(known) or "none"
            told = f"unknown option {printable(name[:60])}; {route.path} has {has}"
            raise HTTPException(400, told)
        if len(request.query_params.getlist(name)) > 1:
            raise HTTPException(400, f"option {name} is given more than once")


Shared = Annotated[Service, Depends(service_of)]
checked = [Depends(check_options)]
images = APIRouter(responses=PROBLEMS | UNKNOWN_TYPE, dependencies=checked)
by_url = APIRouter(responses=PROBLEMS, dependencies=checked)
health = APIRouter()


@images.post("/predict", response_model=Results, openapi_extra=request_body())
async def predict(service: Shared, request: Request) -> Response:
    """Predict one or many images."""
    most = min(service.settings.max_files, service.settings.max_queue)
    return await service.predict(await read_images(request, most))


@images.post("/explain", responses=PNG, response_class=Response, openapi_extra=request_body(most=1))
async def explain(service: Shared, request: Request) -> Response:
    """A PNG of the image, one, with the pixels that its prediction rests on."""
    return Response(await of_one(request, service, service.explain), media_type="image/png")


@images.post("/find", response_model=Found, openapi_extra=request_body(most=1))
async def find(
    service: Shared,
    request: Request,
    threshold: Annotated[
        float | None, Query(ge=0, le=1, description="Least confidence; else the finder's own.")
    ] = None,
    other: Annotated[bool, Query(description="Also what the classifier doubts.")] = False,
) -> Response:
    """The controls of one whole screenshot: box in pixels, kind, state."""
    work = partial(service.find, threshold=threshold, other=other)
    found = await of_one(request, service, work)
    return Response(found.model_dump_json(), media_type="application/json")


async def of_one(request: Request, service: Service, work: Callable[[bytes], Made]) -> Made:
    """What is made of the one image of a request, where large images have their turn."""
    [(_, content)] = await read_images(request, most=1)
    try:
        with service.waiting(1):
            return await service.batcher.in_turn(work, content)
    except ImageError as error:
        raise HTTPException(400, str(error).removeprefix("image: ")) from error


@by_url.post("/predict-url", response_model=Results)
async def predict_url(service: Shared, body: Url) -> Response:
    """Predict an image on the public internet."""
    async with service.fetching:
        try:
            content = await fetch(body.url)
        except FetchError as error:
            raise HTTPException(400, str(error)) from error
        return await service.predict([(body.url, content)])


@health.get("/healthz")
async def healthz() -> dict[str, str]:
    """The process lives."""
    return {"status": "ok"}


@health.get("/readyz", responses={503: {"model": Problem}})
async def readyz(service: Shared) -> dict[str, str]:
    """The service takes requests."""
    if not service.batcher.room:
        raise HTTPException(503, "not ready", {"Retry-After": "1"})
    return {"status": "ready"}


@health.get("/metrics", response_class=Response)
async def metrics(service: Shared) -> Response:
    """Counters for Prometheus."""
    text = service.telemetry.exposition()
    return Response(text, media_type="text/plain; version=0.0.4")


@health.get("/info", response_model=Info)
async def info(service: Shared) -> Info:
    """The models that answer, and how good the classifier is."""
    return service.info


@health.get("/", include_in_schema=False)
async def index() -> FileResponse:
    """A page to try the model on."""
    return FileResponse(STATIC / "index.html")


@health.get("/docs", include_in_schema=False)
async def docs() -> FileResponse:
    """Swagger UI."""
    return FileResponse(STATIC / "docs.html")
