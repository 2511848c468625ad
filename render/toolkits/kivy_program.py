"""Draws windows of Kivy for render/toolkits/kivy.py.

A form is the seed of a window. It is drawn into a framebuffer, so the window itself stays empty.
Kivy's check boxes and switches have a size of their own in the middle of their widgets; its fonts
know no script but Latin, and what they lack would look like an unchecked box.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

from kivy.clock import Clock
from kivy.core.window import Window
from kivy.graphics import Color, Rectangle, RoundedRectangle
from kivy.lang import Builder
from kivy.metrics import Metrics, dp, sp
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.button import Button
from kivy.uix.checkbox import CheckBox
from kivy.uix.image import Image as Picture
from kivy.uix.label import Label
from kivy.uix.progressbar import ProgressBar
from kivy.uix.slider import Slider
from kivy.uix.spinner import Spinner
from kivy.uix.switch import Switch
from kivy.uix.textinput import TextInput
from kivy.uix.widget import Widget
from kivy.utils import get_color_from_hex
from PIL import Image

from render.toolkits import words
from render.toolkits.foreign import answer_forms

KINDS = ["check", "check", "check", "radio", "radio", "radio", "switch", "switch"]
FONTS = ["Roboto", "Roboto", "Roboto", "data/fonts/DejaVuSans.ttf", "RobotoMono-Regular"]
ICONS = ["close", "audio-volume-high", "audio-volume-low", "audio-volume-muted", "overflow",
         "filechooser_file", "filechooser_folder", "media-playback-start", "media-playback-pause",
         "tree_closed", "tree_opened", "previous_normal"]  # fmt: skip
WIDTHS = {"check": 32, "radio": 32, "switch": 82}
"""Of a control's texture, in Kivy's sp."""
MARKS = {"check": (8, 8), "radio": (9, 9), "switch": (41, 13)}
"""Half of what the texture paints, around its middle."""
LAST_LATIN = "\u024f"


class Page:
    """A window under construction: colors, and what stands on it."""

    def __init__(self, random: Random) -> None:
        self.random = random
        Metrics.density = random.choice([0.75, 1, 1, 1, 1.25, 1.5, 2])
        ground = "#000000"
        if self.chance(0.7):
            low, high = random.choice([(0.05, 0.25), (0.05, 0.25), (0.3, 0.6), (0.75, 1)])
            ground = words.color(random, low, high, random.uniform(0, 0.6))
        dark = words.luminance(ground) < 140
        ink = "#ffffff" if dark else "#101010"
        self.ground, self.ink = get_color_from_hex(ground), get_color_from_hex(ink)
        card = words.mixed(ground, random.choice([ink, "#808080"]), random.uniform(0.05, 0.2))
        self.card = get_color_from_hex(card)
        self.tint = self.ink if not dark or self.chance(0.3) else [1, 1, 1, 1]
        if self.chance(0.3):
            low, high = (0.5, 0.85) if dark else (0.15, 0.4)
            self.tint = get_color_from_hex(words.color(random, low, high, random.uniform(0.4, 1)))
        self.button = [1, 1, 1, 1]
        if self.chance(0.5):
            color = words.color(random, 0.3, 0.7, random.uniform(0.2, 1))
            self.button = get_color_from_hex(color)
        self.font = random.choice(FONTS)
        self.size = random.choice([12, 14, 15, 15, 16, 18, 22])
        self.gap = dp(random.choice([0, 4, 8, 14]))
        self.height = dp(random.choice([32, 36, 40, 48]))
        self.radius = dp(random.choice([0, 0, 6, 14]))
        self.kinds = random.choice([KINDS, KINDS, ["check"], ["radio"], ["switch"]])
        self.controls: list[tuple[str, bool, Any, Any, Any]] = []  # kind, state, widget, text, line
        self.others: list[tuple[str, Any]] = []
        self.lines: list[Any] = []

    def chance(self, share: float) -> bool:
        """Whether something happens that does so in a share of the cases."""
        return self.random.random() < share

    def text(self, draw: Callable[[Random], str]) -> str:
        """A text in Latin letters."""
        return words.in_letters(self.random, draw, LAST_LATIN)

    def label(self, text: str, scale: float = 1, bold: bool = False) -> Any:
        """A label of its text's size."""
        size = f"{round(self.size * scale)}sp"
        label = Label(
            text=text, font_name=self.font, font_size=size, bold=bold, color=self.ink,
            size_hint=(None, None),
        )  # fmt: skip
        label.texture_update()
        label.size = (label.texture_size[0] + dp(4), label.texture_size[1] + dp(4))
        return label

    def box(self, parent: Any, orientation: str, **options: Any) -> Any:
        """A box as large as what it holds; one in a column is as wide as that."""
        box = BoxLayout(orientation=orientation, size_hint=(None, None), **options)
        box.bind(minimum_height=box.setter("height"))
        if orientation == "horizontal" and parent.orientation == "vertical":
            box.size_hint_x = 1
            self.lines.append(box)
        else:
            box.bind(minimum_width=box.setter("width"))
        parent.add_widget(box)
        return box

    def line(self, parent: Any) -> Any:
        """A line of a column."""
        line = self.box(parent, "horizontal", spacing=dp(8))
        line.add_widget(Widget(size_hint=(None, None), size=(0, self.height)))
        line.least = 0
        return line

    def control(self, kind: str, state: bool) -> Any:
        """A control in its state.

        A radio button has a group of its own, so that it can be off; a switch is never disabled,
        since it would show the words of both states.
        """
        disabled = self.chance(0.1)
        size = {"size_hint": (None, None), "size": (sp(WIDTHS[kind]), self.height)}
        if kind == "switch":
            return Switch(active=state, **size)
        group = f"group {len(self.controls)}" if kind == "radio" else None
        return CheckBox(active=state, disabled=disabled, group=group, color=self.tint, **size)

    def other(self, parent: Any) -> None:
        """A widget of no two states."""
        kind = self.random.choice(sorted(OTHERS))
        widget = OTHERS[kind](self)
        widget.size_hint = (None, None)
        if widget.width == 100 and kind not in ("text", "icon"):
            widget.size = (dp(self.random.choice([80, 120, 180])), self.height)
        widget.pos_hint = {"center_y": 0.5}
        parent.add_widget(widget)
        self.others.append((kind, widget))


