"""Draws windows of modern Tk looks for render/toolkits/moderntk.py.

A form is the seed of a window. States are set through variables and read back from the widgets.
Every window has a process of its own: what one leaves behind changes texts of the next by a pixel.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
import tkinter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from random import Random
from typing import Any

from PIL import Image

from render.toolkits import words
from render.toolkits.foreign import answer_forms
from render.toolkits.moderntk_looks import Bootstrap, CustomTk, Look, SunValley
from render.toolkits.tk import Watched, place
from render.toolkits.xserver import SIZE, grab

KINDS = ["check", "check", "radio", "radio", "switch", "switch"]
LOOKS: list[type[Look]] = [CustomTk, CustomTk, Bootstrap, Bootstrap, SunValley]


class Page:
    """A window under construction: its look, its controls and its other widgets."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.look = random.choice(LOOKS)(random)
        self.watched: list[Watched] = []
        self.others: list[tuple[str, Any]] = []
        self.gap = random.choice([0, 2, 4, 6, 10])
        self.kinds = random.choice([KINDS, KINDS, KINDS, ["check"], ["switch"]])

    def chance(self, share: float) -> bool:
        """Whether something happens that does so in a share of the cases."""
        return self.random.random() < share

    def add(
        self, parent: Any, kind: str, text: str, state: bool, around: Any = None, apart: Any = None
    ) -> Any:
        """A control; `around` is its line, `apart` its label, where it does not hold them."""
        variable = tkinter.BooleanVar(self.look.root, state)
        usable = not self.chance(0.1)
        widget = self.look.control(parent, kind, text, variable, usable)
        self.watched.append(Watched(kind, widget, variable, around or widget, apart))
        return widget

    def other(self, parent: Any, kind: str = "", **packed: Any) -> None:
        """A widget of no two states."""
        makers = self.look.others()
        kind = kind or self.random.choice(sorted(makers))
        widget = makers[kind](parent)
        widget.pack(**packed)
        self.others.append((kind, widget))


def fill(page: Page) -> None:
    """A side bar at times, one or two columns of cards, buttons below."""
    outer = page.look.frame(page.look.root)
    outer.pack(fill="both", expand=True)
    if page.chance(0.25):
        add_side_bar(page, outer)
    main = page.look.frame(outer)
    main.pack(side="left", fill="both", expand=True, padx=page.random.choice([4, 12, 24]))
    if page.chance(0.4):
        page.look.label(main, words.title(page.random), 1.6, "bold").pack(anchor="w", pady=8)
    body = page.look.frame(main)
    body.pack(fill="both", expand=True)
    for _ in range(page.random.choice([1, 1, 2, 2, 3])):
        column = page.look.frame(body)
        column.pack(side="left", fill="both", expand=True, anchor="n", padx=page.gap)
        for _ in range(page.random.choice([1, 2, 2, 3])):
            page.random.choice([add_list, add_list, add_rows, add_rows, add_form, add_tabs])(
                page, column
            )
    if page.chance(0.6):
        bar = page.look.frame(main)
        bar.pack(fill="x", pady=8)
        for _ in range(page.random.randint(1, 3)):
            page.other(bar, "button", side="right", padx=4)


def add_side_bar(page: Page, parent: Any) -> None:
    """Buttons of pages, with a switch at the bottom at times."""
    bar = page.look.frame(parent, card=True)
    bar.pack(side="left", fill="y")
    page.look.label(bar, words.title(page.random), 1.4, "bold").pack(padx=16, pady=12)
    for _ in range(page.random.randint(2, 6)):
        page.other(bar, page.random.choice(["button", "iconlabel"]), fill="x", padx=12, pady=4)
    if page.chance(0.5):
        kind = page.random.choice(["switch", "check"])
        page.add(bar, kind, words.word(page.random), page.chance(0.5)).pack(
            side="bottom", padx=12, pady=12
        )


def add_card(page: Page, parent: Any) -> Any:
    """A frame, with a title and a sentence at times."""
    card = page.look.frame(parent, card=page.chance(0.6))
    card.pack(fill="x", pady=page.random.choice([2, 6, 10]), ipady=4)
    inner = page.look.frame(card)
    inner.pack(fill="both", expand=True, padx=page.random.choice([4, 10, 18]), pady=6)
    if page.chance(0.5):
        page.look.label(inner, words.title(page.random), 1.15, "bold").pack(anchor="w", pady=3)
        if page.chance(0.3):
            page.look.label(inner, words.sentence(page.random), 0.9).pack(anchor="w")
    return inner


def add_list(page: Page, parent: Any) -> None:
    """Controls of one kind with their labels, or a mix of controls and other widgets."""
    card = add_card(page, parent)
    kind, mixed = page.random.choice(page.kinds), page.chance(0.4)
    count = page.random.randint(2, 6)
    chosen = page.random.randrange(count)
    side = "left" if page.chance(0.1) else "top"
    for number in range(count):
        if mixed and page.chance(0.4):
            page.other(card, anchor="w", pady=page.gap + 2, side=side, padx=2)
            continue
        state = number == chosen if kind == "radio" and page.chance(0.7) else page.chance(0.5)
        widget = page.add(card, kind, words.label(page.random), state)
        widget.pack(anchor="w", pady=page.gap, side=side, padx=2)


