"""Pages in Firefox: its native form controls, and the ones that its own settings are made of.

Needs `apt install firefox-esr` and `pip install marionette_driver`. firefox_pages.py writes the
pages; states are set and read back, and rectangles measured, in the page.
"""

from __future__ import annotations

import atexit
import io
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path
from random import Random
from typing import Any

from PIL import Image

from checkstate.core.errors import UserError
from render.cutting import Control
from render.toolkits import xserver
from render.toolkits.firefox_pages import Page
from render.toolkits.pixels import Drawn, clear_window, told_apart

try:
    from marionette_driver.errors import MarionetteException
    from marionette_driver.marionette import Marionette
except ImportError as error:
    raise UserError("marionette_driver is missing: `pip install marionette_driver`") from error

EMPTY = "chrome://browser/content/blanktab.html"
"""A page of Firefox's own, which knows the elements of its settings: all pages go into it."""

PREFERENCES = {"ui.caretBlinkTime": 0, "ui.prefersReducedMotion": 1}
COMMON = """
const inner = (element) => element.inputEl ?? element;
const read = (element) =>
  inner(element).checked ?? inner(element).getAttribute("aria-pressed") === "true";
const put = async (element, state) => {
  if ("pressed" in element) element.pressed = state;
  else inner(element).checked = state;
  await element.updateComplete;
  if (read(element) !== state) throw new Error(`${element.outerHTML} does not take its state`);
};
const controls = () => [...document.querySelectorAll("[data-state]")];
const still = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
const plain = ({ left, top, right, bottom }) => [left, top, right, bottom];
const joined = (boxes) =>
  [0, 1, 2, 3].map((side) => Math[side < 2 ? "min" : "max"](...boxes.map((box) => box[side])));
const textBox = (element) => {
  const range = document.createRange();
  range.selectNodeContents(element);
  return plain(range.getBoundingClientRect());
};
const boxOf = (element) => {
  const [left, top, right, bottom] = plain(inner(element).getBoundingClientRect());
  if (!element.dataset.square) return [left, top, right, bottom];
  const side = Math.min(right - left, bottom - top); // drawn in the middle of its element
  const x = (left + right - side) / 2;
  const y = (top + bottom - side) / 2;
  return [x, y, x + side, y + side];
};
const measured = (element) => {
  const { kind, state, part } = element.dataset;
  const box = boxOf(element);
  const holder = element.closest("[data-holder]");
  const said = [...(holder?.querySelectorAll(".say") ?? [])];
  said.push(...(element.shadowRoot?.querySelectorAll("label .text") ?? []));
  const content = joined([box, ...said.map(textBox)]);
  const row = element.closest("[data-row]");
  if (part) box[2] = Math.min(box[2], box[0] + Number(part));
  return {
    kind, box, content, row: state && row ? plain(row.getBoundingClientRect()) : null,
    label: state ? (read(element) ? "checked" : "unchecked") : "other",
  };
};
const marked = () => [...document.querySelectorAll("[data-kind]")];
"""
FILL = """
const [html, css, ratio, preferences] = arguments;
for (const [name, value] of Object.entries(preferences)) {
  if (typeof value === "boolean") Services.prefs.setBoolPref(name, value);
  else if (typeof value === "number") Services.prefs.setIntPref(name, value);
  else Services.prefs.setStringPref(name, value);
}
const sheet = new CSSStyleSheet();
sheet.replaceSync(css);
document.adoptedStyleSheets = [sheet];
const { head, body } = new DOMParser().parseFromString(html, "text/html");
document.head.replaceChildren(...head.childNodes);
document.body.replaceChildren(...body.childNodes);
for (const element of document.querySelectorAll("[style]")) {
  element.style.cssText = element.getAttribute("style"); // as a script may, whatever the page's CSP
}
const deep = (root) => [...root.querySelectorAll("*")].flatMap(
  (element) => [element, ...(element.shadowRoot ? deep(element.shadowRoot) : [])]);
const waiting = (element) => element.rel === "stylesheet" && !element.sheet;
const names = new Set(deep(document).map((element) => element.localName));
await Promise.all([...names].filter((name) => name.startsWith("moz-"))
  .map((name) => customElements.whenDefined(name)));
for (let all = []; all.length !== deep(document).length || all.some(waiting); ) {
  all = deep(document);
  await Promise.all(all.map((element) => element.updateComplete));
  await still();
}
await Promise.all([...document.images].map((image) => image.decode().catch(() => null)));
await document.fonts.ready;
while (devicePixelRatio !== ratio) await still();
await still();
"""
PUT = """
const screen = document.getElementById("window").getBoundingClientRect();
const outside = ({ content: [left, top, right, bottom] }) =>
  left < screen.left || top < screen.top || right > screen.right || bottom > screen.bottom;
for (let late; (late = marked().filter((element) => outside(measured(element)))).length; ) {
  for (const element of late) (element.closest("[data-block]") ?? element).remove();
}
for (const element of controls()) await put(element, element.dataset.state === "1");
const [first] = document.querySelectorAll("[data-focus] [data-state]:not([data-kind=radio])");
// not a radio button: the ring of a large one is broken
if (first) inner(first).focus({ focusVisible: true, preventScroll: true });
await still();
"""
MEASURE = """
return marked().map(measured).map((found) => ({
  ...found,
  ...Object.fromEntries(["box", "content", "row"].map((name) =>
    [name, found[name]?.map((side) => side * devicePixelRatio) ?? null])),
}));
"""
TOGGLE = "for (const element of controls()) await put(element, !read(element)); await still();"


