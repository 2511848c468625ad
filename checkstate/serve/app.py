"""The HTTP service, put together: routes behind limits."""

import ctypes
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict

from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from checkstate.runtime.finder import Finder
from checkstate.runtime.predictor import Predictor
from checkstate.serve.limits import Limits
from checkstate.serve.routes import STATIC, SWAGGER, Service, bearer, by_url, health, images
from checkstate.serve.settings import Settings
from checkstate.serve.telemetry import Telemetry

MMAP_THRESHOLD = -3
"""M_MMAP_THRESHOLD of glibc's malloc.h."""

LARGE = 1_000_000
"""Bytes of a buffer that goes back to the system when it is free."""


def create_app(finder: Finder, settings: Settings) -> ASGIApp:
    """Build the service around loaded models."""
    telemetry = Telemetry()
    service = Service(finder, settings, telemetry)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with service.batcher.running():
            yield

    # routes.docs instead of FastAPI's /docs, whose scripts come from a CDN
    app = FastAPI(
        title="checkstate",
        version=service.info.versions["checkstate"],
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
    )
    app.state.service = service
    app.add_exception_handler(RequestValidationError, invalid)
    # for the OpenAPI document: Limits looks at the token, before a stranger's body is read
    guards = [Depends(bearer)] if settings.token else []
    app.include_router(images, dependencies=guards)
    if settings.allow_urls:
        app.include_router(by_url, dependencies=guards)
    app.include_router(health)
    app.mount("/static", StaticFiles(directory=STATIC))
    app.mount("/swagger", StaticFiles(directory=SWAGGER))
    return Limits(app, settings, telemetry)


async def invalid(_: Request, error: Exception) -> Response:
    """What is wrong and where, without the input, which JSON may not be able to hold."""
    found = error.errors() if isinstance(error, RequestValidationError) else []
    told = [{key: problem[key] for key in ("type", "loc", "msg")} for problem in found]
    return JSONResponse({"detail": told}, 422)


def to_environment(finder: Finder, settings: Settings) -> None:
    """Leave the models and the settings where the processes of a server find them."""
    files = [str(finder.path), str(finder.predictor.path)]
    os.environ["CHECKSTATE_SERVICE"] = json.dumps([*files, asdict(settings)])


def return_memory() -> None:
    """Make large buffers go back to the system when they are free, where the C library is glibc.

    By itself it keeps buffers of up to 32 MB once some were freed (mallopt(3), M_MMAP_THRESHOLD):
    a mix of screenshots and crops took a process to 640 MB, of which it used 180.
    """
    with suppress(AttributeError, TypeError):  # no mallopt elsewhere; Windows takes no None
        ctypes.CDLL(None).mallopt(MMAP_THRESHOLD, LARGE)


def from_environment() -> ASGIApp:
    """Build the service in a process of a server; uvicorn starts it by this function's name."""
    return_memory()
    finder, model, settings = json.loads(os.environ["CHECKSTATE_SERVICE"])
    models = Finder(finder, Predictor(model, threads=1), threads=1, return_memory=True)
    return create_app(models, Settings(**settings))
