"""Windows of GTK 4 programs, plain and of libadwaita.

Needs `apt install python3-gi gir1.2-gtk-4.0 gir1.2-adw-1 adwaita-icon-theme xvfb`; gtk4_program.py
draws, run by the system's Python: one for each style and scale.
"""

from __future__ import annotations

from functools import cache, partial
from random import Random

from PIL import Image

from render.cutting import Control
from render.toolkits import form, words, xserver
from render.toolkits.foreign import Program, at_home, read
from render.toolkits.native import menu
from render.toolkits.pixels import Drawn, clear_window, enlarged

HINT = "`apt install python3-gi gir1.2-gtk-4.0 gir1.2-adw-1 adwaita-icon-theme`"
KINDS = ["check", "check", "check", "radio", "radio", "switch", "switch"]
OTHERS = ["arrow", "avatar", "icon", "levelbar", "menubutton", "search", "spinner"]
"""Widgets that forms of other toolkits lack."""
ENVIRONMENT = (
    *("GSK_RENDERER=cairo", "GTK_A11Y=none", "GSETTINGS_BACKEND=memory", "ADW_DISABLE_PORTAL=1"),
    *("DBUS_SESSION_BUS_ADDRESS=disabled:", "GDK_BACKEND=x11"),
)


def window(random: Random) -> tuple[Image.Image, list[Control]]:
    """Draw one window; what a screen of a scale of 1.5 shows is drawn twice as large."""
    style, scale = random.choice(["gtk", "adw", "adw"]), random.choice([1, 1, 1, 2, 2])
    picture, controls = clear_window(partial(draw, random, style, scale))
    return enlarged(picture, controls, random.choice([1, 1, 0.75]) if scale == 2 else 1)


def draw(random: Random, style: str, scale: int) -> Drawn:
    """Draw one form."""
    size = random.choice([7, 8, 9, 10, 11, 11, 11, 12, 13, 14, 16, 18])
    weight = " Bold" if random.random() < 0.05 else ""
    dark = random.random() < 0.4
    theme = random.choice(["Default", "Default", "Default", "Default-hc"])
    options = {
        **({"theme": theme} if style == "gtk" else {}),  # libadwaita has one theme
        "font": f"{words.family(random)}{weight} {size}",
        "dark": str(int(dark)),
        "antialias": chance(random, 0.9),
        "rtl": chance(random, 0.05),
        "backdrop": chance(random, 0.1),
        "selection": chance(random, 0.25),
        "end": chance(random, 0.4),
        "gap": str(random.choice([0, 6, 12, 24])),
        "pad": str(random.choice([2, 6, 10])),
        "hover": str(random.randint(-8, 8)),
        "focus": str(random.randint(-8, 8)),
        "css": draw_css(random, style, dark),
    }
    lines = [f"set\t{name}\t{value}" for name, value in options.items()]
    return read(program(style, scale).ask(lines + draw_lines(random, style)))


def chance(random: Random, share: float) -> str:
    """A 1 in a share of the cases."""
    return str(int(random.random() < share))


def draw_lines(random: Random, style: str) -> list[str]:
    """A header bar, columns of settings and of what other toolkits have, buttons at the end."""
    lines = []
    if random.random() < 0.6:
        lines.append(f"header\t{words.title(random)}")
        lines += [form.control(random, KINDS)] if random.random() < 0.15 else []
        lines += [f"other\ticonbutton\t\t{random.randrange(100)}" for _ in range(2)]
    parts = [form.group, form.rows, form.entries, form.tabs, settings, settings, open_menu]
    parts += [settings] * 4 if style == "adw" else [form.group]
    for _ in range(random.choice([1, 1, 2, 2, 3])):
        lines.append("column")
        for _ in range(random.choice([1, 2, 3])):
            lines += random.choice(parts)(random, KINDS)
        if style == "adw" and random.random() < 0.3:
            lines += expander(random)
    if random.random() < 0.5:
        lines.append("buttons")
        lines += [f"other\tbutton\t{words.word(random)}\t0" for _ in range(random.randint(1, 3))]
    return [varied(random, line) for line in lines]


