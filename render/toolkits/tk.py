"""Windows of Tk programs: classic widgets and ttk with its themes.

Needs Python's tkinter, ttkthemes and Xvfb (`apt install xvfb`, `pip install ttkthemes`). States are
read from the widgets' variables, rectangles from ttk's `identify`. Classic Tk tells no place of its
indicators: it is where pixels change with the option `selectcolor`, which fills them.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import Any

import numpy as np
from PIL import Image

from checkstate.core.errors import UserError
from render.cutting import Box, Control
from render.toolkits import words, xserver
from render.toolkits.pixels import Drawn, changed, clear_window, enlarged, told_apart

try:
    import tkinter
    from tkinter import font as tkfont
    from tkinter import ttk
except ImportError as error:
    raise UserError("tkinter is missing: `apt install python3-tk`, or a Python with Tk") from error
try:
    import ttkthemes
except ImportError as error:
    raise UserError("ttkthemes is missing: `pip install ttkthemes`") from error

PLAIN = ["clam", "alt", "default", "classic"]
"""Themes whose colors and sizes can be set; the others are pictures."""
TRISTATE_GRAY = 163
"""Gray level of the tick in a classic box of which a part is chosen, on the window's ground."""
PARTLY = 0.25
"""Share of the check boxes of which a part is chosen, where that is drawn."""
BITMAPS = ["error", "gray50", "hourglass", "info", "questhead", "question", "warning"]


def window(random: Random) -> tuple[Image.Image, list[Control]]:
    """Draw one window; give its picture and what stands on it."""
    xserver.display()
    picture, controls = clear_window(partial(draw, random))
    return enlarged(picture, controls, random.choice([1] * 8 + [1.25, 1.5, 2]))


def draw(random: Random) -> Drawn:
    """Draw one window; what Tk holds is freed here, as in another thread Tcl would abort."""
    gc.disable()
    try:
        return drawn(random)
    finally:
        gc.collect()
        gc.enable()


def drawn(random: Random) -> Drawn:
    """Draw one window in a Tk of its own."""
    page = Page(random)
    try:
        fill(page)
        return page.shoot()
    finally:
        page.root.destroy()


@dataclass(frozen=True)
class Watched:
    """A control with its variable; `around` is the line that holds it, `text` a label apart."""

    kind: str
    widget: Any
    variable: Any
    around: Any
    text: Any = None


class Page:
    """A window under construction, in an interpreter of its own, so that no setting stays."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.root = tkinter.Tk()
        self.root.overrideredirect(True)
        self.root.geometry("+0+0")
        self.modern = random.random() < 0.6
        size = random.choice([9, 10, 11, 12, 12, 13, 14, 15, 16, 18, 20, 22, 24])
        self.font = tkfont.Font(self.root, family=words.family(random), size=-size)
        if random.random() < 0.12:
            self.font.configure(weight="bold")
        self.watched: list[Watched] = []
        self.others: list[Callable[[], Iterator[Control]]] = []
        self.kept: list[Any] = []
        dress_classic(self)
        dress_ttk(self)
        self.partly = draws_part(self)
        maker = ttk.Frame if self.modern else tkinter.Frame
        self.frame = maker(self.root)
        self.frame.pack(fill="both", expand=True)

    def chance(self, share: float) -> bool:
        """Whether something happens that does so in a share of the cases."""
        return bool(self.random.random() < share)

    def make(self, name: str, parent: Any, **options: Any) -> Any:
        """A widget of the page's family; both families use the same names for these."""
        return getattr(ttk if self.modern else tkinter, name)(parent, **options)

    def shoot(self) -> Drawn:
        """Lay out, measure, and draw once more with every control toggled to see the marks."""
        self.root.update()
        width, height = self.root.winfo_width(), self.root.winfo_height()
        boxes = classic_boxes(self, width, height)
        boxes |= {item.widget: ttk_box(item.widget) for item in self.watched if self.modern}
        touch(self)
        picture = self.picture(width, height)
        states = [bool(item.variable.get()) for item in self.watched]
        for item, state in zip(self.watched, states, strict=True):
            item.variable.set(not state)
        toggled = self.picture(width, height)
        controls = [control for measure in self.others for control in measure()]
        clear = True
        for item, state in zip(self.watched, states, strict=True):
            box = boxes[item.widget]
            if box and told_apart(picture, toggled, box):
                box = drawn_part(picture, box) if self.modern else box
                controls.append(measured(item, state, box))
            else:
                clear = False
        seen = [c for c in controls if c.content[2] <= width and c.content[3] <= height]
        return picture, seen, clear

    def picture(self, width: int, height: int) -> Image.Image:
        """What the screen shows once all is drawn."""
        self.root.update()
        return xserver.grab(xserver.display(), width, height)


