"""Render one library: pages in headless Chromium, cut into labelled crops.

python -m render.crops bootstrap

Pages are drawn from the seed, one generator a page, and each finished page is kept in
.render-state/ until the library is done, so that an interrupted run goes on where it stopped.
"""

from __future__ import annotations

import hashlib
import io
import mimetypes
import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import unquote, urlparse

import yaml
from PIL import Image
from playwright.sync_api import Browser, Page, Route, sync_playwright
from tqdm import tqdm

from checkstate.core.errors import UserError
from checkstate.core.files import archive_names, read_archive, write_archive
from checkstate.stage.runner import run_stage
from render.cutting import MIN_CONTRAST, MIN_OTHER_CONTRAST, contrast, shrink
from render.pages import COLUMNS, HEIGHT, HERE, ROWS, WIDTH, Cell, draw_page

SITE = "http://render.invalid"
STATE = HERE.parent / ".render-state"
ARGUMENTS = [
    *("--no-sandbox", "--disable-gpu", "--disable-background-networking"),
    # the same pixels every time: one raster thread, whole tiles, no profile of the screen's
    *("--num-raster-threads=1", "--disable-partial-raster", "--force-color-profile=srgb"),
]
FOCUS = "(index) => document.querySelector(`#cell${index} :is(input, button)`)?.focus()"
CENTRE = """
(index) => {
  const box = document.querySelector(`#cell${index} [data-control]`).getBoundingClientRect();
  return [box.left + box.width / 2, box.top + box.height / 2];
}
"""
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
MEASURE = """
(index) => {
  const cell = document.getElementById(`cell${index}`);
  const frame = cell.getBoundingClientRect();
  const inside = (r) => r.width > 0 && r.height > 0 && r.right > frame.left
    && r.left < frame.right && r.bottom > frame.top && r.top < frame.bottom;
  const seen = [...cell.querySelectorAll(".content *")]
    .filter((e) => e.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true }))
    .map((e) => e.getBoundingClientRect()).filter(inside);
  const box = seen.reduce((a, r) => [Math.min(a[0], r.left), Math.min(a[1], r.top),
    Math.max(a[2], r.right), Math.max(a[3], r.bottom)], [1e9, 1e9, -1e9, -1e9]);
  const input = cell.querySelector("[aria-checked]")
    ?? cell.querySelector("input[type=checkbox], input[type=radio]");
  const marked = cell.querySelector("[data-control]");
  const control = marked?.getBoundingClientRect();
  const width = parseFloat(marked?.dataset.control) || 0;
  const zoom = parseFloat(cell.querySelector(".content").style.zoom) || 1;
  return {
    box,
    control: control && [control.left, control.top,
      width ? control.left + width * zoom : control.right, control.bottom],
    state: input && (input.ariaChecked === null ? input.checked : input.ariaChecked === "true"),
  };
}
"""


def main() -> None:
    """Read the library's template; write render/crops/<library>.zip."""
    (name,) = sys.argv[1:]
    settings = yaml.safe_load((HERE / "params.yaml").read_text())
    if not (HERE / "node_modules").is_dir():
        raise UserError("render/node_modules is missing: run `npm ci --prefix render`")
    state = STATE / fingerprint(name, settings["seed"])
    crops: dict[str, bytes] = {}
    with tqdm(total=settings["crops"], desc=name, unit="crop") as bar:
        for _, content in pages(name, settings["seed"], state):
            for path, png in content.items():
                if len(crops) < settings["crops"] and path not in crops:
                    crops[path] = png
                    bar.update()
            if len(crops) >= settings["crops"]:
                break
    write_archive(HERE / "crops" / f"{name}.zip", crops.items())
    shutil.rmtree(state)


def fingerprint(name: str, seed: int) -> str:
    """Name the state folder after everything that the pictures come from."""
    sources = [HERE / "package-lock.json", *HERE.glob("*.py"), *HERE.glob("*.j2")]
    sources += [HERE / "texts.yaml", *(HERE / "libraries").glob("*.j2")]
    digest = hashlib.sha256(repr((name, seed)).encode())
    for source in sorted(sources):
        digest.update(source.read_bytes())
    return f"{name}-{digest.hexdigest()[:16]}"