OTHERS: dict[str, Callable[[Page], Any]] = {
    "button": lambda page: Button(
        text=page.text(words.word), font_name=page.font, background_color=page.button
    ),
    "spinner": lambda page: Spinner(text=page.text(words.word), background_color=page.button),
    "slider": lambda page: Slider(value=page.random.randint(0, 100), cursor_size=(dp(32), dp(32))),
    "progress": lambda page: ProgressBar(value=page.random.randint(0, 100)),
    "entry": lambda page: TextInput(
        text=page.text(words.entry) if page.chance(0.7) else "",
        hint_text=page.text(words.word),
        multiline=False,
        font_size="14sp",
    ),
    "text": lambda page: page.label(page.text(words.sentence)),
    "icon": lambda page: Picture(
        source=f"atlas://data/images/defaulttheme/{page.random.choice(ICONS)}",
        size=(page.height, page.height),
    ),
}


def fill(page: Page) -> Any:
    """Columns of cards; give what holds them."""
    pad = dp(page.random.choice([4, 10, 20]))
    root = BoxLayout(size_hint=(None, None), padding=pad, spacing=pad)
    root.bind(minimum_size=root.setter("size"))
    paint(root, page.ground)
    for _ in range(page.random.choice([1, 1, 2, 2, 3])):
        column = page.box(root, "vertical", spacing=pad, pos_hint={"top": 1})
        if page.chance(0.3):
            column.add_widget(page.label(page.text(words.title), 1.6, bold=True))
        for _ in range(page.random.choice([1, 2, 2, 3])):
            add_card(page, column)
    return root


def paint(box: Any, color: Any, radius: float = 0) -> None:
    """Lay a color under a box."""
    with box.canvas.before:
        Color(rgba=color)
        shape = RoundedRectangle(radius=[radius]) if radius else Rectangle()
    box.bind(pos=lambda _, pos: setattr(shape, "pos", pos))
    box.bind(size=lambda _, size: setattr(shape, "size", size))


