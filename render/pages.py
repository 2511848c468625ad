"""What stands on a page of a library: theme, layout and cells, drawn from a seeded generator."""

from __future__ import annotations

import colorsys
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any, TypeVar

import yaml
from jinja2 import Environment, FileSystemLoader, select_autoescape

from render.cutting import OTHER

HERE = Path(__file__).parent
LABEL_STYLES = [
    "font-weight: 700;",
    "font-style: italic;",
    "text-decoration: underline;",
    "text-transform: uppercase; letter-spacing: 0.05em;",
]
MAX_CELLS = 70
BARE = 0.15
"""Share of the pages without any control: icons, buttons, text and pictures alone."""

SHARE = 0.66
"""Share of the cells that are controls, where a library sets none of its own."""

OWN = 0.7
"""Share of the other cells that hold a widget of the library, where it has any, and not a common
one."""

LABELED = {"settings", "list", "table", "grid"}
"""Sections in which text stands beside every control: most of those need no label of their own."""

T = TypeVar("T")
TEXTS: dict[str, Any] = yaml.safe_load((HERE / "texts.yaml").read_text("utf-8"))


@dataclass(frozen=True)
class Theme:
    """The look that all cells of a page share. Colors are CSS."""

    random: Random
    dark: bool
    background: str
    text: str
    accent: str
    custom_accent: bool
    font: str

    def pick(self, options: list[T]) -> T:
        """Draw one option."""
        return self.random.choice(options)


@dataclass(frozen=True)
class Cell:
    """One control or widget. `text` is a label inside the control, `outside` one beside it."""

    random: Random
    index: int
    kind: str
    widget: str
    state: bool
    disabled: bool
    position: str
    text: str
    outside: str
    zoom: float
    background: str
    label: str
    dark_page: bool
    color: str
    other_color: str

    def pick(self, options: list[T]) -> T:
        """Draw one option."""
        return self.random.choice(options)

    @property
    def attributes(self) -> str:
        """HTML attributes of an input that holds the state."""
        flags = ["checked"] * self.state + ["disabled"] * self.disabled
        return f'id="i{self.index}" name="n{self.index}" {" ".join(flags)}'

    @property
    def word(self) -> str:
        """A short word, as a button has."""
        return str(self.random.choice(TEXTS["words"]))

    @property
    def sentence(self) -> str:
        """A line of text."""
        return str(self.random.choice(TEXTS["sentences"]))

    @property
    def icon(self) -> str:
        """The name of a Material icon that is no control."""
        return str(self.random.choice(TEXTS["icons"]))


def css_color(random: Random, lightness: tuple[float, float], saturation: float) -> str:
    """A color of any hue, as #rrggbb."""
    rgb = colorsys.hls_to_rgb(random.random(), random.uniform(*lightness), saturation)
    return "#" + "".join(f"{round(255 * value):02x}" for value in rgb)


def draw_background(random: Random, dark: bool) -> str:
    """A page or card background: mostly plain, at times a tint, mid-tone, gradient or pattern."""
    lightness = (0.06, 0.2) if dark else (0.9, 0.99)
    if random.random() < 0.15:
        lightness = (0.2, 0.4) if dark else (0.6, 0.9)
    tint = css_color(random, lightness, random.uniform(0.0, 0.7))
    plain = random.choice(["#121212", "#212529", "#0d1b2a", "#000"] if dark else ["#fff"])
    way = random.random()
    if way < 0.08:
        return f"linear-gradient(90deg, {tint}, {css_color(random, lightness, 0.4)})"
    if way < 0.12:
        stripe = css_color(random, lightness, 0.3)
        angle, width = random.choice([0, 45, 90]), random.choice([2, 8, 24])
        stripes = f"{tint} 0 {width}px, {stripe} {width}px {2 * width}px"
        return f"repeating-linear-gradient({angle}deg, {stripes})"
    return plain if random.random() < 0.5 else tint


def draw_theme(random: Random, has_dark: bool) -> Theme:
    """Light or, where the library has it, dark; a third of the pages with another accent."""
    dark = has_dark and random.random() < 0.45
    return Theme(
        random,
        dark,
        draw_background(random, dark),
        random.choice(["#fff", "#dee2e6"]) if dark else random.choice(["#212529", "#000", "#333"]),
        css_color(random, (0.35, 0.55), random.uniform(0.5, 1.0)),
        random.random() < 0.35,
        random.choice(TEXTS["fonts"]),
    )


