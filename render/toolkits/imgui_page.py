"""A screen of Dear ImGui for imgui_program.py: its controls and other widgets, drawn and noted.

A control is drawn without its label, with the text behind it, which paints the same pixels: what
it adds to the vertices is the control alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from random import Random
from typing import Any

import numpy as np
from imgui_bundle import imgui, imgui_toggle

from render.cutting import Box
from render.toolkits import words
from render.toolkits.foreign import joined
from render.toolkits.imgui_looks import color, set_colors, set_font, toggle_config

SIZE = (2400, 1800)
SMOOTH = 0.55
"""Pixels that smooth edges reach beyond what they show; those of circles reach a bit more."""
KINDS = ["check", "check", "check", "check", "radio", "radio", "switch"]


class Page:
    """A screen under construction: what all of its frames have in common, and the last one."""

    def __init__(self, seed: str) -> None:
        self.seed, random = seed, Random(f"look {seed}")
        set_colors(random)
        self.scale, self.last_letter = set_font(random)
        self.toggle = toggle_config(random, self.scale)
        self.kinds = random.choice([KINDS, KINDS, KINDS, ["check"], ["radio"], ["switch"]])
        self.turned = False
        self.sizes: dict[int, Any] = {}
        self.extent = SIZE
        self.begin()

    def begin(self) -> None:
        """Forget the last frame."""
        self.random = Random(self.seed)
        self.controls: list[dict[str, Any]] = []
        self.names = 0

    def chance(self, share: float) -> bool:
        """Whether something happens that does so in a share of the cases."""
        return self.random.random() < share

    def text(self, draw: Callable[[Random], str]) -> str:
        """A text in letters that the font has."""
        return words.in_letters(self.random, draw, self.last_letter)

    def name(self, draw: Callable[[Random], str] | None = None) -> str:
        """A text with a name behind it that no other widget has; ImGui does not show the name."""
        self.names += 1
        return f"{self.text(draw) if draw else ''}##{self.names}"

    def width(self, least: int, most: int) -> float:
        """So many letters wide."""
        return imgui.get_font_size() * self.random.randint(least, most)

    def states(self, least: int = 2, most: int = 6) -> tuple[str, list[bool]]:
        """A kind of controls and the states of some; of radio buttons mostly one is chosen."""
        kind, count = self.random.choice(self.kinds), self.random.randint(least, most)
        if kind == "radio" and self.chance(0.7):
            chosen = self.random.randrange(count)
            return kind, [number == chosen for number in range(count)]
        return kind, [self.chance(0.5) for _ in range(count)]

    def note(self, kind: str, box: Box | None = None, **more: Any) -> None:
        """Note a widget of no two states: the last one, or what lies in a box."""
        box = box or rectangle()
        self.controls.append({"kind": kind, "state": 0, "box": box, "content": box, **more})

    def label(self) -> Box:
        """A text in line with what stands beside it; give the rectangle of what shows of it."""
        imgui.align_text_to_frame_padding()
        imgui.text_unformatted(self.text(words.label))
        left, top, right, bottom = rectangle()
        return left, top, min(right, imgui.get_window_draw_list().get_clip_rect_max().x), bottom

    def control(self, kind: str, state: bool) -> dict[str, Any]:
        """Draw a control and note it if it is in sight; its content is for now itself alone."""
        shown, first = state != self.turned, imgui.get_window_draw_list().vtx_buffer.size()
        if kind == "check":
            imgui.checkbox(self.name(), shown)
        elif kind == "radio":
            imgui.radio_button(self.name(), shown)
        else:
            imgui_toggle.toggle(self.name(), shown, self.toggle)
        box = painted(first)
        found = {"kind": kind, "state": int(state), "box": box, "content": box}
        if box[2]:
            self.controls.append(found)
        return found

    def labeled(self, kind: str, state: bool) -> None:
        """Draw a control with its label behind it, at times disabled."""
        imgui.begin_disabled(self.chance(0.08))
        found = self.control(kind, state)
        imgui.same_line(0, imgui.get_style().item_inner_spacing.x)
        found["content"] = joined(found["box"], self.label())
        imgui.end_disabled()

    def other(self, kinds: Iterable[str], width: float) -> None:
        """Draw a widget of no two states; a width of -1 fills what there is."""
        kind = self.random.choice(sorted(kinds))
        imgui.set_next_item_width(width)
        OTHERS[kind](self)
        self.note(kind)


def rectangle() -> Box:
    """That of the last widget."""
    low, high = imgui.get_item_rect_min(), imgui.get_item_rect_max()
    return low.x, low.y, high.x, high.y


def painted(first: int) -> Box:
    """What is painted since a number of vertices."""
    vertices = imgui.get_window_draw_list().vtx_buffer
    points = [vertices[number].pos for number in range(first, vertices.size())]
    if not points:  # out of sight, as all is while a window's size is unknown
        return 0, 0, 0, 0
    across, down = [point.x for point in points], [point.y for point in points]
    left, top = (math.floor(min(sides) + SMOOTH) for sides in (across, down))
    right, bottom = (math.ceil(max(sides) - SMOOTH) for sides in (across, down))
    return left, top, right, bottom


def draw_color(page: Page) -> None:
    """A color, in a shape that no check box has: a square one looks the same."""
    imgui.color_button(page.name(), color(page.random), size=(page.width(3, 6), 0))


def draw_plot(page: Page) -> None:
    """A line or bars over time."""
    draw = page.random.choice([imgui.plot_lines, imgui.plot_histogram])
    draw(page.name(), np.array([page.random.random() for _ in range(20)], np.float32))


def draw_selectable(page: Page) -> None:
    """A line of a list, chosen or not."""
    imgui.selectable(page.name(words.entry), page.chance(0.4), size=(page.width(8, 12), 0))


OTHERS: dict[str, Callable[[Page], Any]] = {
    "arrow": lambda page: imgui.arrow_button(page.name(), imgui.Dir(page.random.randrange(4))),
    "bullet": lambda page: imgui.bullet_text(page.text(words.entry)),
    "button": lambda page: imgui.button(page.name(words.word)),
    "color": draw_color,
    "colors": lambda page: imgui.color_edit4(page.name(), color(page.random)),
    "combo": lambda page: imgui.combo(page.name(), 0, [page.text(words.entry)]),
    "drag": lambda page: imgui.drag_float(page.name(), page.random.random()),
    "entry": lambda page: imgui.input_text(page.name(), page.text(words.entry)),
    "link": lambda page: imgui.text_link(page.name(words.word)),
    "plot": draw_plot,
    "progress": lambda page: imgui.progress_bar(page.random.random(), (page.width(8, 12), 0)),
    "selectable": draw_selectable,
    "slider": lambda page: imgui.slider_float(page.name(), page.random.random(), 0, 1),
    "smallbutton": lambda page: imgui.small_button(page.name(words.word)),
    "text": lambda page: imgui.text_unformatted(page.text(words.sentence)),
}
