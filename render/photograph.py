"""One page of a library in Chromium: its picture, and what stands where on it."""

from __future__ import annotations

import io
from collections.abc import Iterator
from functools import partial
from random import Random
from typing import Any

import numpy as np
from PIL import Image
from playwright.sync_api import Browser, Page

from checkstate.core.errors import UserError
from checkstate.runtime.images import border_color
from render.chromium import IDLE, SITE, RestlessPageError, serve, settled
from render.cutting import HIDDEN, MIN_SIDE, OTHER, Box, Control, clipped, rounded
from render.pages import Cell, draw_page

TRIES = 5
FURNITURE = 5
"""Menu items, headings, lines of text and pictures of a page that are kept as `other`, at most."""

FAINT = 12
"""Gray levels by which a pixel differs from what lies around a control, to belong to it."""

GAP = 2
"""Columns of pixels without any of a control between two parts of it."""

TOUCH = """
([focused, hovered]) => {
  const slots = [...document.querySelectorAll(".slot:has([data-control])")];
  if (!slots.length) return null;
  const drawn = (share) => slots[Math.floor(share * slots.length)];
  drawn(focused).querySelector("input, button")?.focus({ preventScroll: true });
  const box = drawn(hovered).querySelector("[data-control]").getBoundingClientRect();
  return [box.left + box.width / 2, box.top + box.height / 2];
}
"""
MEASURE = """
() => {
  const sides = (r) => [r.left, r.top, r.right, r.bottom];
  const union = (rects) => rects.reduce((a, r) => [Math.min(a[0], r.left), Math.min(a[1], r.top),
    Math.max(a[2], r.right), Math.max(a[3], r.bottom)], [1e9, 1e9, -1e9, -1e9]);
  const visible = (e) => e.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true });
  const parts = (e) => [...e.querySelectorAll("*")].filter(visible)
    .map((p) => p.getBoundingClientRect()).filter((r) => r.width > 0 && r.height > 0);
  const clip = (box, element) => {
    for (let e = element.parentElement; e.id !== "cells"; e = e.parentElement) {
      const style = getComputedStyle(e);
      if (style.overflowX === "visible" && style.overflowY === "visible") continue;
      const r = e.getBoundingClientRect();
      box = [Math.max(box[0], r.left), Math.max(box[1], r.top),
        Math.min(box[2], r.right), Math.min(box[3], r.bottom)];
    }
    return box;
  };
  const slots = [...document.querySelectorAll(".slot")].map((slot) => {
    const input = slot.querySelector("[aria-checked]")
      ?? slot.querySelector("input[type=checkbox], input[type=radio]");
    const marked = slot.querySelector("[data-control]");
    const row = slot.closest(".line, .field, tr");
    const say = slot.closest(".list")?.querySelector(".say > span");
    const label = say ? [say.getBoundingClientRect()] : [];
    const content = clip(union([...parts(slot), ...label]), slot);
    const seen = { index: parseInt(slot.id.slice(4)), content,
      row: row && clip(sides(row.getBoundingClientRect()), row) };
    if (!marked) return seen;
    const zoom = parseFloat(slot.style.zoom) || 1;
    const width = parseFloat(marked.dataset.control) || 0;
    const [left, top, right, bottom] = sides(marked.getBoundingClientRect());
    const box = [left, top, width ? left + width * zoom : right, bottom];
    const shown = clip(box, marked);
    const middle = document.elementFromPoint((box[0] + box[2]) / 2, (box[1] + box[3]) / 2);
    return {
      ...seen, box, loose: width > 0, empty: !(left < right && top < bottom),
      covered: !(middle && (slot.contains(middle) || middle.contains(slot)))
        || shown.some((side, i) => Math.abs(side - box[i]) > 1),
      state: input && (input.ariaChecked === null ? input.checked : input.ariaChecked === "true"),
    };
  });
  const furniture = [...document.querySelectorAll("[data-furniture]")].filter(visible).map((e) => {
    const range = document.createRange();
    range.selectNodeContents(e);
    const inner = range.getBoundingClientRect();
    const box = inner.width > 0 ? inner : e.getBoundingClientRect();
    return { kind: e.dataset.furniture, box: clip(sides(box), e),
      row: clip(sides(e.getBoundingClientRect()), e) };
  });
  return { slots, furniture };
}
"""


