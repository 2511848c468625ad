"""Looks of JavaFX programs: its own style sheets in other colors, and style sheets of programs."""

from __future__ import annotations

from random import Random

from render.toolkits import words

CHECKS = [
    "M9 16.2L4.8 12l-1.4 1.4L9 19 21 7l-1.4-1.4z",
    "M0 4H2L3 6L6 0H8L4 8H2Z",
    "M0 4.500L1 3.500 3.500 6 9 0.500 10 1.500 3.500 8z",
]
CROSS = "M0 1L1 0 4 3 7 0 8 1 5 4 8 7 7 8 4 5 1 8 0 7 3 4z"
SQUARE = "M0 0H1V1H0z"
DISC = "M0 5a5 5 0 1 0 10 0a5 5 0 1 0-10 0z"
PALETTES = [
    # ground, field, edge, accent
    ("#ffffff", "#ffffff", "#d0d7de", "#0969da"),  # AtlantaFX's Primer
    ("#0d1117", "#0d1117", "#484f58", "#1f6feb"),
    ("#fafafc", "#ffffff", "#b7c1d2", "#5e81ac"),  # Nord
    ("#2e3440", "#3b4252", "#6c7a96", "#88c0d0"),
    ("#ffffff", "#ffffff", "#c7c7cc", "#007aff"),  # Cupertino
    ("#1c1c1e", "#2c2c2e", "#636366", "#0a84ff"),
    ("#282a36", "#343746", "#6272a4", "#bd93f9"),  # Dracula
    ("#fafafa", "#fafafa", "#757575", "#0f9d58"),  # JFoenix
    ("#ffffff", "#ffffff", "#5a5a5a", "#4059a9"),
    ("#303030", "#303030", "#b3b3b3", "#80cbc4"),
    ("#ffffff", "#ffffff", "#333333", "#0078d7"),  # JMetro
    ("#000000", "#000000", "#cccccc", "#0078d7"),
    ("#ececec", "#ffffff", "#9b9b9b", "#3b88fd"),  # AquaFX
    ("#ffffff", "#ffffff", "#cccccc", "#337ab7"),  # BootstrapFX
]


def draw_look(random: Random) -> dict[str, str]:
    """The settings of a window's look: JavaFX's own style sheets by name, and CSS after them."""
    css = [common(random)]
    theme, sheets = "MODENA", []
    drawn = random.random()
    if drawn < 0.3:
        css.append(colors(random))
        sheets += ["touch"] if random.random() < 0.1 else []
    elif drawn < 0.45:
        theme = "CASPIAN"
        css.append(colors(random))
    elif drawn < 0.5:
        sheets.append(random.choice(["blackOnWhite", "whiteOnBlack", "yellowOnBlack"]))
    else:
        css.append(flat(random))
    if drawn < 0.5:
        css.append(controlsfx(random))
    return {"theme": theme, "sheets": " ".join(sheets), "css": " ".join(css)}


def common(random: Random) -> str:
    """What a style sheet has to say in every look: lines, frames, icons and the edges of text."""
    line = random.choice(
        [
            "",
            "-fx-padding: 0.4em 0.8em;",
            "-fx-padding: 0.4em 0.8em; -fx-border-color: -fx-box-border;"
            " -fx-border-width: 0 0 1 0;",
            "-fx-padding: 0.7em 1em; -fx-background-radius: 6;"
            " -fx-background-color: derive(-fx-background, 12%);",
            "-fx-padding: 0.5em; -fx-border-color: -fx-box-border; -fx-border-radius: 4;",
        ]
    )
    edges = random.choice(["gray", "gray", "lcd"])
    radius, pad = random.choice([0, 3, 8]), random.choice([0.1, 0.2, 0.3, 0.4, 0.5])
    return (
        f".setting {{ {line} }}"
        f" .frame {{ -fx-border-color: -fx-box-border; -fx-border-radius: {radius}; }}"
        " .list-cell, .tree-cell, .table-row-cell > .table-cell {"
        f" -fx-padding: {pad}em 0.4em; }}"
        " .bare .column-header-background {"
        " -fx-min-height: 0; -fx-pref-height: 0; -fx-max-height: 0; }"
        " .icon { -fx-fill: -fx-text-background-color; }"
        f" .text {{ -fx-font-smoothing-type: {edges}; }}"
    )


