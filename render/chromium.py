"""Headless Chromium, which draws the same page with the same pixels every time."""

from __future__ import annotations

import mimetypes
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from urllib.parse import unquote, urlparse

from playwright.sync_api import Browser, Page, Route, sync_playwright

from checkstate.core.errors import UserError
from render.pages import HERE

SITE = "http://render.invalid"
ARGUMENTS = [
    *("--no-sandbox", "--disable-gpu", "--disable-background-networking"),
    # the same pixels every time: one raster thread, whole tiles, no profile of the screen's
    *("--num-raster-threads=1", "--disable-partial-raster", "--force-color-profile=srgb"),
]
IDLE = "() => new Promise((done) => requestIdleCallback(() => requestIdleCallback(done)))"
"""What a library mounts after the load event is there once the browser has nothing else to do."""
STILL = """
async () => {
  await document.fonts.ready;
  for (const svg of document.querySelectorAll("svg")) {
    svg.pauseAnimations();
    svg.setCurrentTime(0);
  }
}
"""


class RestlessPageError(Exception):
    """Something on a page never stands still."""


@contextmanager
def browsers() -> Iterator[tuple[Browser, Browser]]:
    """Headless Chromium twice: with gray and with sub-pixel antialiasing of text.

    Raises UserError where there is none.
    """
    executable = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chrome")
    if not executable:
        raise UserError("no Chromium found: `apt install chromium`, or name one in CHROMIUM")
    with sync_playwright() as playwright:
        launch = partial(playwright.chromium.launch, executable_path=executable, args=ARGUMENTS)
        yield launch(), launch(env={**os.environ, "FONTCONFIG_FILE": str(HERE / "subpixel.conf")})


def serve(route: Route, *, html: str) -> None:
    """Answer a page's requests from render/node_modules; nothing reaches the network."""
    path = unquote(urlparse(route.request.url).path)
    file = HERE / path.lstrip("/")
    if path == "/":
        route.fulfill(body=html, content_type="text/html; charset=utf-8")
    elif route.request.url.startswith(SITE) and file.is_file():
        kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        route.fulfill(body=file.read_bytes(), content_type=kind)
    else:
        route.abort()


def settled(page: Page) -> bytes:
    """A screenshot that equals the one before it; raises RestlessPageError when none does.

    Fonts and the libraries' scripts come late, later still on a busy machine: after a fixed wait,
    the same page would give other pixels another day.
    """
    before = b""
    for _ in range(20):
        page.wait_for_timeout(200)
        page.evaluate(STILL)
        now = page.screenshot(animations="disabled")
        if now == before:
            return now
        before = now
    raise RestlessPageError