def dress_classic(page: Page) -> None:
    """Set the defaults of classic widgets, at times with colors of a program's own."""
    random, root = page.random, page.root
    ground = random.choice(["#d9d9d9", "#d9d9d9", "#f0f0f0", "#ffffff", "#c0c0c0", "#2b2b2b"])
    if page.chance(0.3):
        ground = words.color(random, 0.15, 0.95, random.uniform(0.1, 0.8))
    dark = words.luminance(ground) < 128
    ink = random.choice(["#ffffff", "#e0e0e0"] if dark else ["#000000", "#000000", "#202040"])
    field = words.mixed(ground, "#000000" if dark else "#ffffff", random.choice([0.3, 1.0]))
    for name, value in {
        "background": ground,
        "foreground": ink,
        "selectColor": field,
        "activeBackground": words.mixed(ground, ink, 0.1),
        "activeForeground": ink,
        "highlightBackground": ground,
        "font": page.font,
    }.items():
        root.option_add(f"*{name}", value)
    root.option_add("*Entry.background", field)
    root.option_add("*Listbox.background", field)
    if page.chance(0.3):
        root.option_add("*highlightThickness", random.choice([0, 2]))
    root.configure(background=ground)


def dress_ttk(page: Page) -> None:
    """Choose a theme; the plain ones get other colors and indicator sizes at times."""
    random = page.random
    style = ttkthemes.ThemedStyle(page.root)
    pictured = sorted(set(style.theme_names()) - set(PLAIN))
    theme = random.choice(random.choice([PLAIN, pictured]))
    style.theme_use(theme)
    style.configure(".", font=page.font)
    if theme in PLAIN and page.chance(0.5):
        ground = words.color(random, 0.15, 0.95, random.uniform(0.0, 0.5))
        ink = "#ffffff" if words.luminance(ground) < 128 else "#000000"
        style.configure(".", background=ground, foreground=ink)
        style.map(".", background=[("active", words.mixed(ground, ink, 0.1))])
        style.configure("Treeview", foreground="#000000")  # a list stays white
    if theme in PLAIN and page.chance(0.5):
        for name in ("TCheckbutton", "TRadiobutton"):
            style.configure(name, indicatorsize=random.choice([8, 10, 12, 16, 20, 26]))
    height = page.font.metrics("linespace") + 4
    style.configure("Treeview", font=page.font, rowheight=height)


def draws_part(page: Page) -> bool:
    """Whether a box of which a part is chosen shows a mark that is seen.

    That is a gray tick of classic Tk; ttk's plain themes fill the box, as others do an empty one.
    """
    if page.modern:
        return False
    return abs(words.luminance(str(page.root["background"])) - TRISTATE_GRAY) >= 50


def touch(page: Page) -> None:
    """Let one control have the focus, another the pointer over it."""
    for item in page.random.sample(page.watched, min(2, len(page.watched))):
        if page.modern:
            item.widget.state([page.random.choice(["focus", "active"])])
        elif page.chance(0.5):
            item.widget.focus_force()
        elif str(item.widget["state"]) == "normal":
            item.widget["state"] = "active"


def place(widget: Any) -> Box:
    """The rectangle of a widget; the window stands in the screen's corner."""
    left, top = widget.winfo_rootx(), widget.winfo_rooty()
    return left, top, left + widget.winfo_width(), top + widget.winfo_height()