def add_card(page: Page, column: Any) -> None:
    """A title at times, and lines of one kind in one form."""
    card = page.box(column, "vertical", padding=dp(8), spacing=page.gap)
    if page.chance(0.6):
        paint(card, page.card, page.radius)
    if page.chance(0.5):
        card.add_widget(page.label(page.text(words.title), 1.2, bold=True))
    kind, count = page.random.choice(page.kinds), page.random.randint(2, 6)
    form = page.random.choice([add_labeled, add_labeled, add_setting, add_setting, add_cells])
    chosen = page.random.randrange(count)
    for number in range(count):
        line = page.line(card)
        if page.chance(0.25):
            page.other(line)
            if page.chance(0.3):
                page.other(line)
            continue
        single = kind == "radio" and page.chance(0.7)
        state = number == chosen if single else page.chance(0.5)
        widget, text = page.control(kind, state), page.label(page.text(words.label))
        text.pos_hint = widget.pos_hint = {"center_y": 0.5}
        form(line, widget, text)
        page.controls.append((kind, state, widget, text, line))


def add_labeled(line: Any, widget: Any, text: Any) -> None:
    """A control with its label behind it."""
    line.add_widget(widget)
    line.add_widget(text)


def add_setting(line: Any, widget: Any, text: Any) -> None:
    """The label at one end, the control at the other."""
    line.add_widget(text)
    line.add_widget(Widget())
    line.add_widget(widget)


def add_cells(line: Any, widget: Any, text: Any) -> None:
    """Two cells with label and control in the middle of them, as Kivy's grids have it."""
    for cell in (text, widget):
        cell.size_hint_x = 0.5
        line.add_widget(cell)
    line.least = 2 * max(text.width, widget.width) + dp(16)


def settle() -> None:
    """Let layouts, rules and textures follow what was set."""
    for _ in range(6):
        Clock.tick()
        Builder.sync()
        Clock.tick_draw()
        Builder.sync()


def lay_out(page: Page, root: Any) -> None:
    """Make columns as wide as their widest line."""
    settle()
    for _ in range(2):
        for line in page.lines:
            column = line.parent
            left, _, right, _ = column.padding
            need = max(line.minimum_width, line.least) + left + right
            column.width = max(column.minimum_width, column.width, need)
            column.unbind(minimum_width=column.setter("width"))
        settle()
    root.pos = (0, 0)
    settle()


def around(widget: Any, half: tuple[float, float], root: Any) -> list[float]:
    """A rectangle around the middle of a widget; Kivy counts from the bottom."""
    x, y = int(widget.center_x - half[0]), int(widget.center_y - half[1])
    return [x, root.height - y - 2 * half[1], x + 2 * half[0], root.height - y]


def place(widget: Any, root: Any) -> list[float]:
    """The rectangle of a widget."""
    return [widget.x, root.height - widget.top, widget.right, root.height - widget.y]


def measure(page: Page, root: Any) -> list[dict[str, Any]]:
    """All controls with their rectangles."""
    found: list[dict[str, Any]] = []
    for kind, state, widget, text, line in page.controls:
        if widget.active != state:
            raise RuntimeError(f"a {kind} did not take its state")
        box = around(widget, (sp(MARKS[kind][0]), sp(MARKS[kind][1])), root)
        half = text.texture_size[0] / 2, text.texture_size[1] / 2
        found.append({"kind": kind, "state": int(state), "box": box,
                      "content": around(text, half, root), "row": place(line, root)})  # fmt: skip
    for kind, widget in page.others:
        found.append({"kind": kind, "state": 0, "box": place(widget, root),
                      "content": place(widget, root)})  # fmt: skip
    return found


def save(root: Any, path: Path) -> str:
    """Write what a box shows."""
    texture = root.export_as_image().texture
    picture = Image.frombytes("RGBA", texture.size, texture.pixels).convert("RGB")
    picture.save(path, compress_level=1)
    return str(path)


def answer(lines: list[str], folder: Path) -> dict[str, Any]:
    """Draw the window of a seed as it is, and with every control toggled."""
    page = Page(Random(int(lines[0])))
    root = fill(page)
    lay_out(page, root)
    picture, controls = save(root, folder / "window.png"), measure(page, root)
    for _, state, widget, _, _ in page.controls:
        widget.active = not state
    settle()
    return {"picture": picture, "toggled": save(root, folder / "toggled.png"), "controls": controls}


if __name__ == "__main__":
    if Window is None:
        raise SystemExit("OpenGL is missing: Kivy opens no window")
    Window.hide()
    answer_forms(answer, Path(sys.argv[1]))
