"""What is refused before its body is read, and what takes too long: around the whole service."""

from __future__ import annotations

import asyncio
import secrets
import time

from fastapi.responses import JSONResponse
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from checkstate.serve.settings import Settings
from checkstate.serve.telemetry import Telemetry


def problem(status: int, detail: str) -> Response:
    """A refusal that ends the connection, so that nobody goes on sending a body."""
    headers = {401: {"WWW-Authenticate": "Bearer"}, 503: {"Retry-After": "1"}}.get(status, {})
    return JSONResponse({"detail": detail}, status, {"Connection": "close", **headers})


def authorized(headers: Headers, token: str) -> bool:
    """Whether a request brings the token, compared in constant time."""
    scheme, _, given = headers.get("authorization", "").partition(" ")
    same = secrets.compare_digest(given.strip().encode(), token.encode())
    return same and scheme.lower() == "bearer"


class Limits:
    """ASGI middleware: refuses what is too large, ends what takes too long, counts everything."""

    def __init__(self, app: ASGIApp, settings: Settings, telemetry: Telemetry) -> None:
        self.app = app
        self.settings = settings
        self.telemetry = telemetry
        self.pending = 0
        """Bytes of the bodies in work."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        start, status = time.perf_counter(), 0

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        refused = self.refusal(scope)
        size = 0 if refused else int(Headers(scope=scope).get("content-length", "0"))
        self.pending += size
        try:
            async with asyncio.timeout(self.settings.seconds):
                await (refused or self.app)(scope, receive, watch)
        except TimeoutError:
            if not status:
                late = problem(503, f"not done after {self.settings.seconds:g} seconds")
                await late(scope, receive, watch)
        finally:
            self.pending -= size
            path = getattr(scope.get("route"), "path", "other")
            self.telemetry.request(path, status, time.perf_counter() - start)

    def refusal(self, scope: Scope) -> Response | None:
        """Why a request is refused before its body is read."""
        settings, headers = self.settings, Headers(scope=scope)
        # all that reads images is a POST; a list of paths would miss other spellings, as with %0A
        asks = settings.token and scope["method"] == "POST"
        if asks and not authorized(headers, settings.token):
            return problem(401, "missing or wrong token")
        length = headers.get("content-length")
        if "transfer-encoding" in headers or (length is None and scope["method"] == "POST"):
            return problem(411, "Content-Length is needed")
        if length is None:
            return None
        # Python makes no number of some thousand digits
        if not length.isdecimal() or len(length) > 15 or int(length) > settings.max_bytes:
            return problem(413, f"a request takes at most {settings.max_bytes:,} bytes")
        if self.pending and self.pending + int(length) > settings.max_pending:
            return problem(503, "busy")
        return None
