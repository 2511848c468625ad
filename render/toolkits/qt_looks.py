"""Looks of Qt programs: palettes, fonts and generated style sheets.

The style sheets draw indicators as programs on the web of examples do: filled, hollow, with an
inner block, beveled, as a switch, or only with another size.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from random import Random

from render.toolkits import words

VIEWS = ("QListView", "QTreeView", "QTableView")
CHECKS = ("QCheckBox", "QGroupBox", "QMenu", *VIEWS)
MARKS = [
    "M3 8.5 L6.5 12 L13 4.5",
    "M2 8 L6 13 L14 2",
    "M4 8 L7 11 L12 5",
    "M3.5 3.5 L12.5 12.5 M12.5 3.5 L3.5 12.5",
    "M2 2 L14 14 M14 2 L2 14",
    "M2.5 7 L6 10 L13.5 3.5 L13.5 6.5 L6 13 L2.5 10 Z",
]


@dataclass(frozen=True)
class Look:
    """Colors are #rrggbb; `sheet` is empty for programs that take the style as it is."""

    style: str
    window: str
    button: str
    field: str
    text: str
    accent: str
    sheet: str
    family: str
    size: int
    bold: bool
    smooth: bool
    scale: float
    switch: bool

    @property
    def partly(self) -> bool:
        """Whether it draws a box of which a part is chosen unlike an empty one."""
        if self.sheet:
            return ":indeterminate" in self.sheet and not self.switch
        return self.style == "Fusion" or words.luminance(self.window) >= 120


def draw_look(random: Random, styles: list[str], folder: Path) -> Look:
    """Draw a look; the pictures that its style sheet names go to `folder`."""
    window = draw_window_color(random)
    dark = words.luminance(window) < 120
    text = random.choice(["#ffffff", "#dddddd"] if dark else ["#000000", "#000000", "#333333"])
    field = words.mixed(window, "#000000" if dark else "#ffffff", random.choice([0.3, 0.6, 1.0]))
    button = words.mixed(window, text, random.choice([0.0, 0.06, 0.12]))
    accent = words.color(random, 0.35, 0.6, random.uniform(0.5, 1.0))
    style = random.choice(styles)
    sheet, switch = "", False
    if random.random() < 0.55:
        sheet, switch = draw_sheet(random, style, (window, field, text, accent), folder)
    return Look(
        style=style,
        window=window,
        button=button,
        field=field,
        text=text,
        accent=accent,
        sheet=sheet,
        family=words.family(random),
        size=random.choice([9, 10, 11, 12, 12, 13, 13, 14, 15, 16, 18, 20, 24]),
        bold=random.random() < 0.12,
        smooth=random.random() < 0.85,
        scale=random.choice([1, 1, 1, 1.25, 1.5, 2]),
        switch=switch,
    )


def draw_window_color(random: Random) -> str:
    """Light gray and white mostly, dark at times, and mid-tones and colors as old programs had."""
    light = random.choice(["#efefef", "#f0f0f0", "#ffffff", "#d4d0c8", "#c0c0c0", "#ece9d8"])
    dark = random.choice(["#353535", "#1e1e1e", "#2d2d30", "#19232d", "#31363b", "#000000"])
    colored = words.color(random, 0.2, 0.9, random.uniform(0.1, 0.7))
    return random.choice([light, light, light, dark, dark, colored])


def draw_sheet(
    random: Random, style: str, colors: tuple[str, ...], folder: Path
) -> tuple[str, bool]:
    """A style sheet, and whether it turns check boxes into switches."""
    window, _, text, accent = colors
    # no box that is told by its color alone: a filled square is an empty box elsewhere
    design = random.choice([filled, filled, hollow, block, beveled, block, resized, switched])
    if design is resized and style == "Windows":
        design = filled  # its radio buttons do not grow: a corner of one would show
    rules = [design(random, colors, folder)]
    if random.random() < 0.5:
        rules.append(f"QCheckBox, QRadioButton {{ spacing: {random.randint(2, 14)}px; }}")
    if random.random() < 0.3:
        shade = words.mixed(window, random.choice([text, accent]), 0.12)
        rules.append(f"QCheckBox, QRadioButton {{ background: {shade}; padding: 3px; }}")
    if random.random() < 0.3:
        edge = words.mixed(window, text, random.uniform(0.2, 1.0))
        rules.append(f"QGroupBox {{ border: {random.choice([1, 2])}px solid {edge}; }}")
        rules.append("QGroupBox { margin-top: 2ex; } QGroupBox::title { left: 8px; }")
        rules.append("QGroupBox::title { subcontrol-origin: margin; }")
    if random.random() < 0.4:
        rules.append(
            f"QPushButton {{ background: {accent}; color: {readable(random, accent, colors)};"
            f" border: none; border-radius: {random.randint(0, 10)}px; padding: 5px 12px; }}"
        )
    if random.random() < 0.25:
        tint = words.mixed(window, accent, 0.3)
        rules.append(f"#page {{ background: qlineargradient(x1:0, y1:0, x2:0, y2:1, stop:0 {window}"
                     f", stop:1 {tint}); }}")  # fmt: skip
    return "\n".join(rules), design is switched


