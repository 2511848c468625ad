"""Fetch an image by URL without becoming a way into the network that this machine stands in."""

from __future__ import annotations

import ipaddress
import socket
import time

import httpx

MAX_BYTES = 20_000_000
MAX_SECONDS = 10.0


class FetchError(ValueError):
    """The URL cannot or must not be fetched; the message says why in one line."""


class PublicOnly(httpx.HTTPTransport):
    """Connects to public addresses only.

    The name is resolved here and the connection goes to the address that was checked, at every
    redirect again, so that no second DNS answer can lead elsewhere (DNS rebinding).
    """

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request to a checked address, with the name kept for Host and TLS."""
        host = request.url.host
        checked = httpx.Request(
            request.method,
            request.url.copy_with(host=public_address(host)),
            headers=request.headers,
            stream=request.stream,
            extensions={**request.extensions, "sni_hostname": host},
        )
        return super().handle_request(checked)


def public_address(host: str) -> str:
    """Resolve a name; raises FetchError unless all of its addresses are public."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise FetchError(f"{ascii(host)[1:-1]}: no such host") from error
    addresses = [str(entry[4][0]).split("%")[0] for entry in found]
    for address in addresses:
        ip = ipaddress.ip_address(address)
        mapped = getattr(ip, "ipv4_mapped", None) or ip
        if not mapped.is_global or mapped.is_multicast:
            raise FetchError(f"{ascii(host)[1:-1]}: {address} is not a public address")
    return addresses[0]


def fetch(url: str, *, private: bool = False) -> bytes:
    """Return the bytes behind an http(s) URL; `private` allows addresses that are not public.

    Raises FetchError for a refused address, an error status, something that is no image, more
    than MAX_BYTES or more than MAX_SECONDS.
    """
    name = ascii(url)[1:-1]
    transport = httpx.HTTPTransport() if private else PublicOnly()
    deadline = time.monotonic() + MAX_SECONDS
    try:
        with (
            httpx.Client(
                transport=transport,
                follow_redirects=True,
                max_redirects=5,
                timeout=MAX_SECONDS / 2,
                trust_env=False,
            ) as client,
            client.stream("GET", url) as response,
        ):
            response.raise_for_status()
            kind = response.headers.get("content-type", "image/").split(";")[0]
            if not kind.startswith(("image/", "application/octet-stream")):
                raise FetchError(f"{name}: {kind} is no image")
            content = bytearray()
            for chunk in response.iter_bytes():
                content += chunk
                if len(content) > MAX_BYTES:
                    raise FetchError(f"{name}: more than {MAX_BYTES:,} bytes")
                if time.monotonic() > deadline:
                    raise FetchError(f"{name}: not there after {MAX_SECONDS:.0f} seconds")
            return bytes(content)
    except httpx.HTTPStatusError as error:
        raise FetchError(f"{name}: status {error.response.status_code}") from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise FetchError(f"{name}: {reason}") from error
