"""What stands on a page: theme and cells, drawn from a seeded generator."""

from __future__ import annotations

import colorsys
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any, TypeVar

import yaml
from jinja2 import Environment, FileSystemLoader, select_autoescape

HERE = Path(__file__).parent
COLUMNS, ROWS, WIDTH, HEIGHT = 3, 6, 400, 160
"""Cells on a page, and a cell's size in CSS pixels: so large that no neighbour shows in a crop."""

T = TypeVar("T")
TEXTS: dict[str, Any] = yaml.safe_load((HERE / "texts.yaml").read_text("utf-8"))


@dataclass(frozen=True)
class Theme:
    """The look that all cells of a page share. Colours are CSS."""

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
    """One control or widget. `text` is a label inside the control, `outside` one beside it.

    The position `apart` is a line of settings: the label at one end, the control at the other.
    """

    random: Random
    index: int
    left: int
    top: int
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
    colour: str
    other_colour: str

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


def css_colour(random: Random, lightness: tuple[float, float], saturation: float) -> str:
    """A colour of any hue, as #rrggbb."""
    rgb = colorsys.hls_to_rgb(random.random(), random.uniform(*lightness), saturation)
    return "#" + "".join(f"{round(255 * value):02x}" for value in rgb)


def draw_background(random: Random, dark: bool) -> str:
    """A page or card background: mostly plain, at times tinted or a soft gradient."""
    lightness = (0.06, 0.2) if dark else (0.9, 0.99)
    tint = css_colour(random, lightness, random.uniform(0.0, 0.7))
    plain = random.choice(["#121212", "#212529", "#0d1b2a", "#000"] if dark else ["#fff"])
    if random.random() < 0.1:
        return f"linear-gradient(90deg, {tint}, {css_colour(random, lightness, 0.4)})"
    return plain if random.random() < 0.6 else tint


def draw_theme(random: Random, has_dark: bool) -> Theme:
    """Light or, where the library has it, dark; a third of the pages with another accent."""
    dark = has_dark and random.random() < 0.45
    return Theme(
        random,
        dark,
        draw_background(random, dark),
        random.choice(["#fff", "#dee2e6"]) if dark else random.choice(["#212529", "#000", "#333"]),
        css_colour(random, (0.35, 0.55), random.uniform(0.5, 1.0)),
        random.random() < 0.35,
        random.choice(TEXTS["fonts"]),
    )


def draw_cell(random: Random, index: int, library: Any, common: Any, theme: Theme) -> Cell:
    """A control in a random state two times of three, another widget otherwise."""
    kinds = [kind for kind in ("checkbox", "radio", "switch") if hasattr(library, kind)]
    kind = random.choice(kinds) if kinds and random.random() < 0.66 else "other"
    own = list(library.widgets)
    pool = own if own and random.random() < 0.8 else list(common.widgets)
    label = random.choice(random.choice([TEXTS["labels"][0], *TEXTS["labels"]]))
    position = random.choice(["right"] * 3 + ["none"] * 2 + ["left", "apart", "above", "below"])
    labelled = kind != "other" and position != "none"
    return Cell(
        random=random,
        index=index,
        left=index % COLUMNS * WIDTH,
        top=index // COLUMNS * HEIGHT,
        kind=kind,
        widget=random.choice(pool) if kind == "other" else "",
        state=random.random() < 0.5,
        disabled=random.random() < 0.12,
        position=position,
        text=label if labelled and position == "right" else "",
        outside=label if labelled and position != "right" else "",
        zoom=random.choice([0.85, 1, 1, 1, 1.2, 1.5, 2]),
        background="" if random.random() < 0.7 else draw_background(random, theme.dark),
        label=label,
        dark_page=theme.dark,
        colour=css_colour(random, (0.3, 0.6), 0.7),
        other_colour=css_colour(random, (0.3, 0.8), 0.7),
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


def draw_page(name: str, random: Random) -> tuple[str, list[Cell]]:
    """The HTML of a page of one library, and its cells."""
    environment, library, common = load_templates(name)
    theme = draw_theme(random, bool(library.dark))
    cells = [draw_cell(random, i, library, common, theme) for i in range(COLUMNS * ROWS)]
    html = environment.get_template("page.html.j2").render(
        library=library,
        common=common,
        theme=theme,
        cells=cells,
        columns=COLUMNS,
        width=WIDTH,
        height=HEIGHT,
    )
    return html, cells