def classic_boxes(page: Page, width: int, height: int) -> dict[Any, Box | None]:
    """Where classic widgets draw their indicators: what `selectcolor` fills, and its edge."""
    widgets = [] if page.modern else [item.widget for item in page.watched]
    names = ("selectcolor", "state", "tristatevalue")
    before = [{name: str(widget[name]) for name in names} for widget in widgets]
    pictures = []
    for color in ("#ff00ff", "#00ff00"):
        for widget in widgets:
            widget.configure(selectcolor=color, state="normal", tristatevalue="")
        pictures.append(page.picture(width, height) if widgets else Image.new("RGB", (1, 1)))
    for widget, options in zip(widgets, before, strict=True):
        widget.configure(**options)
    boxes: dict[Any, Box | None] = {}
    for widget in widgets:
        found = changed(pictures[0], pictures[1], place(widget))
        boxes[widget] = found and (found[0] - 2, found[1] - 2, found[2] + 2, found[3] + 2)
    return boxes


def ttk_box(widget: Any) -> Box | None:
    """Where a ttk widget says that its indicator is."""
    left, top, right, bottom = place(widget)
    found = [
        (x, y)
        for x in range(min(80, round(right - left)))
        for y in range(round(bottom - top))
        if str(widget.identify(x, y)).endswith("indicator")
    ]
    if not found:
        return None
    across, down = [x for x, _ in found], [y for _, y in found]
    return left + min(across), top + min(down), left + max(across) + 1, top + max(down) + 1


def drawn_part(picture: Image.Image, box: Box) -> Box:
    """What is no ground in the place of a ttk indicator: many themes keep a margin within it."""
    left, top, right, bottom = (round(side) for side in box)
    area = picture.crop((left - 1, top - 1, right + 1, bottom + 1))
    pixels = np.asarray(area, dtype=np.int16)
    edge = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    colors, counts = np.unique(edge, axis=0, return_counts=True)
    drawn = np.abs(pixels[1:-1, 1:-1] - colors[counts.argmax()]).max(axis=2) >= 8
    if not drawn.any():
        return box
    across, down = (np.flatnonzero(drawn.any(axis=axis)).tolist() for axis in (0, 1))
    return left + across[0], top + down[0], left + across[-1] + 1, top + down[-1] + 1


def measured(item: Watched, state: bool, box: Box) -> Control:
    """A control with the part of its widget that has something on it, and its line."""
    left, top, right, bottom = place(item.widget)
    content = (left, top, min(right, left + item.widget.winfo_reqwidth()), bottom)
    if item.text is not None:
        near = place(item.text)
        content = (
            min(near[0], box[0]),
            min(near[1], box[1]),
            max(near[2], box[2]),
            max(near[3], box[3]),
        )
    content = (
        min(content[0], box[0]),
        min(content[1], box[1]),
        max(content[2], box[2]),
        max(content[3], box[3]),
    )
    label = "checked" if state else "unchecked"
    return Control(item.kind, label, box, content, place(item.around))


def fill(page: Page) -> None:
    """One to three columns of groups, lines and lists; buttons at the bottom."""
    blocks = [add_group, add_group, add_group, add_rows, add_list, add_tabs]
    body = page.make("Frame", page.frame)
    body.pack(fill="both", expand=True, padx=page.random.choice([0, 4, 12]))
    for _ in range(page.random.choice([1, 2, 2, 3])):
        column = page.make("Frame", body)
        column.pack(side="left", fill="both", expand=True, anchor="n")
        for _ in range(page.random.choice([1, 2, 3])):
            page.random.choice(blocks)(page, column)
    if page.chance(0.6):
        bar = page.make("Frame", page.frame)
        bar.pack(fill="x", pady=page.random.choice([2, 8]))
        for _ in range(page.random.randint(1, 3)):
            add_other(page, bar, button, side="right")


def add_group(page: Page, parent: Any) -> None:
    """A frame with a title, or without one, and controls and other widgets in it."""
    if page.chance(0.7):
        group = page.make("LabelFrame", parent, text=words.title(page.random))
    else:
        group = page.make("Frame", parent)
    group.pack(fill="x", padx=page.random.choice([0, 4, 10]), pady=page.random.choice([0, 3, 8]))
    gap = page.random.choice([0, 0, 2, 6])
    for _ in range(page.random.randint(1, 6)):
        if page.chance(0.7):
            widget = add_control(page, group, words.label(page.random))
            widget.pack(fill="x", pady=gap, padx=2)
        else:
            add_other(page, group, page.random.choice(OTHERS), anchor="w", pady=gap, padx=4)