def photograph(chromium: Browser, name: str, random: Random) -> tuple[Image.Image, list[Control]]:
    """Draw one page of a library and photograph it; a page that keeps moving is drawn anew.

    Boxes are in pixels of the picture. What is no control has the label `other`, a control that
    something covers `hidden`. Raises UserError for a control that did not take its state.
    """
    for _ in range(TRIES):
        try:
            return photograph_once(chromium, name, random)
        except RestlessPageError:
            continue
    raise UserError(f"render/libraries/{name}: {TRIES} pages that keep moving")


def photograph_once(
    chromium: Browser, name: str, random: Random
) -> tuple[Image.Image, list[Control]]:
    """Draw one page, focus one control, hover over another; may raise RestlessPageError."""
    width = random.choice([640, 800, 1024, 1280, 1280, 1440, 1600])
    height = random.choice([480, 600, 720, 800, 900])
    scale = random.choice([1, 1, 1, 1.25, 1.5, 2] if width > 800 else [1, 1, 1, 1.25, 1.5, 2, 3])
    html, cells = draw_page(name, random, width)
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
        if place := page.evaluate(TOUCH, [random.random(), random.random()]):
            page.mouse.move(*place)
        picture = Image.open(io.BytesIO(settled(page))).convert("RGB")
        return picture, list(measured(page, name, picture, cells, scale, random))
    finally:
        context.close()


def measured(
    page: Page, name: str, picture: Image.Image, cells: list[Cell], scale: float, random: Random
) -> Iterator[Control]:
    """What stands on the page, in pixels of the picture."""
    seen = page.evaluate(MEASURE)
    for slot in seen["slots"]:
        cell = cells[slot["index"]]
        content, row = (scaled(slot[part], scale) for part in ("content", "row"))
        if cell.kind == OTHER:
            if content:
                yield Control(cell.widget, OTHER, content, content, row)
            continue
        check(slot, cell, name)
        label = HIDDEN if slot["covered"] else ("unchecked", "checked")[cell.state]
        if whole := scaled(slot["box"], scale):
            box = tightened(picture, whole, slot["loose"])
            yield Control(cell.kind, label, box, around(content or box, box), row)
    pieces = seen["furniture"]
    for piece in random.sample(pieces, min(FURNITURE, len(pieces))):
        if place := scaled(piece["box"], scale):
            yield Control(piece["kind"], OTHER, place, place, scaled(piece["row"], scale))


def check(slot: dict[str, Any], cell: Cell, name: str) -> None:
    """Raise UserError, which names the template, when a control is not what was asked for."""
    if slot.get("state") is not cell.state:
        raise UserError(f"render/libraries/{name}: a {cell.kind} did not take its state")
    if slot["empty"]:
        raise UserError(f"render/libraries/{name}: a {cell.kind} has no size")


def scaled(box: list[float] | None, scale: float) -> Box | None:
    """CSS pixels to pixels of the picture; None for a box of nothing."""
    if box is None or box[2] - box[0] < 1 or box[3] - box[1] < 1:
        return None
    left, top, right, bottom = (side * scale for side in box)
    return left, top, right, bottom


def around(first: Box, second: Box) -> Box:
    """The smallest box that holds two."""
    return (
        min(first[0], second[0]),
        min(first[1], second[1]),
        max(first[2], second[2]),
        max(first[3], second[3]),
    )


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
    (first, last), (upper, lower) = ((int(a[0]), int(a[-1])) for a in (columns, rows))
    return left + first, top + upper, left + last + 1, top + lower + 1