def colors(random: Random) -> str:
    """The colors from which Modena and Caspian derive all others; half of the time their own."""
    if random.random() < 0.4:
        return ""
    low, high = random.choice([(0.1, 0.25), (0.1, 0.25), (0.3, 0.6), (0.7, 0.95)])
    base = words.color(random, low, high, random.choice([0, 0.1, 0.5]))
    accent = words.color(random, 0.35, 0.6, random.uniform(0.4, 1))
    rules = f"-fx-base: {base}; -fx-accent: {accent}; -fx-focus-color: {accent};"
    if low < 0.3:
        rules += f" -fx-control-inner-background: {words.mixed(base, '#000000', 0.3)};"
    if random.random() < 0.3:
        rules += f" -fx-mark-color: {random.choice([accent, 'derive(-fx-base, -70%)'])};"
    return f".root {{ {rules} }}"


def controlsfx(random: Random) -> str:
    """A switch as ControlsFX's ToggleSwitch looks on Modena."""
    accent = random.choice(["#0b99c9", "#0b99c9", "-fx-accent", "#4cb050"])
    edge = "-fx-text-box-border"
    track = "linear-gradient(to bottom, derive({0}, -20%), derive({0}, -30%)),"
    track += " linear-gradient(to bottom, derive({0}, 30%), derive({0}, 0%))"
    thumb = (
        f"linear-gradient(to bottom, derive({edge}, -20%), derive({edge}, -30%)),"
        " -fx-inner-border, -fx-body-color"
    )
    return switch(
        off=f"-fx-background-color: {track.format(edge)}; -fx-background-insets: 0, 1;",
        on=f"-fx-background-color: {track.format(accent)};",
        thumb=f"-fx-background-color: {thumb}; -fx-background-insets: 0, 1, 2;",
        thumb_on=f"-fx-background-color: {thumb}; -fx-background-insets: 0, 1, 2;",
        radius=0.6,
        inset=0,
        travel=1.2,
    )


def flat(random: Random) -> str:
    """A program's own look: an accent color that fills boxes or only marks them."""
    ground, field, edge, accent = random.choice(PALETTES)
    if random.random() < 0.4:
        accent = words.color(random, 0.35, 0.65, random.uniform(0.5, 1))
    filled = random.random() < 0.7
    on = (accent if random.random() < 0.8 else edge) + ", " + (accent if filled else field)
    mark = accent if abs(words.luminance(accent) - words.luminance(field)) > 60 else edge
    if filled:
        mark = "#ffffff" if words.luminance(accent) < 170 else "#000000"
    width, radius = random.choice([1, 1, 2, 2, 3]), random.choice([0, 2, 3, 4, 6])
    pad, half = random.choice([0.17, 0.25, 0.33]), random.choice([0.33, 0.42, 0.5])
    # a white square or a large dot on the accent would look like an empty box with a thick frame
    shape = random.choice([*CHECKS, *CHECKS, *CHECKS, CROSS, CROSS if filled else SQUARE])
    dot = 0.25 if filled else random.choice([0.29, 0.36, 0.42])
    ring = max(pad, 0.25)
    glow = f"-fx-effect: dropshadow(gaussian, {accent}, 6, 0.5, 0, 0);"
    round_corner = random.choice([0, 3, 6, 16])
    return " ".join(
        [
            f".root {{ -fx-base: {ground}; -fx-background: {ground}; -fx-accent: {accent};"
            f" -fx-control-inner-background: {field}; -fx-focus-color: {accent};"
            f" -fx-faint-focus-color: transparent; -fx-box-border: {edge}; }}",
            ".check-box > .box, .radio-button > .radio {"
            f" -fx-background-color: {edge}, {field}; -fx-background-insets: 0, {width};"
            f" -fx-background-radius: {radius}, {max(0, radius - width)}; -fx-padding: {pad}em; }}",
            f".check-box > .box > .mark {{ -fx-background-color: transparent;"
            f' -fx-background-insets: 0; -fx-padding: {half}em; -fx-shape: "{shape}"; }}',
            f".radio-button > .radio {{ -fx-background-radius: 5em; -fx-padding: {ring}em; }}",
            ".radio-button > .radio > .dot { -fx-background-color: transparent;"
            f" -fx-background-insets: 0; -fx-padding: {dot}em; }}",
            ".check-box:selected > .box, .radio-button:selected > .radio {"
            f" -fx-background-color: {on}; }}",
            ".check-box:selected > .box > .mark, .radio-button:selected > .radio > .dot {"
            f" -fx-background-color: {mark}; }}",
            f".check-box:focused > .box, .radio-button:focused > .radio {{ {glow} }}",
            ".check-box:hover > .box, .radio-button:hover > .radio { -fx-opacity: 0.85; }",
            f".button, .combo-box, .text-field {{ -fx-background-color: {edge}, {field};"
            f" -fx-background-insets: 0, 1; -fx-background-radius: {round_corner}; }}",
            flat_switch(random, field, edge, accent),
        ]
    )


