"""The images that a request brings: files of a form, a bare image, or base64 in JSON."""

from __future__ import annotations

import base64
from typing import Any

from pydantic import ValidationError
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

from checkstate.core.text import printable
from checkstate.serve.schemas import Base64Images

Named = tuple[str, bytes]
"""What the answer calls an image, and its content."""

FORM, JSON, BYTES = "multipart/form-data", "application/json", "application/octet-stream"
SPARE_COMMAS = 1000


def request_body(most: int | None = None) -> dict[str, Any]:
    """What `read_images` takes, for the OpenAPI document, which cannot see it by itself."""
    limit = {"minItems": 1} | ({"maxItems": most} if most else {})
    binary = {"type": "string", "format": "binary"}
    form = {"files": {"type": "array", "items": binary, **limit}}
    base64_text = {"type": "string", "format": "byte", "contentEncoding": "base64"}
    text = {"images": {"type": "array", "items": base64_text, **limit}}
    content = {
        FORM: {"schema": {"type": "object", "required": ["files"], "properties": form}},
        "image/*": {"schema": binary},
        BYTES: {"schema": binary},
        JSON: {
            "schema": {
                "type": "object",
                "required": ["images"],
                "properties": text,
                "additionalProperties": False,
            }
        },
    }
    return {"requestBody": {"required": True, "content": content}}


async def read_images(request: Request, most: int) -> list[Named]:
    """The images of a request in their order; what is wrong with it is an HTTPException."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    try:
        if kind == FORM:
            return await from_form(request, most)
        if kind == JSON:
            return from_json(await request.body(), most)
        if kind.startswith("image/") or kind == BYTES:
            return [("image", await request.body())]
    except ClientDisconnect as error:  # nobody reads the answer, but the log counts it
        raise HTTPException(400, "the body ended early") from error
    raise HTTPException(415, f"the Content-Type is none of {FORM}, image/*, {BYTES}, {JSON}")


def check_count(count: int, most: int) -> None:
    """Refuse more images than a request may hold, and none."""
    if count > most:
        raise HTTPException(413, f"at most {most} {'image' if most == 1 else 'images'} a request")
    if not count:
        raise HTTPException(400, "no images")


async def from_form(request: Request, most: int) -> list[Named]:
    """The files of the field `files`."""
    form = await read_form(request)
    try:
        sent = form.getlist("files")
        if not sent:
            raise HTTPException(400, 'the form has no field "files"')
        check_count(len(sent), most)
        files = [each for each in sent if isinstance(each, UploadFile)]
        if len(files) < len(sent):
            raise HTTPException(400, 'the field "files" holds text; a file has a filename')
        return [(printable(f.filename or "image"), await f.read()) for f in files]
    finally:
        await form.close()  # large files lie on the disk


async def read_form(request: Request) -> FormData:
    """The request's form, whose files are the caller's to close."""
    try:
        return await request.form()
    except ValueError as error:  # a charset that decodes nothing, which the parser lets through
        raise HTTPException(400, "the form is damaged") from error


def from_json(body: bytes, most: int) -> list[Named]:
    """The images of `{"images": ["<base64>", ...]}`, named by their index."""
    # base64 has no comma: many of them make many small values, which take the memory
    if body.count(b",") > most + SPARE_COMMAS:
        check_count(most + 1, most)
    try:
        texts = Base64Images.model_validate_json(body).images
    except ValidationError as error:
        raise HTTPException(400, first_problem(error)) from error
    check_count(len(texts), most)
    return [(f"images[{i}]", decode(i, text)) for i, text in enumerate(texts)]


def first_problem(error: ValidationError) -> str:
    """Where the first problem lies and what it is, in one line and without the input."""
    found = error.errors(include_url=False, include_input=False, include_context=False)[0]
    place = "".join(f"[{at}]" if isinstance(at, int) else at for at in found["loc"])
    return ": ".join(filter(None, (printable(place[:60]), printable(found["msg"]))))


def decode(index: int, text: str) -> bytes:
    """The bytes of one text in base64."""
    try:
        return base64.b64decode(text, validate=True)
    except ValueError as error:
        raise HTTPException(400, f"images[{index}]: not base64") from error