def add_control(page: Page, parent: Any, text: str, around: Any = None, apart: Any = None) -> Any:
    """A check button or a radio button in a random state; partly chosen counts as checked."""
    kind, name = page.random.choice([("checkbox", "Checkbutton")] * 2 + [("radio", "Radiobutton")])
    variable = tkinter.BooleanVar(page.root, page.chance(0.5))
    options: dict[str, Any] = {"text": text, "variable": variable}
    if kind == "radio":
        options["value"] = True
    if not page.modern:
        options["anchor"] = "w"
    if page.chance(0.1):
        options["state"] = "disabled"
    usable = "state" not in options
    partly = kind == "checkbox" and usable and page.partly and page.chance(PARTLY)
    if partly:
        variable.set(True)
        options |= {"onvalue": "all", "tristatevalue": True}
    widget = page.make(name, parent, **options)
    page.watched.append(Watched(kind, widget, variable, around or widget, apart))
    return widget


def add_rows(page: Page, parent: Any) -> None:
    """Lines of settings: the label at one end, the control at the other."""
    for _ in range(page.random.randint(2, 5)):
        line = page.make("Frame", parent)
        line.pack(fill="x", pady=page.random.choice([0, 2, 5]))
        text = page.make("Label", line, text=words.label(page.random))
        text.pack(side="left", padx=4)
        if page.chance(0.8):
            control = add_control(page, line, "", line, text)
            control.pack(side="right", padx=4)
        else:
            add_other(page, line, page.random.choice(OTHERS), side="right")


def add_list(page: Page, parent: Any) -> None:
    """A list with a handle before what has children, or with box characters as states."""
    columns = page.random.choice([(), ("size",), ("size", "date")])
    boxed = page.chance(0.6)
    count = page.random.randint(3, 8)
    view = ttk.Treeview(parent, columns=columns, height=count + 1, show="tree headings")
    view.heading("#0", text=words.title(page.random))
    view.column("#0", width=page.random.choice([200, 260, 340]))
    for column in columns:
        view.heading(column, text=words.title(page.random))
        view.column(column, width=110)
    view.pack(fill="x", padx=4, pady=4)
    marks = page.random.choice([("☑", "☐"), ("☒", "☐"), ("[x]", "[ ]"), ("(*)", "( )"), ("◉", "○")])
    rows, parent_row = [], ""
    for _ in range(count):
        state = page.chance(0.5) if boxed else None
        text = words.entry(page.random)
        before = "" if state is None else marks[0 if state else 1] + " "
        values = [words.entry(page.random) for _ in columns]
        row = view.insert(parent_row, "end", text=before + text, values=values, open=True)
        rows.append((row, state, before, text))
        parent_row = row if page.chance(0.3) else ""
    page.others.append(lambda: measure_list(page, view, rows, "◉" in marks or "(*)" in marks))