def flat_switch(random: Random, field: str, edge: str, accent: str) -> str:
    """A switch of AtlantaFX, JFoenix or JMetro."""
    style = random.choice(["pill", "pill", "overhang", "outline"])
    light = "#ffffff" if style == "pill" and random.random() < 0.7 else field
    shade = "-fx-effect: dropshadow(gaussian, rgba(0,0,0,0.4), 4, 0, 0, 1);"
    radius, travel = random.choice([0.5, 0.6, 0.67, 0.8]), random.choice([1.0, 1.3, 1.7])
    if style == "overhang":
        return switch(
            off=f"-fx-background-color: {edge}; -fx-background-insets: {radius * 0.3}em 0.1em;",
            on=f"-fx-background-color: {words.mixed(accent, field, 0.5)};",
            thumb=f"-fx-background-color: {words.mixed(edge, '#ffffff', 0.6)}; {shade}",
            thumb_on=f"-fx-background-color: {accent};",
            radius=radius,
            inset=0,
            travel=travel,
        )
    if style == "outline":
        return switch(
            off=f"-fx-background-color: {edge}, {field}; -fx-background-insets: 0, 2;",
            on=f"-fx-background-color: {accent}, {accent};",
            thumb=f"-fx-background-color: {edge};",
            thumb_on="-fx-background-color: #ffffff;",
            radius=radius * 0.7,
            inset=0.4,
            travel=travel,
        )
    return switch(
        off=f"-fx-background-color: {edge}; -fx-background-insets: 0;",
        on=f"-fx-background-color: {accent};",
        thumb=f"-fx-background-color: {light}; {random.choice(['', shade])}",
        thumb_on=f"-fx-background-color: {light};",
        radius=radius,
        inset=random.choice([0.1, 0.17, 0.25]),
        travel=travel,
    )


def switch(
    *, off: str, on: str, thumb: str, thumb_on: str, radius: float, inset: float, travel: float
) -> str:
    """Check boxes of the class `switch`, whose box becomes a track and whose mark its thumb.

    Lengths are in ems: the thumb's radius, the track around it, and the way that it goes.
    """
    far = inset + travel
    return (
        f".check-box.switch > .box {{ {off} -fx-background-radius: 5em;"
        f" -fx-padding: {inset}em {far}em {inset}em {inset}em; }}"
        f" .check-box.switch:selected > .box {{ {on}"
        f" -fx-padding: {inset}em {inset}em {inset}em {far}em; }}"
        f' .check-box.switch > .box > .mark {{ {thumb} -fx-shape: "{DISC}";'
        f" -fx-padding: {radius}em; }}"
        f" .check-box.switch:selected > .box > .mark {{ {thumb_on} }}"
    )