def readable(random: Random, ground: str, colors: tuple[str, ...]) -> str:
    """A color that stands out on another one."""
    pool = [*colors[2:], "#ffffff", "#000000"]
    clear = [c for c in pool if abs(words.luminance(c) - words.luminance(ground)) > 90]
    return random.choice(clear or ["#000000"])


def indicators(state: str, body: str, names: tuple[str, ...] = CHECKS) -> str:
    """One rule for the indicators of all widgets that have one."""
    selectors = ", ".join(f"{name}::indicator{state}" for name in names)
    return f"{selectors} {{ {body} }}"


def svg(folder: Path, name: str, body: str, width: int = 16) -> str:
    """Write a picture of 16 units height; give what a style sheet says to show it."""
    path = folder / f"{name}.svg"
    path.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} 16">{body}</svg>', "utf-8"
    )
    return f"image: url({path});"


def mark(random: Random, folder: Path, color: str) -> str:
    """The picture in a checked box."""
    stroke = random.choice([1.2, 1.6, 2, 2.4, 3])
    shape = random.choice(MARKS)
    fill = color if shape.endswith("Z") else "none"
    cap = random.choice(["round", "square", "butt"])
    body = (
        f'<path d="{shape}" fill="{fill}" stroke="{color}" stroke-width="{stroke}"'
        f' stroke-linecap="{cap}"/>'
    )
    return svg(folder, "mark", body)


def part(random: Random, folder: Path, color: str) -> str:
    """The picture in a box of which a part is chosen: a dash, a square or a stroke."""
    height = random.choice([2, 3, 4])
    inset = random.choice([3, 4, 5])
    left = random.choice([2, 3, 4])
    shapes = [
        f'<rect x="{left}" y="{8 - height / 2}" width="{16 - 2 * left}" height="{height}"/>',
        f'<rect x="{inset}" y="{inset}" width="{16 - 2 * inset}" height="{16 - 2 * inset}"/>',
        f'<path d="M3 13 L13 3" stroke="{color}" stroke-width="{height}"/>',
    ]
    (shape,) = random.choices(shapes, [4, 3, 1])
    return svg(folder, "part", f'<g fill="{color}">{shape}</g>')


def disc(random: Random, folder: Path, color: str) -> str:
    """The picture in a chosen radio button."""
    radius = random.choice([2.5, 3.5, 4.5, 5.5])
    return svg(folder, "disc", f'<circle cx="8" cy="8" r="{radius}" fill="{color}"/>')


