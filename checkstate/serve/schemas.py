"""What the service takes and gives, as its OpenAPI document says."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict


class ImageResult(BaseModel):
    """The prediction of one image: label, confidence and probabilities, or an error.

    What looks like a whole screenshot has a warning too.
    """

    name: str
    label: str | None = None
    confidence: float | None = None
    probabilities: dict[str, float] | None = None
    error: str | None = None
    warning: str | None = None


class Results(BaseModel):
    """One result an image, in the order sent."""

    results: list[ImageResult]


class FoundControl(BaseModel):
    """A control of a screenshot; `box` is left, top, right and bottom in pixels."""

    box: tuple[float, float, float, float]
    kind: str
    kind_confidence: float
    confidence: float
    state: str | None
    state_confidence: float


class Found(BaseModel):
    """The controls of a screenshot of this size in pixels, from top to bottom."""

    width: int
    height: int
    controls: list[FoundControl]
    finder: str
    model: str


class Url(BaseModel):
    """Where an image lies."""

    url: str


class Base64Images(BaseModel):
    """The contents of image files in base64."""

    model_config = ConfigDict(extra="forbid", strict=True)

    images: list[str]


class Figure(BaseModel):
    """One measured figure, as the model card says it."""

    what: str
    figure: str


class FinderInfo(BaseModel):
    """The detector of whole screenshots; `threshold` is the least confidence by default."""

    file: str
    bytes: int
    md5: str
    kinds: list[str]
    threshold: float


class Info(BaseModel):
    """The models that answer; without a card that names its md5 it has no figures and no note."""

    name: str
    file: str
    bytes: int
    md5: str
    classes: list[str]
    image_size: tuple[int, int]
    figures: list[Figure]
    note: str
    finder: FinderInfo
    versions: dict[str, str]
    token: bool


class Problem(BaseModel):
    """Why a request was not served."""

    detail: str


PROBLEMS: dict[int | str, dict[str, Any]] = {
    400: {
        "model": Problem,
        "description": "No readable image or request, or an option that is unknown or given twice",
    },
    401: {"model": Problem, "description": "Missing or wrong bearer token"},
    411: {"model": Problem, "description": "No Content-Length"},
    413: {"model": Problem, "description": "Too many bytes or images"},
    503: {"model": Problem, "description": "Busy: come back after Retry-After seconds"},
}
UNKNOWN_TYPE: dict[int | str, dict[str, Any]] = {
    415: {"model": Problem, "description": "A Content-Type that holds no images"},
}
