"""Texts, font names and colors for windows, drawn from a seeded generator."""

from __future__ import annotations

import colorsys
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import yaml

HERE = Path(__file__).parent
OURS: dict[str, Any] = yaml.safe_load((HERE / "texts.yaml").read_text("utf-8"))
TEXTS: dict[str, Any] = yaml.safe_load((HERE.parent / "texts.yaml").read_text("utf-8"))

SANS = ["DejaVu Sans", "Liberation Sans", "Noto Sans", "DejaVu Sans Condensed"]
SERIF = ["DejaVu Serif", "Liberation Serif", "Noto Serif"]
MONO = ["DejaVu Sans Mono", "Liberation Mono", "Noto Sans Mono"]


def label(random: Random) -> str:
    """What stands beside a control; two times of three in English, as desktops mostly are."""
    if random.random() < 0.66:
        return str(random.choice(OURS["labels"]))
    return str(random.choice(random.choice(TEXTS["labels"])))


def in_letters(random: Random, draw: Callable[[Random], str], last: str) -> str:
    """A text with no letter after a last one, for fonts that know only some scripts."""
    while True:
        text = draw(random)
        if text and max(text) <= last:
            return text


def title(random: Random) -> str:
    """The title of a group or a tab."""
    return str(random.choice(OURS["titles"]))


def word(random: Random) -> str:
    """What a button says."""
    return str(random.choice(random.choice([OURS["words"], OURS["words"], TEXTS["words"]])))


def sentence(random: Random) -> str:
    """A line of text."""
    return str(random.choice(random.choice([OURS["sentences"], TEXTS["sentences"]])))


def entry(random: Random) -> str:
    """A line of a list or a tree."""
    return str(random.choice(random.choice([OURS["entries"], OURS["entries"], OURS["labels"]])))


def pictogram(random: Random) -> str:
    """A symbol of the font, as programs without pictures use for icons."""
    return str(random.choice(OURS["pictograms"]))


def family(random: Random) -> str:
    """A font family: mostly sans serif, as the desktops have it."""
    return random.choice(random.choice([SANS, SANS, SANS, SERIF, MONO]))


def color(random: Random, low: float, high: float, saturation: float) -> str:
    """A color of any hue, with its lightness between two limits, as #rrggbb."""
    rgb = colorsys.hls_to_rgb(random.random(), random.uniform(low, high), saturation)
    return "#" + "".join(f"{round(255 * value):02x}" for value in rgb)


def luminance(code: str) -> float:
    """How bright a #rrggbb looks, 0 to 255."""
    red, green, blue = (int(code[i : i + 2], 16) for i in (1, 3, 5))
    return 0.299 * red + 0.587 * green + 0.114 * blue


def mixed(first: str, second: str, share: float) -> str:
    """The color between two of #rrggbb; a share of 0 is the first."""
    pairs = ((int(first[i : i + 2], 16), int(second[i : i + 2], 16)) for i in (1, 3, 5))
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)