def window(random: Random) -> tuple[Image.Image, list[Control]]:
    """Draw a part of a page; give its picture and what stands on it."""
    return clear_window(partial(draw, random))


def draw(random: Random) -> Drawn:
    """Draw one page, and once more with all states turned."""
    page = Page(random)
    ask(FILL + PUT, page.html, page.css, page.ratio, page.preferences)
    picture = settled()
    controls = [read(found) for found in ask(MEASURE)]
    ask(TOGGLE)
    toggled = opened(screenshot())
    clear = [c for c in controls if c.label == "other" or told_apart(picture, toggled, c.box)]
    return picture, clear, len(clear) == len(controls)


def read(found: dict[str, Any]) -> Control:
    """A control as the page told it."""
    box, content, row = (found[name] and tuple(found[name]) for name in ("box", "content", "row"))
    return Control(found["kind"], found["label"], box, content, row)


def ask(script: str, *values: Any) -> Any:
    """What a script answers in the page; what it throws is raised here."""
    answer = browser().execute_async_script(
        f"const done = arguments[arguments.length - 1]; (async function () {{{COMMON}{script}}})"
        ".apply(null, arguments).then((value) => done([value]), (error) => done(String(error)));",
        values,
    )
    if isinstance(answer, str):
        raise RuntimeError(answer)
    return answer[0]


def settled() -> Image.Image:
    """A picture of the window that equals the one before it."""
    before = b""
    for _ in range(20):
        now = screenshot()
        if now == before:
            return opened(now)
        before = now
    raise RuntimeError("a page of Firefox never stands still")


def screenshot() -> bytes:
    """The window as PNG."""
    element = browser().find_element("id", "window")
    return bytes(browser().screenshot(element=element, format="binary", scroll=False))


def opened(png: bytes) -> Image.Image:
    """The picture in a PNG."""
    with Image.open(io.BytesIO(png)) as image:
        return image.convert("RGB")


@cache
def browser() -> Any:
    """The one Firefox, without a screen and with a profile of its own; UserError without one."""
    executable = shutil.which("firefox-esr")
    if not executable:
        raise UserError("firefox-esr is missing: `apt install firefox-esr`")
    return started(executable)


def started(executable: str) -> Any:
    """A new Firefox that shows an empty page; UserError where it does not start."""
    xserver.use_fonts()
    folder = xserver.kept_folder("firefox")
    try:
        with home(folder):
            driver = Marionette(
                host="127.0.0.1", port=0, app="fxdesktop", bin=executable, headless=True,
                prefs=PREFERENCES, workspace=str(folder), gecko_log=str(folder / "gecko.log"),
            )  # fmt: skip
            atexit.register(close, driver)
            driver.start_session()
    except (OSError, MarionetteException) as error:
        cause = str(error).partition("\n")[0]
        raise UserError(f"Firefox does not start: {cause}") from error
    driver.timeout.script = 60
    driver.set_window_rect(width=1700, height=1900)
    driver.navigate(EMPTY)
    return driver


@contextmanager
def home(folder: Path) -> Iterator[None]:
    """Let what starts here have another home folder: Firefox refuses root that of a user."""
    before = os.environ.get("HOME")
    os.environ["HOME"] = str(folder)
    try:
        yield
    finally:
        if before is None:
            del os.environ["HOME"]
        else:
            os.environ["HOME"] = before


def close(driver: Any) -> None:
    """End a Firefox, and forget it while its profile can still be removed."""
    driver.cleanup()
    browser.cache_clear()
