"""Draws windows of Slint for render/toolkits/slint.py.

A form is the seed of a window. Its source is written and compiled, and shown as it is and with all
states turned. The same source asks where its widgets stand; every style's marks are known.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import slint

from render.toolkits import words, xserver
from render.toolkits.foreign import answer_forms
from render.toolkits.form import draw_form
from render.toolkits.slint_screen import Screen, pause

KINDS = {"check": "CheckBox", "switch": "Switch"}
MARKS = {
    "fluent": {"check": (18, 18), "switch": (40, 20)},
    "material": {"check": (18, 18), "switch": (52, 32)},
    "cupertino": {"check": (14, 14), "switch": (26, 15)},
    "cosmic": {"check": (16, 16), "switch": (48, 24)},
}
"""Size of what is the control, at the left of its widget and in the middle of its height."""
ICONS = [
    "M11 4h2v7h7v2h-7v7h-2v-7H4v-2h7z", "M6 4l6 6 6-6 2 2-6 6 6 6-2 2-6-6-6 6-2-2 6-6-6-6z",
    "M3 5h18v2H3zm0 6h18v2H3zm0 6h18v2H3z", "M6 4l14 8-14 8z", "M6 4h4v16H6zm8 0h4v16h-4z",
    "M12 5l9 10-2 2-7-8-7 8-2-2z", "M2 5h7l2 3h11v12H2z", "M4 12h4v8H4zm6-8h4v16h-4zm6 5h4v11h-4z",
    "M10 3a7 7 0 1 0 0 14a7 7 0 0 0 0-14zm0 2a5 5 0 1 1 0 10a5 5 0 0 1 0-10zM15 16l6 6l1-1l-6-6z",
    "M12 2a10 10 0 1 0 0 20a10 10 0 0 0 0-20zm0 2a8 8 0 1 1 0 16a8 8 0 0 1 0-16z"
    "M11 7h2v2h-2zm0 4h2v6h-2z",
]  # fmt: skip
"""Outlines of pictures: plus, cross, menu, play, pause, up, folder, chart, search, information."""
WIDGETS = {
    "button": "Button {{ text: {text}; primary: {odd}; }}",
    "iconbutton": "Button {{ text: {short}; icon: {icon}; colorize-icon: true; }}",
    "iconlabel": "Image {{ source: {icon}; colorize: Palette.foreground; width: {side}px; }}",
    "entry": "LineEdit {{ text: {text}; width: {width}px; }}",
    "spinbox": "SpinBox {{ value: {number}; width: {width}px; }}",
    "combobox": "ComboBox {{ model: [{text}]; current-value: {text}; width: {width}px; }}",
    "slider": "Slider {{ value: {number}; maximum: 100; width: {width}px; }}",
    "progress": "ProgressIndicator {{ progress: {number}%; width: {width}px; }}",
    "text": "Text {{ text: {text}; }}",
    "link": "Text {{ text: {text}; color: Palette.accent-background; }}",
    "scrollbar": "Spinner {{ progress: 0.8 * {number}%; }}",
}
"""What stands for the widgets of forms; an open ring of progress is for the scroll bar."""
CARDS = ["", "background: Palette.alternate-background;", "background: Palette.background;",
         "border-color: Palette.border; border-width: 1px;"]  # fmt: skip
"""Looks of the ground under a group; all groups of a window have the same."""
NAMES = {"iconlabel": "icon", "scrollbar": "spinner"}
"""What those widgets are that are not what their name in forms says."""


class Page:
    """A window under construction: its looks, its source, and what stands on it.

    `end` is whether a setting's control is at the end of its line, `says` whether a sentence
    stands below its label.
    """

    def __init__(self, random: Random, folder: Path) -> None:
        self.random, self.folder = random, folder
        self.theme = random.choice(list(MARKS))
        dark = random.random() < 0.45
        self.style = f"{self.theme}-{'dark' if dark else 'light'}"
        self.scale = random.choice([1, 1, 1, 1.25, 1.5, 2])
        self.gap = random.choice([4, 6, 8, 8, 12, 16])
        self.width = random.choice([100, 140, 200])
        self.end = random.random() < 0.6
        self.says = random.random() < 0.3
        self.looks = []
        if random.random() < 0.6:
            size = random.choice([11, 12, 13, 15, 16, 18, 22])
            family = words.family(random)
            self.looks.append(f'default-font-family: "{family}"; default-font-size: {size}px;')
        if random.random() < 0.4:
            low, high = (0.05, 0.22) if dark else (0.82, 0.99)
            ground = words.color(random, low, high, random.uniform(0, 0.6))
            self.looks.append(f"background: {ground};")
        self.card = f"{random.choice(CARDS)} border-radius: {random.choice([0, 4, 8, 14])}px;"
        self.places: list[str] = []
        self.found: list[dict[str, Any]] = []
        self.ids = 0

    def named(self, element: str) -> tuple[str, str]:
        """An element's source with a new name, and the name."""
        self.ids += 1
        return f"e{self.ids} := {element}", f"e{self.ids}"

    def held(self, widget: str) -> tuple[str, str]:
        """A widget in a layout of its size, with a name: Slint counts a widget's offset twice."""
        return self.named(f"HorizontalLayout {{ {widget} }}")

    def place(self, name: str, height: str = "", width: str = "", top: str = "0px") -> int:
        """Ask for an element's rectangle, or for a part at its left; give the answer's number."""
        self.places += [f"{name}.absolute-position.x", f"{name}.absolute-position.y + {top}"]
        self.places += [width or f"{name}.width", height or f"{name}.height"]
        return len(self.places) // 4 - 1

    def control(self, kind: str, state: str, usable: str, text: str) -> tuple[str, dict[str, Any]]:
        """A control's source, and what is known of it."""
        checked = f"{('false', 'true')[int(state)]} != root.turned"
        source, widget = self.named(
            f"{KINDS[kind]} {{ text: {quoted(text)}; checked: {checked};"
            f" enabled: {('false', 'true')[int(usable)]}; width: self.preferred-width; }}"
        )
        source, name = self.held(source)
        wide, high = MARKS[self.theme][kind]
        box = self.place(name, f"{high}px", f"{wide}px", f"({name}.height - {high}px) / 2")
        content = self.place(name) if text else box
        item = {"kind": kind, "state": int(state), "box": box, "content": content, "widget": widget}
        self.found.append(item)
        return source, item

    def line(self, *parts: str, form: str = "", item: dict[str, Any] | None = None) -> str:
        """A line's source; it is the row of a control perhaps."""
        source, name = self.named(f"HorizontalLayout {{ spacing: 10px; {form} {' '.join(parts)} }}")
        if item:
            item["row"] = self.place(name)
        return source

    def labeled(self, kind: str, state: str, usable: str, text: str) -> str:
        """A control with Slint's own label."""
        source, item = self.control(kind, state, usable, text)
        return self.line(source, form="alignment: start;", item=item)

    def setting(self, kind: str, state: str, usable: str, text: str) -> str:
        """A control at one end of a line, its label at or from the other."""
        source, item = self.control(kind, state, usable, "")
        parts = [self.cell(text, item)]
        if self.says:
            small = f"Text {{ text: {quoted(words.sentence(self.random))}; opacity: 0.7; }}"
            parts.append(f"HorizontalLayout {{ {small} }}")
        said = f"VerticalLayout {{ alignment: center; spacing: 2px; {' '.join(parts)} }}"
        room = "Rectangle { horizontal-stretch: 1; }"
        return self.line(*((said, room, source) if self.end else (source, said, room)), item=item)

    def cell(self, text: str, item: dict[str, Any] | None = None) -> str:
        """A text of its own width, that of a control's label perhaps."""
        source, name = self.named(f"Text {{ text: {quoted(text)}; vertical-alignment: center; }}")
        if item:
            item["content"] = self.place(name)
        return f"HorizontalLayout {{ alignment: start; {source} }}"

    def other(self, kind: str, text: str, number: str = "0") -> str:
        """A widget of no two states."""
        odd = int(number) % 2
        source, name = self.held(
            WIDGETS[kind].format(
                text=quoted(text), number=number, width=self.width, odd=("false", "true")[odd],
                short='""' if odd else quoted(text), icon=self.icon(int(number)),
                side=self.random.choice([16, 20, 24]),
            )
        )  # fmt: skip
        self.note(NAMES.get(kind, kind), self.place(name))
        parts = [f"VerticalLayout {{ alignment: center; {source} }}"]
        if kind == "iconlabel":
            parts.append(self.cell(text))
        return self.line(*parts, form="alignment: start;")

    def note(self, kind: str, place: int) -> None:
        """Keep where a widget of no two states stands."""
        self.found.append({"kind": kind, "state": 0, "box": place, "content": place})

    def icon(self, number: int) -> str:
        """A picture in a file, as source."""
        file = self.folder / f"{number % len(ICONS)}.svg"
        path = f'<path fill-rule="evenodd" d="{ICONS[number % len(ICONS)]}"/>'
        file.write_text(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24">{path}</svg>')
        return f'@image-url("{file}")'

    def part(self, head: list[str], lines: list[list[str]]) -> str:
        """One group, list or widget with tabs of a form."""
        if head[0] == "list":
            return self.entries(head[2] == "1", lines)
        ways: dict[str, Callable[..., str]] = {"row": self.setting, "other": self.other}
        ways |= {kind: partial(self.labeled, kind) for kind in KINDS}
        rows = [ways[word](*values) for word, *values in lines]
        body, name = self.named(f"VerticalLayout {{ spacing: {self.gap}px; {' '.join(rows)} }}")
        if head[0] == "tabs":
            rest = " ".join(f"Tab {{ title: {quoted(title)}; }}" for title in head[2:])
            tabs, outer = self.held(
                f"TabWidget {{ Tab {{ title: {quoted(head[1])}; VerticalLayout {{"
                f" alignment: start; padding: 8px; {body} }} }} {rest} }}"
            )
            bar = self.place(outer, f"{name}.absolute-position.y - {outer}.absolute-position.y")
            self.note("tabs", bar)
            return tabs
        if head[1] and self.random.random() < 0.6:
            return f"GroupBox {{ title: {quoted(head[1])}; {body} }}"
        title = f"Text {{ text: {quoted(head[1])}; font-weight: 700; }}" if head[1] else ""
        inner = f"VerticalLayout {{ padding: 12px; spacing: 8px; {title} {body} }}"
        return f"Rectangle {{ {self.card} {inner} }}"

    def entries(self, checkable: bool, lines: list[list[str]]) -> str:
        """A list whose lines have check boxes, or a plain one."""
        if not checkable:
            model = ", ".join(f"{{ text: {quoted(line[2])} }}" for line in lines)
            size = f"width: 240px; height: {40 * len(lines)}px;"
            plain, name = self.held(f"StandardListView {{ model: [{model}]; {size} }}")
            self.note("list", self.place(name))
            return self.line(plain, form="alignment: start;")
        rows = []
        for number, (_, state, *texts) in enumerate(lines):
            source, item = self.control("check", state, "1", "")
            cells = [self.cell(texts[0], item), *(self.cell(text) for text in texts[1:])]
            line = self.line(source, *cells, form="padding: 6px;", item=item)
            shade = "Palette.alternate-background" if number % 2 else "transparent"
            rows.append(f"Rectangle {{ background: {shade}; {line} }}")
        border = "border-color: Palette.border; border-width: 1px;"
        return f"Rectangle {{ {border} VerticalLayout {{ padding: 1px; {' '.join(rows)} }} }}"

    def source(self, lines: list[str]) -> str:
        """The whole window of a form."""
        columns: list[list[tuple[list[str], list[list[str]]]]] = []
        for head, *values in (line.split("\t") for line in lines):
            if head in ("column", "buttons"):
                columns.append([([head, ""], [])])
            elif head in ("group", "tabs", "list"):
                columns[-1].append(([head, *values], []))
            else:
                columns[-1][-1][1].append([head, *values])
        *bodies, buttons = ([self.part(*part) for part in column if part[1]] for column in columns)
        tall = " ".join(
            f"VerticalLayout {{ alignment: start; spacing: 14px; {' '.join(parts)} }}"
            for parts in bodies
        )
        # Fluent draws the focus of a check box over its own edges
        kinds = ["switch"] if self.theme == "fluent" else list(KINDS)
        names = [item["widget"] for item in self.found if item["kind"] in kinds]
        focus = f"forward-focus: {names[0]};" if names and self.random.random() < 0.2 else ""
        return f"""
import {{ Button, CheckBox, ComboBox, GroupBox, LineEdit, Palette, ProgressIndicator, Slider,
    SpinBox, Spinner, StandardListView, Switch, TabWidget }} from "std-widgets.slint";
export component Page inherits Window {{
    in property <bool> turned;
    out property <[length]> places: [{", ".join(self.places)}];
    out property <[length]> size: [root.width, root.height];
    no-frame: true;
    {" ".join(self.looks)} {focus}
    VerticalLayout {{ padding: {self.gap + 4}px; spacing: 16px;
        HorizontalLayout {{ spacing: 20px; {tall} }}
        HorizontalLayout {{ {" ".join(buttons)} }}
    }}
}}
"""


def quoted(text: str) -> str:
    """A text as source."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def answer(screen: Screen, lines: list[str], folder: Path) -> dict[str, Any]:
    """Draw the window of a seed as it is, and with every control toggled."""
    random = Random(int(lines[0]))
    page = Page(random, folder)
    file = folder / "page.slint"
    kinds = random.choice([["check", "switch"], ["check", "switch"], ["check"], ["switch"]])
    file.write_text(page.source(draw_form(random, kinds)), encoding="utf-8")
    os.environ["SLINT_SCALE_FACTOR"] = str(page.scale)
    screen.point(*xserver.SIZE)
    window = slint.load_file(str(file), style=page.style).Page()
    window.show()
    pause()
    wide, high = (round(side * page.scale) for side in window.size)
    size = min(wide, xserver.SIZE[0]), min(high, xserver.SIZE[1])
    picture = screen.settled(size)
    controls = measured(page, list(window.places))
    marks = [item["box"] for item in controls if item["kind"] in KINDS]
    if marks and random.random() < 0.3:
        left, top, right, bottom = random.choice(marks)
        screen.point((left + right) / 2, (top + bottom) / 2)
        picture = screen.settled(size)
    window.turned = True
    paths = {name: str(folder / f"{name}.png") for name in ("picture", "toggled")}
    picture.save(paths["picture"], compress_level=1)
    screen.settled(size).save(paths["toggled"], compress_level=1)
    window.hide()
    screen.empty(size)
    return {**paths, "controls": controls}


def measured(page: Page, sides: list[float]) -> list[dict[str, Any]]:
    """What stands on a window, with its rectangles in pixels."""
    said = [side * page.scale for side in sides]
    boxes = [[x, y, x + wide, y + high] for x, y, wide, high in zip(*[iter(said)] * 4, strict=True)]
    return [
        {"kind": item["kind"], "state": item["state"]}
        | {name: boxes[item[name]] for name in ("box", "content", "row") if name in item}
        for item in page.found
    ]


if __name__ == "__main__":
    answer_forms(partial(answer, Screen()), Path(sys.argv[1]))
