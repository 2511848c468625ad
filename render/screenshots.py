"""A whole page of one library, photographed, with the box and state of every control on it."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from functools import partial
from random import Random
from typing import Any

import numpy as np
from PIL import Image
from playwright.sync_api import Browser, Page

from checkstate.core.errors import UserError
from checkstate.runtime.images import border_color
from render.crops import IDLE, SITE, serve, settled
from render.cutting import MIN_SIDE, OTHER, Box, Control, clipped, rounded
from render.pages import (
    TEXTS,
    Cell,
    Theme,
    css_colour,
    draw_background,
    draw_cell,
    draw_theme,
    load_templates,
)

MAX_CELLS = 70
BARE = 0.15
"""Share of the pages without any control: icons, buttons, text and pictures alone."""

TRIES = 5
FAINT = 12
"""Gray levels by which a pixel differs from what lies around a control, to belong to it."""

GAP = 2
"""Columns of pixels without any of a control between two parts of it."""

MEASURE = """
() => [...document.querySelectorAll(".slot")].map((cell) => {
  const marked = cell.querySelector("[data-control]");
  const input = cell.querySelector("[aria-checked]")
    ?? cell.querySelector("input[type=checkbox], input[type=radio]");
  if (!marked || !input) return null;
  const r = marked.getBoundingClientRect();
  const zoom = parseFloat(cell.style.zoom) || 1;
  const width = parseFloat(marked.dataset.control) || 0;
  const box = [r.left, r.top, width ? r.left + width * zoom : r.right, r.bottom];
  const inside = document.elementFromPoint((box[0] + box[2]) / 2, (box[1] + box[3]) / 2);
  return {
    index: parseInt(cell.id.slice(4)), box, loose: width > 0,
    seen: Boolean(inside) && (cell.contains(inside) || inside.contains(cell)),
    state: input.ariaChecked === null ? input.checked : input.ariaChecked === "true",
  };
}).filter(Boolean)
"""


def screenshot(chromium: Browser, name: str, random: Random) -> tuple[Image.Image, list[Control]]:
    """Draw one page of a library and photograph it; a page that keeps moving is drawn anew.

    Boxes are in pixels of the picture; a control that something covers has the label `hidden`.
    """
    for _ in range(TRIES):
        with suppress(UserError):
            return photograph(chromium, name, random)
    raise UserError(f"render/libraries/{name}: {TRIES} pages that keep moving")


def photograph(chromium: Browser, name: str, random: Random) -> tuple[Image.Image, list[Control]]:
    """Draw one page; raises UserError when it never stands still."""
    width = random.choice([640, 800, 1024, 1280, 1280, 1440, 1600])
    height = random.choice([480, 600, 720, 800, 900])
    scale = random.choice([1, 1, 1, 1.25, 1.5, 2])
    html, cells = draw_scene(name, random, width)
    context = chromium.new_context(
        viewport={"width": width, "height": height},
        device_scale_factor=scale,
        reduced_motion="reduce",
    )
    try:
        page = context.new_page()
        page.route("**/*", partial(serve, html=html))
        page.goto(SITE, wait_until="load")
        page.evaluate(IDLE)
        picture = Image.open(io.BytesIO(settled(page, name))).convert("RGB")
        return picture, list(measured(page, picture, cells, scale))
    finally:
        context.close()


def measured(
    page: Page, picture: Image.Image, cells: list[Cell], scale: float
) -> Iterator[Control]:
    """The controls of the page, in pixels of the picture."""
    for seen in page.evaluate(MEASURE):
        cell = cells[seen["index"]]
        left, top, right, bottom = (side * scale for side in seen["box"])
        if cell.kind == OTHER or right - left < 1 or bottom - top < 1:
            continue
        label = ("unchecked", "checked")[seen["state"]] if seen["seen"] else "hidden"
        box = tightened(picture, (left, top, right, bottom), seen["loose"])
        yield Control(cell.kind, label, box, box, None)


def tightened(picture: Image.Image, box: Box, loose: bool) -> Box:
    """A box without the plain margin in it: some libraries' elements are larger than they look.

    In a loose one, whose right side only a library's template tells, the label may begin.
    """
    left, top, right, bottom = rounded(clipped(box, (0, 0, picture.width, picture.height)))
    if right - left < MIN_SIDE or bottom - top < MIN_SIDE:
        return box
    pixels = np.asarray(picture.crop((left, top, right, bottom)), np.int16)
    ink = np.abs(pixels - border_color(pixels.astype(np.uint8))).max(axis=2) > FAINT
    columns = np.flatnonzero(ink.any(axis=0))
    if loose:
        columns = max(np.split(columns, np.flatnonzero(np.diff(columns) > GAP) + 1), key=len)
    rows = np.flatnonzero(ink[:, columns].any(axis=1))
    if min(len(columns), len(rows)) < MIN_SIDE:
        return box
    return left + columns[0], top + rows[0], left + columns[-1] + 1, top + rows[-1] + 1


def draw_scene(name: str, random: Random, width: int) -> tuple[str, list[Cell]]:
    """The HTML of a whole page of one library, and its cells in order."""
    environment, library, common = load_templates(name)
    theme = draw_theme(random, bool(library.dark))
    layout = draw_layout(random, theme, width)
    zoom = random.choice([0.85, 1, 1, 1, 1, 1.2, 1.5])
    bare = random.random() < BARE
    sections, cells = [], list[Cell]()
    for _ in range(random.choice([1, 2, 3, 4, 6, 8])):
        kind = random.choice(
            ["settings", "settings", "list", "form", "form", "table", "grid", "text", "inline"]
        )
        count = random.randint(1, 10) * (3 if kind in {"table", "grid"} else 1)
        part = list[Cell]()
        while len(part) < min(count, MAX_CELLS - len(cells)):
            cell = draw_cell(random, len(cells) + len(part), library, common, theme)
            if cell.kind == OTHER or not bare:
                part.append(replace(cell, zoom=zoom))
        if part:
            sections.append((kind, part))
            cells += part
    html = environment.get_template("scene.html.j2").render(
        library=library, common=common, theme=theme, layout=layout, sections=sections, cells=cells
    )
    return html, cells


def draw_layout(random: Random, theme: Theme, width: int) -> dict[str, Any]:
    """What the parts of a page share: room between them, rules, frames, bars, fonts."""
    bar = css_colour(random, (0.1, 0.9), random.uniform(0, 0.8))
    own = f'"{theme.font}", "Noto Sans", "Noto Sans CJK JP", sans-serif'
    return {
        "family": random.choice([own, own, own, "sans-serif", "serif", "monospace"]),
        "text": random.choice([11, 12, 13, 14, 14, 16, 16, 18, 20]),
        "gap": random.choice([0, 2, 4, 6, 8, 12, 16]),
        "bar": bar,
        "bar_text": random.choice(["#fff", "#000"]),
        "has_bar": random.random() < 0.6,
        "side": random.choice([0, 0, 180, 240]) if width > 700 else 0,
        "icons": random.random() < 0.6,
        "columns": random.choice([1, 1, 2, 3] if width > 1000 else [1, 1, 2]),
        "per_row": random.choice([1, 2, 3]),
        "cards": random.random() < 0.5,
        "card": draw_background(random, theme.dark) if random.random() < 0.5 else "transparent",
        "frame": random.choice(["none", "1px solid #8888", "2px solid #8884"]),
        "round": random.choice([0, 4, 8, 16]),
        "shadow": random.choice(["none", "none", "0 2px 8px #0004"]),
        "rule": random.choice(["", "border-bottom: 1px solid #8886;", "border: 1px solid #888a;"]),
        "photo": random.choice([60, 120, 200]),
        "angle": random.choice([0, 30, 45, 90]),
        "words": [random.choice(TEXTS["words"]) for _ in range(random.randint(4, 12))],
    }