def pages(name: str, seed: int, state: Path) -> Iterator[tuple[int, dict[str, bytes]]]:
    """Yield page numbers with their crops, path to PNG, without end; kept pages come first."""
    number = 0
    while (kept := state / f"{number}.zip").exists():
        names = archive_names(kept)
        yield number, {n: f.read() for n, f in zip(names, read_archive(kept, names), strict=True)}
        number += 1
    with browser() as chromium:
        while True:
            random = Random(f"{seed}-{name}-{number}")
            html, cells = draw_page(name, random)
            context = chromium.new_context(
                viewport={"width": COLUMNS * WIDTH, "height": ROWS * HEIGHT},
                device_scale_factor=(scale := random.choice([1, 1, 2])),
                reduced_motion="reduce",
            )
            page = context.new_page()
            page.route("**/*", partial(serve, html=html))
            crops = dict(shoot(page, name, cells, scale, random))
            context.close()
            write_archive(state / f"{number}.zip", crops.items())
            yield number, crops
            number += 1


@contextmanager
def browser() -> Iterator[Browser]:
    """Headless Chromium; raises UserError where there is none."""
    executable = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chrome")
    if not executable:
        raise UserError("no Chromium found: `apt install chromium`, or name one in CHROMIUM")
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)


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


def shoot(
    page: Page, name: str, cells: list[Cell], scale: int, random: Random
) -> Iterator[tuple[str, bytes]]:
    """Load the page, focus one control, hover over another, and cut every cell out."""
    page.goto(SITE, wait_until="load")
    page.evaluate(IDLE)
    controls = [cell for cell in cells if cell.kind != "other"]
    touched = random.sample(controls, min(2, len(controls)))
    for cell, act in zip(touched, (FOCUS, CENTRE), strict=False):
        if centre := page.evaluate(act, cell.index):
            page.mouse.move(*centre)
    picture = Image.open(io.BytesIO(settled(page, name))).convert("RGB")
    for cell in cells:
        seen = page.evaluate(MEASURE, cell.index)
        if cell.kind != "other" and seen["state"] is not cell.state:
            raise UserError(f"render/libraries/{name}: a {cell.kind} did not take its state")
        if (box := seen["control"]) and not (box[0] < box[2] and box[1] < box[3]):
            raise UserError(f"render/libraries/{name}: a {cell.kind} has no size")
        label = ("unchecked", "checked")[cell.state] if cell.kind != "other" else "other"
        crop = cut(picture, cell, seen, scale, random)
        if crop is not None:
            png = shrink(crop)
            digest = hashlib.sha256(crop.tobytes()).hexdigest()[:12]
            yield f"{label}/{name}-{cell.widget or cell.kind}-{digest}.png".lower(), png


def settled(page: Page, name: str) -> bytes:
    """A screenshot that equals the one before it.

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
    raise UserError(f"render/libraries/{name}: something on the page keeps moving")


def cut(
    picture: Image.Image, cell: Cell, seen: dict[str, Any], scale: int, random: Random
) -> Image.Image | None:
    """Crop around a cell's content with random margins; None when there is too little to see.

    A fourth of the labelled controls lose a part of their label, as real crops do.
    """
    left, top, right, bottom = seen["box"]
    if right - left < 6 or bottom - top < 6:
        return None
    control = seen["control"] or seen["box"]
    if (cell.text or cell.outside) and random.random() < 0.25:
        left = random.uniform(left, max(left, control[0])) if control[0] > left + 8 else left
        right = random.uniform(control[2], right) if right > control[2] + 8 else right
    spread = random.choice([3, 8, 16, 32])
    margins = [random.uniform(2, spread) for _ in range(4)]
    frame = (cell.left, cell.top, cell.left + WIDTH, cell.top + HEIGHT)
    area = (
        max(left - margins[0], frame[0]),
        max(top - margins[1], frame[1]),
        min(right + margins[2], frame[2]),
        min(bottom + margins[3], frame[3]),
    )
    crop = picture.crop(scaled(area, scale))
    part = picture.crop(scaled(control, scale)) if cell.kind != "other" else crop
    return (
        crop
        if contrast(part) >= (MIN_CONTRAST if cell.kind != "other" else MIN_OTHER_CONTRAST)
        else None
    )


def scaled(area: Sequence[float], scale: int) -> tuple[int, int, int, int]:
    """CSS pixels of a box to pixels of the picture."""
    left, top, right, bottom = (round(scale * side) for side in area)
    return left, top, right, bottom


if __name__ == "__main__":
    run_stage(main)
