"""One page of a library in Chromium: its picture, and what stands where on it."""

from __future__ import annotations

import io
from collections.abc import Iterator
from functools import partial
from random import Random
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Browser
from scipy import ndimage

from checkstate.core.errors import UserError
from render.chromium import IDLE, SITE, RestlessPageError, serve, settled
from render.cutting import HIDDEN, MIN_SIDE, OTHER, Box, Control, clipped, rounded
from render.pages import BARE, Cell, draw_page

TRIES = 5
FURNITURE = 8
"""Menu items, headings, tree handles, pictures, parts of widgets and other things of a page that
are kept as `other`, at most."""

UNSEEN = 6
"""Gray levels by which a pixel changes, at most, where nobody sees a control."""

FAINT = 12
"""The same, where what is seen beyond its element is a faint shadow."""

BEYOND = 0.35
"""Of a control's shorter side: how far beyond its element it may paint."""

GONE = "[data-control] { opacity: 0 !important }"

Ink = NDArray[np.int16]
"""int16 [height, width]: by how many gray levels the controls change the pixels of a picture."""

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
(texts) => {
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
  const labelRects = (element, text) => {
    const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT), rects = [];
    while (text && walker.nextNode()) {
      if (walker.currentNode.data.trim() !== text) continue;
      const range = document.createRange();
      range.selectNodeContents(walker.currentNode);
      rects.push(...[...range.getClientRects()].map(sides));
    }
    return rects;
  };
  const slots = [...document.querySelectorAll(".slot")].map((slot) => {
    const input = slot.querySelector("[aria-checked]")
      ?? slot.querySelector("input[type=checkbox], input[type=radio]");
    const marked = slot.querySelector("[data-control]");
    const row = slot.closest(".line, .field, tr");
    const say = slot.closest(".list")?.querySelector(".say > span");
    const label = say ? [say.getBoundingClientRect()] : [];
    const content = clip(union([...parts(slot), ...label]), slot);
    const index = parseInt(slot.id.slice(4));
    const seen = { index, content,
      row: row && clip(sides(row.getBoundingClientRect()), row) };
    if (!marked) return seen;
    const zoom = parseFloat(slot.style.zoom) || 1;
    const width = parseFloat(marked.dataset.control) || 0;
    const [left, top, right, bottom] = sides(marked.getBoundingClientRect());
    const box = [left, top, width ? left + width * zoom : right, bottom];
    const shown = clip(box, marked);
    const middle = document.elementFromPoint((box[0] + box[2]) / 2, (box[1] + box[3]) / 2);
    return {
      ...seen, box, shown, labels: labelRects(marked, texts[index]),
      empty: !(left < right && top < bottom),
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


def photograph(
    chromium: Browser,
    name: str,
    random: Random,
    bare_share: float = BARE,
    deceivers: bool = True,
) -> tuple[Image.Image, list[Control]]:
    """Draw one page of a library and photograph it; a page that keeps moving is drawn anew.

    `bare_share` and `deceivers` are draw_page's. Boxes are in pixels of the picture. What is no
    control has the label `other`. A control that something covers is `hidden`, with the box of
    what its frame leaves of its element; one that is cut off wholly is not told. Raises UserError
    for a control that did not take its state.
    """
    for _ in range(TRIES):
        try:
            return photograph_once(chromium, name, random, bare_share, deceivers)
        except RestlessPageError:
            continue
    raise UserError(f"render/libraries/{name}: {TRIES} pages that keep moving")


def photograph_once(
    chromium: Browser, name: str, random: Random, bare_share: float, deceivers: bool
) -> tuple[Image.Image, list[Control]]:
    """Draw one page, focus one control, hover over another; may raise RestlessPageError."""
    width = random.choice([640, 800, 1024, 1280, 1280, 1440, 1600])
    height = random.choice([480, 600, 720, 800, 900])
    scale = random.choice([1, 1, 1, 1.25, 1.5, 2] if width > 800 else [1, 1, 1, 1.25, 1.5, 2, 3])
    html, cells = draw_page(name, random, width, bare_share, deceivers)
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
        picture = decoded(settled(page))
        seen = page.evaluate(MEASURE, [cell.text for cell in cells])
        page.add_style_tag(content=GONE)
        ink = changed(picture, decoded(page.screenshot(animations="disabled")))
        return picture, list(measured(seen, name, ink, cells, scale, random))
    finally:
        context.close()


def decoded(png: bytes) -> Image.Image:
    """A decoded screenshot."""
    return Image.open(io.BytesIO(png)).convert("RGB")


def changed(picture: Image.Image, without: Image.Image) -> Ink:
    """By how much two pictures of a page differ, in the color that differs most."""
    difference = np.asarray(picture, np.int16) - np.asarray(without, np.int16)
    ink: Ink = np.abs(difference).max(axis=2)
    return ink


def measured(
    seen: dict[str, Any], name: str, ink: Ink, cells: list[Cell], scale: float, random: Random
) -> Iterator[Control]:
    """What stands on the page, in pixels of the picture."""
    wanted = [slot for slot in seen["slots"] if cells[slot["index"]].kind != OTHER]
    for slot in wanted:
        check(slot, cells[slot["index"]], name)
    controls = {  # of which a part is in view, at least
        slot["index"]: (box, slot["covered"])
        for slot in wanted
        if (shown := scaled(slot["shown"], scale))
        and (box := shown if slot["covered"] else scaled(slot["box"], scale))
    }
    for slot in seen["slots"]:
        cell = cells[slot["index"]]
        content, row = (scaled(slot[part], scale) for part in ("content", "row"))
        if cell.kind == OTHER:
            if content:
                yield Control(cell.widget, OTHER, content, content, row)
            continue
        if slot["index"] not in controls:
            continue
        box, covered = controls[slot["index"]]
        if not covered:  # the ink of one that is would be its neighbors'
            labels = [each for rect in slot["labels"] if (each := scaled(rect, scale))]
            others = [
                other
                for index, (other, hidden) in controls.items()
                if index != slot["index"] and not hidden
            ]
            box = painted(ink, box, labels, others)
        label = HIDDEN if covered else ("unchecked", "checked")[cell.state]
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


def painted(ink: Ink, box: Box, labels: list[Box], others: list[Box]) -> Box:
    """Where a control paints: all that is connected with ink in its element's box, but its label.

    Some elements are larger than what one sees of them, and some paint beyond themselves, but not
    where the element of another control is nearer. A box in which next to nothing is painted, or
    out of the picture, stays as it is.
    """
    height, width = ink.shape
    reach = BEYOND * min(box[2] - box[0], box[3] - box[1])
    wide = (box[0] - reach, box[1] - reach, box[2] + reach, box[3] + reach)
    frame = rounded(clipped(wide, (0, 0, width, height)))
    left, top, right, bottom = frame
    if left >= right or top >= bottom:
        return box
    away = distance(box, frame)
    pixels = ink[top:bottom, left:right] > np.where(away, FAINT, UNSEEN)
    for other in others:
        pixels &= (away == 0) | (away < distance(other, frame))
    for label in labels:
        pixels[inside(label, left, top)] = False
    pieces, _ = ndimage.label(pixels, np.ones((3, 3)))
    own = np.isin(pieces, np.setdiff1d(pieces[inside(box, left, top)], [0]))
    rows, columns = (np.flatnonzero(own.any(axis=axis)) for axis in (1, 0))
    if min(len(rows), len(columns)) < MIN_SIDE:
        return box
    return (
        left + int(columns[0]),
        top + int(rows[0]),
        left + int(columns[-1]) + 1,
        top + int(rows[-1]) + 1,
    )


def distance(box: Box, frame: tuple[int, int, int, int]) -> NDArray[np.int64]:
    """How far from a box every pixel in a frame is, by its rows or columns: [height, width]."""
    left, top, right, bottom = frame
    x0, y0, x1, y1 = rounded(box)
    x, y = np.arange(left, right), np.arange(top, bottom)
    columns, rows = (
        np.maximum(np.maximum(a - at, at + 1 - b), 0) for at, a, b in ((x, x0, x1), (y, y0, y1))
    )
    return np.maximum(columns[None, :], rows[:, None])


def inside(box: Box, left: int, top: int) -> tuple[slice, slice]:
    """The rows and columns of a box in a picture that begins at `left` and `top`."""
    x0, y0, x1, y1 = rounded(box)
    return slice(max(y0 - top, 0), max(y1 - top, 0)), slice(max(x0 - left, 0), max(x1 - left, 0))
