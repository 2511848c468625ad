"""A terminal's grid of characters, and its picture with the fonts that terminals use."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from random import Random

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from checkstate.core.errors import UserError
from render.cutting import OTHER, Box, Control
from render.toolkits.pixels import changed

Color = tuple[int, int, int]
Range = tuple[int, int]
Mask = NDArray[np.float64]
INK = 0.25
"""Share of the ink from which on a pixel belongs to a letter."""

FONTS = Path("/usr/share/fonts")
FAMILIES = [  # regular and bold
    ("truetype/dejavu/DejaVuSansMono.ttf", "truetype/dejavu/DejaVuSansMono-Bold.ttf"),
    (
        "truetype/liberation/LiberationMono-Regular.ttf",
        "truetype/liberation/LiberationMono-Bold.ttf",
    ),
    ("truetype/noto/NotoSansMono-Regular.ttf", "truetype/noto/NotoSansMono-Bold.ttf"),
    ("truetype/terminus/TerminusTTF-4.46.0.ttf", "truetype/terminus/TerminusTTF-4.46.0.ttf"),
]
FALLBACKS = ["truetype/dejavu/DejaVuSansMono.ttf", "opentype/noto/NotoSansCJK-Regular.ttc"]
NAMES = ["black", "red", "green", "brown", "blue", "magenta", "cyan", "white"]
PALETTES = {  # eight colors, then their bright variants
    "xterm": "000000 cd0000 00cd00 cdcd00 0000ee cd00cd 00cdcd e5e5e5 "
    "7f7f7f ff0000 00ff00 ffff00 5c5cff ff00ff 00ffff ffffff",
    "vga": "000000 aa0000 00aa00 aa5500 0000aa aa00aa 00aaaa aaaaaa "
    "555555 ff5555 55ff55 ffff55 5555ff ff55ff 55ffff ffffff",
    "tango": "2e3436 cc0000 4e9a06 c4a000 3465a4 75507b 06989a d3d7cf "
    "555753 ef2929 8ae234 fce94f 729fcf ad7fa8 34e2e2 eeeeec",
    "campbell": "0c0c0c c50f1f 13a10e c19c00 0037da 881798 3a96dd cccccc "
    "767676 e74856 16c60c f9f1a5 3b78ff b4009e 61d6d6 f2f2f2",
    "solarized": "073642 dc322f 859900 b58900 268bd2 d33682 2aa198 eee8d5 "
    "002b36 cb4b16 586e75 657b83 839496 6c71c4 93a1a1 fdf6e3",
    "dracula": "21222c ff5555 50fa7b f1fa8c bd93f9 ff79c6 8be9fd f8f8f2 "
    "6272a4 ff6e6e 69ff94 ffffa5 d6acff ff92df a4ffff ffffff",
}
DEFAULTS = [  # foreground and background of a terminal as the user has set it
    *(("cccccc", "000000"), ("cccccc", "000000"), ("000000", "ffffff"), ("d3d7cf", "2e3436")),
    *(("f8f8f2", "282a36"), ("839496", "002b36"), ("657b83", "fdf6e3"), ("00ff00", "000000")),
    *(("ffb000", "1a0f00"), ("eeeeee", "300a24"), ("24292e", "f6f8fa"), ("c0c0c0", "0000aa")),
]
ARMS = {  # lines that must meet across cells: up, down, left, right
    **{"─": "lr", "│": "ud", "┌": "dr", "┐": "dl", "└": "ur", "┘": "ul"},
    **{"├": "udr", "┤": "udl", "┬": "dlr", "┴": "ulr", "┼": "udlr"},
}


@dataclass(frozen=True)
class Cell:
    """One character with its colors."""

    char: str
    ink: Color
    ground: Color
    bold: bool = False


@dataclass(frozen=True)
class Span:
    """A control in columns of one line: its mark, mark and label, and the whole line."""

    kind: str
    label: str
    y: int
    mark: Range
    content: Range
    row: Range | None


class Theme:
    """A palette with the default colors."""

    def __init__(self, random: Random) -> None:
        codes = PALETTES[random.choice(list(PALETTES))].split()
        self.colors = [color(code) for code in codes]
        self.ink, self.ground = (color(code) for code in random.choice(DEFAULTS))
        self.bright = random.random() < 0.6

    def named(self, name: str, default: Color, bold: bool = False) -> Color:
        """A color by the name that terminal libraries give it."""
        if name == "default":
            return default
        bright = name.startswith("bright")
        plain = name.removeprefix("bright").replace("yellow", "brown")
        if plain in NAMES:
            return self.colors[NAMES.index(plain) + 8 * (bright or (bold and self.bright))]
        return color(name)


def color(code: str) -> Color:
    """The color of rrggbb."""
    return int(code[:2], 16), int(code[2:4], 16), int(code[4:6], 16)


class Grid:
    """The screen of a terminal."""

    def __init__(self, width: int, height: int, ink: Color, ground: Color) -> None:
        self.width, self.height = width, height
        self.cells = [[Cell(" ", ink, ground)] * width for _ in range(height)]
        self.spans: list[Span] = []

    def fill(self, x: int, y: int, width: int, height: int, cell: Cell) -> None:
        """Put one cell into every place of a rectangle."""
        for line in self.cells[max(y, 0) : y + height]:
            for column in range(max(x, 0), min(x + width, self.width)):
                line[column] = cell

    def put(self, x: int, y: int, text: str, ink: Color, ground: Color | None = None,
            bold: bool = False) -> int:  # fmt: skip
        """Write text; give the column after it. Without a ground the one beneath stays."""
        for char in text:
            wide = columns(char)
            if 0 <= y < self.height and x >= 0 and x + wide <= self.width:
                below = self.cells[y][x].ground if ground is None else ground
                self.cells[y][x] = Cell(char, ink, below, bold)
                if wide == 2:
                    self.cells[y][x + 1] = Cell("", ink, below, bold)
            x += wide
        return x

    def text(self, y: int) -> str:
        """A line as text, one character a column."""
        return "".join(cell.char or "\0" for cell in self.cells[y])

    def shade(self, x: int, y: int, width: int, height: int, ink: Color, ground: Color) -> None:
        """Darken a rectangle, as the shadow of a window does."""
        for line in self.cells[y : y + height]:
            for column in range(max(x, 0), min(x + width, self.width)):
                line[column] = replace(line[column], ink=ink, ground=ground)


def columns(char: str) -> int:
    """How many columns a character takes."""
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def picture(grid: Grid, random: Random) -> tuple[Image.Image, list[Control]]:
    """Draw the grid in a random font, size and antialiasing; give its controls in pixels.

    A control's box is what shows of its mark: cells are twice as high as many a mark.
    """
    family = random.choice(FAMILIES)
    size = random.choice([10, 11, 12, 12, 13, 14, 14, 15, 16, 18, 20, 24, 28, 32])
    if any(set("☐☑") & set(grid.text(y)) for y in range(grid.height)):
        size = max(size, 14)  # its tick is lost below
    smooth = random.choice(["gray", "gray", "colored", "none"])
    width = max(5, round(font(family[0], size).getlength("M")))
    ascent, descent = font(family[0], size).getmetrics()
    spacing = random.choice([0, 0, 0, 1, 3])
    height = ascent + descent + spacing
    lines = np.zeros((grid.height * height, grid.width * width, 3), dtype=np.uint8)
    inked = np.zeros(lines.shape[:2], dtype=np.uint8)
    for y, line in enumerate(grid.cells):
        for x, cell in enumerate(line):
            if cell.char:
                mask = glyph(cell.char, cell.bold, family, size, smooth, width, height, ascent)
                tile = np.asarray(cell.ground) * (1 - mask) + np.asarray(cell.ink) * mask
                end = x * width + tile.shape[1]
                place = slice(y * height, (y + 1) * height), slice(x * width, end)
                part = lines[place]
                part[:] = tile[:, : part.shape[1]].round()
                inked[place] = mask.max(axis=2)[:, : part.shape[1]] >= INK
    margin = random.choice([0, 2, 6])
    ground = grid.cells[-1][0].ground
    canvas = Image.new("RGB", (lines.shape[1] + 2 * margin, lines.shape[0] + 2 * margin), ground)
    canvas.paste(Image.fromarray(lines), (margin, margin))
    letters, blank = Image.new("L", canvas.size), Image.new("L", canvas.size)
    letters.paste(Image.fromarray(inked), (margin, margin))

    def pixels(area: Range, y: int) -> Box:
        left, right = (margin + column * width for column in area)
        return left, margin + y * height, right, margin + (y + 1) * height

    def mark(span: Span) -> Box:
        cells = pixels(span.mark, span.y)
        return cells if span.label == OTHER else changed(letters, blank, cells) or cells

    controls = [
        Control(
            span.kind,
            span.label,
            mark(span),
            pixels(span.content, span.y),
            span.row and pixels(span.row, span.y),
        )
        for span in grid.spans
    ]
    return canvas, controls


@lru_cache(64)
def font(path: str, size: int) -> ImageFont.FreeTypeFont:
    """A font by its path below /usr/share/fonts."""
    if not (FONTS / path).exists():
        packages = "fonts-dejavu fonts-liberation fonts-noto-mono fonts-noto-cjk fonts-terminus"
        raise UserError(f"{FONTS / path} is missing: `apt install {packages}`")
    return ImageFont.truetype(FONTS / path, size)


@lru_cache(4096)
def holder(char: str, path: str) -> str:
    """The font that has a character: the one asked for, or the first of the others."""
    for candidate in (path, *FALLBACKS):
        sized = font(candidate, 40)
        if "terminus" in candidate and char in "○●■•":
            continue  # dots there, too small to be told apart
        fits = sized.getlength(char) <= 1.1 * sized.getlength("M") * columns(char)
        known = bytes(sized.getmask(char)) != bytes(sized.getmask("\U0010ffff"))
        if char == " " or (known and fits):
            return candidate
    return path


@lru_cache(20000)
def glyph(
    char: str, bold: bool, family: tuple[str, str], size: int, smooth: str, width: int,
    height: int, ascent: int,
) -> Mask:  # fmt: skip
    """How much of the ink shows in each pixel and color channel of a cell, 0 to 1."""
    across = width * columns(char)
    if char in ARMS:
        return line_drawing(ARMS[char], width, height)
    if char == "█":
        return np.ones((height, across, 3))
    path = holder(char, family[1] if bold else family[0])
    factor = 3 if smooth == "colored" else 1
    mask = Image.new("L", (across * factor, height * factor))
    draw = ImageDraw.Draw(mask)
    draw.fontmode = "1" if smooth == "none" else "L"
    draw.text((0, ascent * factor), char, 255, font(path, size * factor), anchor="ls")
    if smooth != "colored":
        return np.repeat(np.asarray(mask)[:, :, None] / 255, 3, axis=2)
    wide = np.asarray(mask.resize((across * 3, height), Image.Resampling.BOX)) / 255
    padded = np.pad(wide, ((0, 0), (2, 2)))
    taps = zip((1, 2, 3, 2, 1), range(5), strict=True)  # as FreeType's filter for such screens
    blurred = sum(share / 9 * padded[:, i : i + across * 3] for share, i in taps)
    return np.asarray(blurred).reshape(height, across, 3)


def line_drawing(arms: str, width: int, height: int) -> Mask:
    """Lines from the middle of a cell to its edges."""
    mask = np.zeros((height, width, 3))
    thick = max(1, width // 8)
    x, y = (width - thick) // 2, (height - thick) // 2
    if "l" in arms:
        mask[y : y + thick, : x + thick] = 1
    if "r" in arms:
        mask[y : y + thick, x:] = 1
    if "u" in arms:
        mask[: y + thick, x : x + thick] = 1
    if "d" in arms:
        mask[y:, x : x + thick] = 1
    return mask