def measure_list(page: Page, view: Any, rows: list[Any], round_: bool) -> Iterator[Control]:
    """Lines of a list: text stands where `identify` finds it, characters have the font's widths."""
    x, y = view.winfo_rootx(), view.winfo_rooty()
    for row, state, before, text in rows:
        area = view.bbox(row)
        if not area:
            continue
        left, top, width, height = area
        names = [str(view.identify_element(left + i, top + height // 2)) for i in range(width)]
        found = [i for i, name in enumerate(names) if name.endswith("text")]
        start = left + (found[0] if found else 0)
        end = min(start + page.font.measure(before + text), left + width)
        line = (x, y + top, x + view.winfo_width(), y + top + height)
        content = (x + start, y + top, x + end, y + top + height)
        if state is None:
            yield Control("item", "other", content, content, line)
        else:
            mark = page.font.measure(before.strip())
            box = (x + start, y + top, x + start + mark, y + top + height)
            label = "checked" if state else "unchecked"
            yield Control("radio" if round_ else "checkbox", label, box, content, line)
        handle = [i for i, name in enumerate(names) if name.endswith("indicator")]
        if handle and view.get_children(row):
            edges = (x + left + handle[0], x + left + handle[-1] + 1)
            place_ = (edges[0], y + top, edges[1], y + top + height)
            yield Control("treehandle", "other", place_, place_, None)


def add_tabs(page: Page, parent: Any) -> None:
    """Tabs over a few controls."""
    book = ttk.Notebook(parent)
    inner = page.make("Frame", book)
    book.add(inner, text=words.title(page.random))
    for _ in range(page.random.randint(1, 2)):
        book.add(ttk.Frame(book), text=words.title(page.random))
    book.pack(fill="x", padx=4, pady=4)
    for _ in range(page.random.randint(1, 4)):
        add_control(page, inner, words.label(page.random)).pack(fill="x")


def add_other(page: Page, parent: Any, make: Callable[[Page, Any], Any], **packed: Any) -> None:
    """A widget that is no control of two states."""
    widget = make(page, parent)
    if make is scroll_bar:
        packed["ipadx"] = 40  # it has no length of its own
    widget.pack(**packed)

    def measure() -> Iterator[Control]:
        yield Control(make.__name__.replace("_", ""), "other", place(widget), place(widget), None)

    page.others.append(measure)


def button(page: Page, parent: Any) -> Any:
    """A push button."""
    text = words.word(page.random)
    return page.make("Button", parent, text="✓ " + text if page.chance(0.08) else text)


def icon_button(page: Page, parent: Any) -> Any:
    """A button with a bitmap or a symbol."""
    if page.modern:
        return ttk.Button(parent, text=words.pictogram(page.random), width=3)
    return tkinter.Button(parent, bitmap=page.random.choice(BITMAPS))


def icon_label(page: Page, parent: Any) -> Any:
    """A bitmap or a symbol before a text."""
    text = words.word(page.random)
    if page.chance(0.5):
        return page.make("Label", parent, text=f"{words.pictogram(page.random)} {text}")
    bitmap = page.random.choice(BITMAPS)
    return tkinter.Label(parent, bitmap=bitmap, text=f" {text}", compound="left")


def text_label(page: Page, parent: Any) -> Any:
    """Plain text."""
    return page.make("Label", parent, text=words.sentence(page.random))


def entry(page: Page, parent: Any) -> Any:
    """A field, empty or with text."""
    widget = page.make("Entry", parent, width=page.random.choice([8, 12, 20]), font=page.font)
    if page.chance(0.6):
        widget.insert(0, words.entry(page.random))
    return widget


def spin_box(page: Page, parent: Any) -> Any:
    """A number with arrows."""
    widget = page.make("Spinbox", parent, from_=0, to=9999, width=page.random.choice([3, 6]))
    widget.insert(0, page.random.choice(["1", "64", "8080"]))
    return widget


def combo_box(page: Page, parent: Any) -> Any:
    """A closed list of choices."""
    widget = ttk.Combobox(parent, values=["a"], width=14, font=page.font)
    widget.set(words.entry(page.random))
    return widget


def scale(page: Page, parent: Any) -> Any:
    """A horizontal slider."""
    widget = page.make("Scale", parent, orient="horizontal", from_=0, to=100)
    widget.set(page.random.randint(0, 100))
    return widget


def progress_bar(page: Page, parent: Any) -> Any:
    """A bar that is partly full."""
    return ttk.Progressbar(parent, value=page.random.randint(0, 100), length=120)


def scroll_bar(page: Page, parent: Any) -> Any:
    """A horizontal scroll bar."""
    widget = page.make("Scrollbar", parent, orient="horizontal")
    start = page.random.uniform(0, 0.6)
    widget.set(start, start + 0.3)
    return widget


def menu_button(page: Page, parent: Any) -> Any:
    """A button that opens a menu."""
    if page.modern:
        return ttk.Menubutton(parent, text=words.word(page.random))
    variable = tkinter.StringVar(page.root, words.word(page.random))
    page.kept.append(variable)
    return tkinter.OptionMenu(parent, variable, "a", "b")


OTHERS: list[Callable[[Page, Any], Any]] = [
    *(button, button, icon_button, icon_label, icon_label, icon_label, text_label, entry),
    *(spin_box, spin_box, combo_box, scale, progress_bar, scroll_bar, menu_button),
]
