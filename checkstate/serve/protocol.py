"""Connections with limits that begin at their first byte, before the application sees a request."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

SECURITY = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'self'; img-src 'self' blob: data:; object-src 'none';"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
}
"""Headers of every response."""

SPARE = 128
"""Descriptors for all but connections: files of large uploads, the model, the event loop."""


def most_connections() -> int:
    """How many connections a process takes: the limit of its descriptors, less the spare ones."""
    with suppress(ImportError):  # Windows has no such limit
        import resource

        limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
        if limit != resource.RLIM_INFINITY:
            return min(1000, max(16, limit - SPARE))
    return 1000


class Protocol(HttpToolsProtocol):
    """uvicorn's protocol, which alone buffers headers of any size and waits for them for ever.

    Every connection always has a deadline: for the head of a request (request line and headers),
    which data that trickles does not move, then for its answer, then for the next head. Where
    there are too many connections, in all or of one client, whoever has waited longest for a head
    goes, so that those who do send requests are served.
    """

    head_bytes = 32_768
    head_seconds = 10.0
    answer_seconds = 60.0
    """`Settings.seconds` is less and answers; this ends who does not read the answer."""
    most = most_connections()

    deadline: asyncio.TimerHandle | None = None
    waiting = True
    """Whether no request is in work."""
    in_head = True
    head = 0
    """Bytes of the head so far."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Start the clock, and make room where there is none."""
        super().connection_made(cast("asyncio.Transport", transport))
        self.wait_for_head()
        everyone = cast("set[Protocol]", self.connections)
        of_client = {each for each in everyone if each.host == self.host}
        for crowd, most in ((of_client, self.most // 2), (everyone, self.most)):
            if len(crowd) > most:
                oldest = min((each for each in crowd if each.waiting), key=lambda each: each.since)
                everyone.discard(oldest)  # connection_lost may come after the next accept
                oldest.transport.abort()

    @property
    def host(self) -> str:
        """The address of the client; empty for a Unix socket."""
        return self.client[0] if self.client else ""

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the clock."""
        if self.deadline:
            self.deadline.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse, and refuse a head that is too large."""
        if self.in_head:
            room = self.head_bytes - self.head
            self.head += min(room, len(data))
            super().data_received(data[:room])
            data = data[room:]
            if data and self.head == self.head_bytes:
                self.send_400_response(f"A head takes at most {self.head_bytes} bytes.")
        if data and not self.transport.is_closing():
            super().data_received(data)

    def on_headers_complete(self) -> None:
        """Hand the request on."""
        self.in_head, self.head = False, 0
        self.within(self.answer_seconds)
        self.waiting = False
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """What comes next is a head."""
        self.in_head = True
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Wait for the next request, or answer the one that already came."""
        super().on_response_complete()
        if self.cycle.response_complete:
            self.wait_for_head()
        else:
            self.within(self.answer_seconds)

    def wait_for_head(self) -> None:
        """From now on, no request is in work."""
        self.waiting = True
        self.since = self.loop.time()
        self.within(self.head_seconds)

    def within(self, seconds: float) -> None:
        """End the connection, unless something else is said within that time."""
        if self.deadline:
            self.deadline.cancel()
        self.deadline = self.loop.call_later(seconds, self.transport.abort)


OPTIONS: dict[str, Any] = {
    "http": "checkstate.serve.protocol:Protocol",
    "ws": "none",  # an upgrade would leave these limits
    "headers": list(SECURITY.items()),
}
"""uvicorn's options. It adds the headers to its own refusals, which no middleware sees."""