def draw_cell(
    random: Random, index: int, library: Any, shared: list[str], theme: Theme, zoom: float
) -> Cell:
    """A control in a random state in a share of the cells, else another widget.

    `shared` are the widgets that are not the library's own.
    """
    kinds = [kind for kind in ("checkbox", "radio", "switch") if hasattr(library, kind)]
    share = getattr(library, "share", SHARE)
    kind = random.choice(kinds) if kinds and random.random() < share else OTHER
    own = list(library.widgets)
    pool = own if own and random.random() < OWN else shared
    label = random.choice(random.choice([TEXTS["labels"][0], *TEXTS["labels"]]))
    position = random.choice(["right"] * 3 + ["none"] * 2 + ["left"] * 2 + ["above", "below"])
    labeled = kind != OTHER and position != "none"
    return Cell(
        random=random,
        index=index,
        kind=kind,
        widget=random.choice(pool) if kind == OTHER else "",
        state=random.random() < 0.5,
        disabled=random.random() < 0.12,
        position=position,
        text=label if labeled and position == "right" else "",
        outside=label if labeled and position != "right" else "",
        zoom=zoom,
        background="" if random.random() < 0.7 else draw_background(random, theme.dark),
        label=label,
        dark_page=theme.dark,
        color=css_color(random, (0.3, 0.6), 0.7),
        other_color=css_color(random, (0.3, 0.8), 0.7),
    )


def load_templates(name: str) -> tuple[Environment, Any, Any]:
    """Where pages come from, a library's macros, and those that every page may use."""
    environment = Environment(
        loader=FileSystemLoader([HERE, HERE / "libraries"]),
        autoescape=select_autoescape([]),  # the texts are ours, and some are HTML
        trim_blocks=True,
    )
    library = environment.get_template(f"{name}.html.j2").module
    common = environment.get_template("common.html.j2").module
    return environment, library, common


def draw_page(
    name: str, random: Random, width: int, bare_share: float = BARE, deceivers: bool = True
) -> tuple[str, list[Cell]]:
    """The HTML of a whole page of one library, and its cells in order.

    A share of the pages has no control at all. `deceivers` are widgets that look empty, round or
    chosen, and are to be learned: what measures should have no more of them than the library has.
    """
    environment, library, common = load_templates(name)
    shared = list(common.widgets) + list(common.deceivers) * deceivers
    theme = draw_theme(random, bool(library.dark))
    layout = draw_layout(random, theme, width)
    zoom = random.choice([0.75, 0.85, 1, 1, 1, 1, 1.2, 1.5, 2])
    bare = random.random() < bare_share
    sections, cells = [], list[Cell]()
    for _ in range(random.choice([1, 2, 3, 4, 6, 8])):
        kind = random.choice(
            ["settings", "settings", "list", "form", "form", "table", "grid", "text", "inline"]
        )
        count = random.randint(1, 10) * (3 if kind in {"table", "grid"} else 1)
        part = list[Cell]()
        while len(part) < min(count, MAX_CELLS - len(cells)):
            cell = draw_cell(random, len(cells) + len(part), library, shared, theme, zoom)
            if kind in LABELED and random.random() < 0.8:
                cell = replace(cell, text="", outside="", position="none")
            if cell.kind == OTHER or not bare:
                part.append(cell)
        if part:
            sections.append((kind, part))
            cells += part
    html = environment.get_template("page.html.j2").render(
        library=library, common=common, theme=theme, layout=layout, sections=sections, cells=cells
    )
    return html, cells


def draw_layout(random: Random, theme: Theme, width: int) -> dict[str, Any]:
    """What the parts of a page share: room between them, rules, frames, bars, fonts."""
    bar = css_color(random, (0.1, 0.9), random.uniform(0, 0.8))
    own = f'"{theme.font}", "Noto Sans", "Noto Sans CJK JP", sans-serif'
    return {
        "family": random.choice([own, own, own, "sans-serif", "serif", "monospace"]),
        "text": random.choice([9, 10, 11, 12, 13, 14, 14, 16, 16, 18, 20, 24, 28]),
        "style": random.choice(["", "", "", *LABEL_STYLES]),
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