def varied(random: Random, line: str) -> str:
    """A line, at times with a widget that only these windows have."""
    parts = line.split("\t")
    if parts[0] == "other" and parts[1] != "iconbutton" and random.random() < 0.4:
        parts[1] = random.choice(OTHERS)
    return "\t".join(parts)


def settings(random: Random, kinds: list[str]) -> list[str]:
    """A group of settings, most of one kind, with the control at one end."""
    title = words.title(random) if random.random() < 0.7 else ""
    said = words.sentence(random) if random.random() < 0.3 else ""
    kind, end = random.choice(kinds), int(random.random() < 0.6)
    return [
        f"preferences\t{title}\t{said}",
        *(
            setting(random, kind, end if kind != "switch" else 1)
            for _ in range(random.randint(2, 6))
        ),
    ]


def setting(random: Random, kind: str, end: int) -> str:
    """One line of such a group."""
    said = words.sentence(random) if random.random() < 0.4 else ""
    if random.random() < 0.25:
        other = random.choice([*OTHERS, "iconbutton", "button", "spinbox", "combobox", "slider"])
        return f"setting\t1\t{said}\tother\t{other}\t{words.word(random)}\t{random.randrange(100)}"
    return f"setting\t{end}\t{said}\t{form.control(random, [kind])}"


def expander(random: Random) -> list[str]:
    """A group with a line that has opened further ones."""
    lines = [f"preferences\t{words.title(random)}\t"]
    lines.append(f"expander\t{form.control(random, ['switch', 'switch', 'check'])}")
    kind = random.choice(KINDS)
    return lines + [setting(random, kind, 1) for _ in range(random.randint(1, 4))]


def open_menu(random: Random, kinds: list[str]) -> list[str]:
    """An open menu with check marks and radio buttons."""
    first, *rest = menu(random, kinds)
    return [first, *(f"item\t{line}" for line in rest)]


def draw_css(random: Random, style: str, dark: bool) -> str:
    """What an application's own style sheet changes, half of the time nothing."""
    rules = []
    if random.random() < 0.35:
        accent = words.color(random, 0.3, 0.5, random.uniform(0.5, 1))
        rules.append(f"@define-color accent_bg_color {accent};")
        if style == "gtk":
            rules.append(
                "check:checked, radio:checked, switch:checked {"
                f" background-image: none; background-color: {accent}; color: #ffffff; }}"
            )
    if random.random() < 0.15:
        low, high = (0.1, 0.3) if dark else (0.8, 0.97)
        ground = words.color(random, low, high, random.uniform(0, 0.6))
        rules.append(f"window {{ background: {ground}; }}")
    if random.random() < 0.15:
        side = random.choice([10, 12, 20, 24])
        rules.append(
            f"check, radio {{ min-width: {side}px; min-height: {side}px;"
            f" -gtk-icon-size: {side}px; }}"
        )
    if random.random() < 0.15:
        radius = random.choice([0, 2, 8, 99])
        rules.append(f"check, switch, switch > slider {{ border-radius: {radius}px; }}")
    if random.random() < 0.1:
        side = random.choice([14, 16, 28, 32])
        rules.append(f"switch > slider {{ min-width: {side}px; min-height: {side}px; }}")
    return " ".join(rules)


@cache
def program(style: str, scale: int) -> Program:
    """The one program that draws in a style at a scale, with a home folder of its own."""
    xserver.display()
    folder = xserver.kept_folder("gtk4")
    command = ["/usr/bin/python3", "-m", "render.toolkits.gtk4_program", style, str(folder)]
    return Program(command, HINT, at_home(folder, *ENVIRONMENT, f"GDK_SCALE={scale}"))