def boxes(random: Random, colors: tuple[str, ...], ground: str) -> str:
    """Sizes, borders and the ground of empty boxes and discs."""
    size = random.choice([10, 12, 13, 14, 15, 16, 18, 20, 22, 26])
    border = random.choice([1, 1, 1, 2, 2, 3])
    edge = words.mixed(ground, colors[2], random.choice([0.35, 0.5, 0.7, 1.0]))
    body = f"width: {size}px; height: {size}px; border: {border}px solid {edge};"
    body += f" background: {ground};"
    corner = random.choice([0, 0, 2, 3, 4, size // 3])
    rules = [indicators("", f"{body} border-radius: {corner}px;"), rows(size + 2 * border)]
    rules.append(
        indicators("", f"{body} border-radius: {size // 2 + border}px;", ("QRadioButton",))
    )
    return "\n".join(rules)


def rows(height: int) -> str:
    """Lists whose lines are as high as their indicators, menus with room for them.

    Without room Qt squeezes a menu's indicators into a column that is made for its own marks.
    """
    lines = ", ".join(f"{name}::item" for name in VIEWS) + f" {{ min-height: {height + 2}px; }}"
    entries = f"QMenu::item {{ min-height: {height}px; padding: 2px 24px 2px {height + 12}px; }}"
    return f"{lines}\n{entries}\nQMenu::indicator {{ left: 6px; }}"


def ground_of(random: Random, colors: tuple[str, ...]) -> str:
    """What an empty box shows inside."""
    window, field, text, _ = colors
    return random.choice([field, field, window, words.mixed(window, text, 0.12)])


def filled(random: Random, colors: tuple[str, ...], folder: Path) -> str:
    """Checked is the accent color with a mark in it."""
    accent = colors[3]
    ink = readable(random, accent, (*colors[:2], "#ffffff", "#ffffff"))
    body = f"background: {accent}; border-color: {accent};"
    return "\n".join(
        [
            boxes(random, colors, ground_of(random, colors)),
            indicators(":checked", body + mark(random, folder, ink)),
            indicators(":indeterminate", body + part(random, folder, ink)),
            indicators(":checked", body + disc(random, folder, ink), ("QRadioButton",)),
        ]
    )


def hollow(random: Random, colors: tuple[str, ...], folder: Path) -> str:
    """Checked is a mark on the ground of an empty box."""
    ground = ground_of(random, colors)
    ink = readable(random, ground, colors)
    return "\n".join(
        [
            boxes(random, colors, ground),
            indicators(":checked", mark(random, folder, ink)),
            indicators(":indeterminate", part(random, folder, ink)),
            indicators(":checked", disc(random, folder, ink), ("QRadioButton",)),
        ]
    )


def block(random: Random, colors: tuple[str, ...], folder: Path) -> str:
    """Checked is a smaller square in the box."""
    ground = ground_of(random, colors)
    ink = readable(random, ground, colors)
    inset = random.choice([2, 3, 4])
    side = 16 - 2 * inset
    square = f'<rect x="{inset}" y="{inset}" width="{side}" height="{side}" fill="{ink}"/>'
    return "\n".join(
        [
            boxes(random, colors, ground),
            indicators(":checked", svg(folder, "mark", square)),
            indicators(":indeterminate", part(random, folder, ink)),
            indicators(":checked", disc(random, folder, ink), ("QRadioButton",)),
        ]
    )


def beveled(random: Random, colors: tuple[str, ...], folder: Path) -> str:
    """Boxes with a gradient and a sunken or raised edge, as before flat design."""
    light, shade = random.choice([("#ffffff", "#c8ccd0"), ("#f8f8f0", "#d8d4c8")])
    if random.random() < 0.5:
        light, shade = shade, light
    ground = f"qlineargradient(x1:0, y1:0, x2:1, y2:1, stop:0 {light}, stop:1 {shade})"
    edge = random.choice(["2px inset #a0a0a0", "2px outset #c0c0c0", "1px solid #708090"])
    size = random.choice([11, 13, 14, 16, 18, 20])
    body = f"width: {size}px; height: {size}px; background: {ground}; border: {edge};"
    ink = readable(random, "#e0e0e0", (*colors[:2], "#202020", colors[3]))
    round_body = f"{body} border-radius: {size // 2 + 1}px;"
    return "\n".join(
        [
            rows(size + 4),
            indicators("", body),
            indicators("", round_body, ("QRadioButton",)),
            indicators(":checked", mark(random, folder, ink)),
            indicators(":indeterminate", part(random, folder, ink)),
            indicators(":checked", disc(random, folder, ink), ("QRadioButton",)),
        ]
    )


def resized(random: Random, colors: tuple[str, ...], folder: Path) -> str:
    """The style's own marks at another size."""
    size = random.choice([10, 12, 16, 20, 24, 28])
    body = f"width: {size}px; height: {size}px;"
    del colors, folder
    return indicators("", body, (*CHECKS, "QRadioButton")) + rows(size)


def switched(random: Random, colors: tuple[str, ...], folder: Path) -> str:
    """Check boxes drawn as switches; radio buttons stay round."""
    window, _, text, accent = colors
    off = words.mixed(window, text, random.choice([0.25, 0.4, 0.55]))
    knob = random.choice(["#ffffff", "#ffffff", window, text])
    if min(abs(words.luminance(knob) - words.luminance(c)) for c in (off, accent)) < 60:
        knob = readable(random, off, (*colors[:2], "#ffffff", "#000000"))
    corner = random.choice([7, 7, 7, 2, 0])
    radius = random.choice([4, 5, 6])
    width = random.choice([28, 30, 34])
    pictures = {}
    for name, color, x in (("off", off, 8), ("on", accent, width - 8)):
        track = f'<rect x="1" y="1" width="{width - 2}" height="14" rx="{corner}" fill="{color}"/>'
        if corner == 7:
            track += f'<circle cx="{x}" cy="8" r="{radius}" fill="{knob}"/>'
        else:
            track += f'<rect x="{x - 5}" y="3" width="10" height="10" rx="{corner}" fill="{knob}"/>'
        pictures[name] = svg(folder, name, track, width)
    height = random.choice([14, 16, 18, 20, 24])
    size = f"width: {round(height * width / 16)}px; height: {height}px; border: none;"
    return "\n".join(
        [
            hollow(random, colors, folder),
            indicators("", f"{size} background: transparent; {pictures['off']}", ("QCheckBox",)),
            indicators(":checked", pictures["on"], ("QCheckBox",)),
        ]
    )