def add_rows(page: Page, parent: Any) -> None:
    """Lines of settings: the label at one end, the control at the other."""
    card = add_card(page, parent)
    kind, leading = page.random.choice(page.kinds), page.chance(0.15)
    near, far = ("right", "left") if leading else ("left", "right")
    edge = page.random.choice([4, 4, 20])
    for _ in range(page.random.randint(2, 6)):
        line = page.look.frame(card)
        line.pack(fill="x", pady=page.gap)
        text = page.look.frame(line)
        title = page.look.label(text, words.label(page.random))
        title.pack(anchor="w")
        if page.chance(0.2):
            page.look.label(text, words.sentence(page.random), 0.85).pack(anchor="w")
        text.pack(side=near, padx=4)
        if page.chance(0.8):
            widget = page.add(line, kind, "", page.chance(0.5), around=line, apart=title)
            widget.pack(side=far, padx=edge)
        else:
            page.other(line, side=far, padx=edge)


def add_form(page: Page, parent: Any) -> None:
    """Fields under or behind their names, with controls between them."""
    card = add_card(page, parent)
    for _ in range(page.random.randint(2, 5)):
        line = page.look.frame(card)
        line.pack(fill="x", pady=page.gap + 1)
        if page.chance(0.4):
            kind = page.random.choice(page.kinds)
            page.add(line, kind, words.label(page.random), page.chance(0.5)).pack(side="left")
        else:
            page.look.label(line, words.word(page.random)).pack(side="left", padx=4)
        for _ in range(page.random.choice([1, 1, 2])):
            page.other(line, side="left", padx=4)


def add_tabs(page: Page, parent: Any) -> None:
    """Tabs with controls on the first."""
    titles = sorted({words.title(page.random) for _ in range(page.random.randint(2, 4))})
    book, inner = page.look.tabs(parent, titles)
    book.pack(fill="x", pady=6)
    for _ in range(page.random.randint(1, 4)):
        kind = page.random.choice(page.kinds)
        widget = page.add(inner, kind, words.label(page.random), page.chance(0.5))
        widget.pack(anchor="w", padx=8, pady=page.gap + 1)


def measure(page: Page) -> list[dict[str, Any]]:
    """All controls with their rectangles."""
    found: list[dict[str, Any]] = []
    for item in page.watched:
        state = bool(item.variable.get())
        if page.look.state(item.widget) != state:
            raise RuntimeError(f"a {item.kind} did not take its state")
        box = page.look.box(item.widget)
        if box is None:
            raise RuntimeError(f"a {item.kind} has no indicator")
        content = place(item.text) if item.text is not None else page.look.content(item.widget)
        found.append({"kind": item.kind, "state": int(state), "box": box, "content": content,
                      "row": place(item.around)})  # fmt: skip
    for kind, widget in page.others:
        found.append({"kind": kind, "state": 0, "box": place(widget), "content": place(widget)})
    return found


def picture(root: tkinter.Tk) -> Image.Image:
    """What the screen shows of a window once all is drawn."""
    root.update()
    width, height = min(root.winfo_width(), SIZE[0]), min(root.winfo_height(), SIZE[1])
    return grab(os.environ["DISPLAY"], width, height)


def answer(lines: list[str], folder: Path) -> dict[str, Any]:
    """Draw the window of a seed as it is, and with every control toggled."""
    page = Page(Random(int(lines[0])))
    root = page.look.root
    try:
        fill(page)
        root.tk.call("event", "generate", ".", "<Motion>", "-warp", 1, "-x", SIZE[0], "-y", SIZE[1])
        root.update()
        if page.watched:
            page.look.touch(page.random.choice(page.watched).widget)
        controls = measure(page)
        picture(root).save(folder / "window.png", compress_level=1)
        for item in page.watched:
            item.variable.set(not item.variable.get())
        picture(root).save(folder / "toggled.png", compress_level=1)
    finally:
        root.destroy()
    pictures = {name: str(folder / f"{name}.png") for name in ("window", "toggled")}
    return {"picture": pictures["window"], "toggled": pictures["toggled"], "controls": controls}


def answer_apart(lines: list[str], folder: Path) -> dict[str, Any]:
    """Answer in a process that ends with it; it is started while nothing reads the input.

    Where Tcl aborts, that raises BrokenProcessPool.
    """
    with ProcessPoolExecutor(1, multiprocessing.get_context("fork")) as pool:
        return pool.submit(answer, lines, folder).result()


if __name__ == "__main__":
    answer_forms(answer_apart, Path(sys.argv[1]))
