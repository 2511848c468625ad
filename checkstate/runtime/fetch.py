"""Fetch an image by URL without becoming a way into the network that this machine stands in."""

from __future__ import annotations

import asyncio
import ipaddress
import socket

import httpx

from checkstate.core import bounds
from checkstate.core.text import printable

MAX_SECONDS = 10.0
MAX_REDIRECTS = 5

TUNNEL = ipaddress.ip_network("2002::/16")
"""IPv6 addresses that a gateway may turn into any IPv4 address: 6to4. NAT64's are reserved."""


class FetchError(ValueError):
    """The URL cannot or must not be fetched; the message says why in one line."""


class PrivateAddressError(FetchError):
    """The URL leads to an address that is not public."""


class PublicOnly(httpx.AsyncHTTPTransport):
    """Connects to public addresses only.

    The name is resolved here and the connection goes to the address that was checked, at every
    redirect again, so that no second DNS answer can lead elsewhere (DNS rebinding).
    """

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request to a checked address, with the name kept for Host and TLS."""
        host = request.url.host
        checked = httpx.Request(
            request.method,
            request.url.copy_with(host=await public_address(host)),
            headers=request.headers,
            stream=request.stream,
            extensions={**request.extensions, "sni_hostname": host},
        )
        return await super().handle_async_request(checked)


async def public_address(host: str) -> str:
    """Resolve a name; raises FetchError unless all of its addresses are public."""
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise FetchError(f"{printable(host)}: no such host") from error
    addresses = [str(entry[4][0]).split("%")[0] for entry in found]
    for address in addresses:
        if not is_public(address):
            named = "" if host == address else f"{printable(host)}: "
            raise PrivateAddressError(f"{named}{address} is not a public address")
    return addresses[0]


def is_public(address: str) -> bool:
    """Whether an IP address lies on the open internet, in no spelling on a network of ours."""
    ip = ipaddress.ip_address(address)
    ip = getattr(ip, "ipv4_mapped", None) or ip
    local = ip.is_reserved or getattr(ip, "is_site_local", False) or ip in TUNNEL
    return ip.is_global and not ip.is_multicast and not local


async def fetch(url: str, *, private: bool = False) -> bytes:
    """Return the bytes behind an http(s) URL; `private` allows addresses that are not public.

    Raises FetchError for a refused address, an error status, something that is no image, more
    than bounds.REQUEST bytes or more than MAX_SECONDS in all.
    """
    name = printable(url)
    client = httpx.AsyncClient(
        transport=httpx.AsyncHTTPTransport() if private else PublicOnly(),
        timeout=MAX_SECONDS,  # of a step; that of the whole is below
        trust_env=False,
        headers={"Accept-Encoding": "identity"},
    )
    try:
        async with asyncio.timeout(MAX_SECONDS), client:
            request = client.build_request("GET", url)
            for _ in range(MAX_REDIRECTS + 1):
                response = await client.send(request, stream=True)
                if response.next_request is None:
                    return await read_body(response, name)
                await response.aclose()  # httpx, asked to follow, would read all of this body
                request = response.next_request
            raise FetchError(f"{name}: more than {MAX_REDIRECTS} redirects")
    except TimeoutError as error:
        raise FetchError(f"{name}: not there after {MAX_SECONDS:g} seconds") from error
    except httpx.HTTPStatusError as error:
        raise FetchError(f"{name}: status {error.response.status_code}") from error
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise FetchError(f"{name}: {reason}") from error


async def read_body(response: httpx.Response, name: str) -> bytes:
    """Return the body of a good answer that says it is an image."""
    response.raise_for_status()
    kind = response.headers.get("content-type", "image/").split(";")[0].strip().lower()
    if not kind.startswith(("image/", "application/octet-stream", "binary/octet-stream")):  # S3's
        raise FetchError(f"{name}: {printable(kind)} is no image")
    content = bytearray()
    async for chunk in response.aiter_raw():  # never unpacked: a bomb stays small
        content += chunk
        if len(content) > bounds.REQUEST:
            raise FetchError(f"{name}: more than {bounds.REQUEST:,} bytes")
    return bytes(content)
