"""Screens of the real whiptail and dialog, run in a pseudo-terminal and read with pyte."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import shutil
import struct
import subprocess
import tempfile
import termios
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

from checkstate.core.errors import UserError
from render.toolkits import words
from render.toolkits.terminal_screen import Cell, Grid, Span, Theme

try:
    import pyte
except ImportError as error:
    raise UserError("pyte is missing: `pip install pyte`") from error

COLORS = ["black", "red", "green", "brown", "blue", "magenta", "cyan", "white"]
MARK = re.compile(r"\[[ *xX]\]|\([ *]\)")
BUTTON = re.compile(r"<[^<>│]+>")
LIMIT = 10
"""Seconds for a program to show its screen."""


def program_screen(random: Random) -> Grid:
    """A check list or radio list of one of the programs, or a box without controls."""
    theme = Theme(random)
    width, height = random.choice([(70, 20), (80, 24), (80, 25), (100, 30)])
    name = random.choice(["whiptail", "dialog"])
    kind = random.choice(["--checklist", "--checklist", "--radiolist", "--radiolist", "--menu"])
    if kind == "--menu":
        kind = random.choice(["--menu", "--inputbox", "--yesno"])
    items = draw_items(random, kind, min(random.randint(2, 10), height - 11))
    inner = random.randint(50, width - 6)
    command = [name, *options(random, name), "--title", words.title(random)]
    if random.random() < 0.5:
        command += ["--backtitle", words.sentence(random)]
    command += [kind, latin(random, words.sentence), str(min(height - 3, len(items) + 9))]
    command += [str(inner)]
    if kind in ("--checklist", "--radiolist", "--menu"):
        command += [str(len(items))]
    for tag, text, state in items:
        command += [tag, text] + ([] if kind == "--menu" else ["ON" if state else "OFF"])
    with tempfile.TemporaryDirectory() as folder:
        screen = run(command, width, height, settings(random, Path(folder)))
    grid = grid_of(screen, theme)
    find_controls(grid, [state for _, _, state in items] if kind != "--menu" else [])
    return grid


def latin(random: Random, draw: Callable[[Random], str]) -> str:
    """A text that all terminals show, without the brackets that marks have."""
    while True:
        text = draw(random)
        if max(text) < "\u0500" and not set(text) & set("[]()<>"):
            return text


def draw_items(random: Random, kind: str, count: int) -> list[tuple[str, str, bool]]:
    """Tags, texts and states of a list; a radio list has one that is on."""
    if kind not in ("--checklist", "--radiolist", "--menu"):
        return []
    chosen = random.randrange(count)
    items = []
    for number in range(count):
        state = number == chosen if kind == "--radiolist" else random.random() < 0.5
        tag = random.choice([str(number + 1), latin(random, words.entry)[:14], f"opt{number}"])
        text = latin(random, words.label)[:30] if random.random() < 0.9 else ""
        items.append((tag, text, state))
    return items


def options(random: Random, name: str) -> list[str]:
    """Switches that change how a box looks."""
    shared = ["--notags", "--defaultno"] if name == "whiptail" else ["--no-tags", "--no-shadow"]
    if name == "dialog":
        shared += ["--ascii-lines", "--no-lines"]
    drawn = [option for option in shared if random.random() < 0.15]
    if "--ascii-lines" in drawn and "--no-lines" in drawn:
        drawn.remove("--no-lines")
    return drawn


def settings(random: Random, folder: Path) -> dict[str, str]:
    """The environment: half of the time with colors of the user's own."""
    environment = {
        **{"PATH": os.environ["PATH"], "HOME": str(folder), "LANG": "C.UTF-8"},
        **{"TERM": "xterm-256color", "NCURSES_NO_UTF8_ACS": "1"},
    }
    if random.random() < 0.5:
        return environment
    names = [color if color != "brown" else "yellow" for color in COLORS]
    window, root, strong = random.sample(names, 3)
    light = window in ("white", "cyan", "green", "yellow")
    ink = "black" if light else "white"
    mark = "white" if strong in ("black", "blue", "red", "magenta") else "black"
    environment["NEWT_COLORS"] = " ".join(
        f"{part}={colors}"
        for part, colors in {
            **{"root": f"{ink},{root}", "window": f",{window}", "border": f"{ink},{window}"},
            **{"title": f"{ink},{window}", "checkbox": f"{ink},{window}"},
            **{"actcheckbox": f"{mark},{strong}", "button": f"{mark},{strong}"},
            **{"textbox": f"{ink},{window}", "compactbutton": f"{ink},{window}"},
            **{"listbox": f"{ink},{window}", "actlistbox": f"{ink},{window}"},
            **{"label": f"{ink},{window}", "shadow": f",{random.choice(names)}"},
        }.items()
    )
    bold = random.choice(["ON", "OFF"])
    plain = f"({ink},{window},OFF)".upper()
    parts = {
        **{"screen_color": f"(white,{root},{bold})", "dialog_color": plain, "border_color": plain},
        **{"title_color": f"({ink},{window},ON)", "check_color": plain, "item_color": plain},
        **{"tag_color": plain, "menubox_color": plain, "menubox_border_color": plain},
        **{"item_selected_color": f"({mark},{strong},{bold})"},
        **{"tag_selected_color": f"({mark},{strong},{bold})"},
        **{"check_selected_color": f"({mark},{strong},{bold})"},
        **{"border2_color": plain, "menubox_border2_color": plain},
    }
    lines = [f"{name} = {value.upper()}" for name, value in parts.items()]
    (folder / "rc").write_text("use_colors = ON\nuse_shadow = ON\n" + "\n".join(lines) + "\n")
    environment["DIALOGRC"] = str(folder / "rc")
    return environment


def run(command: list[str], width: int, height: int, environment: dict[str, str]) -> pyte.Screen:
    """Start a program, wait until it waits for a key, and end it."""
    if not shutil.which(command[0]):
        raise UserError(f"{command[0]} is missing: `apt install whiptail dialog`")
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))
    screen = pyte.Screen(width, height)
    stream = pyte.ByteStream(screen)
    program = subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment, close_fds=True,
        start_new_session=True,
    )  # fmt: skip
    os.close(theirs)
    started = time.monotonic()
    seen = False
    try:
        while time.monotonic() < started + LIMIT:
            if select.select([ours], [], [], 0.03)[0]:
                stream.feed(os.read(ours, 65536))
                seen = True
            elif seen and asleep(program.pid):
                return screen
    except OSError as error:  # the program has ended and closed its side
        shown = "\n".join(screen.display).strip()
        raise UserError(f"{' '.join(command)}: ended at once: {shown[:300]}") from error
    finally:
        program.kill()
        program.wait()
        os.close(ours)
    raise UserError(f"{' '.join(command)}: shows nothing within {LIMIT} seconds")


def asleep(process: int) -> bool:
    """Whether a process waits for something; with all its output read, that is a key."""
    return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "S"


def grid_of(screen: pyte.Screen, theme: Theme) -> Grid:
    """The screen in a theme's colors."""
    grid = Grid(screen.columns, screen.lines, theme.ink, theme.ground)
    for y in range(screen.lines):
        for x in range(screen.columns):
            char = screen.buffer[y][x]
            ink = theme.named(char.fg, theme.ink, char.bold)
            ground = theme.named(char.bg, theme.ground)
            if char.reverse:
                ink, ground = ground, ink
            grid.cells[y][x] = Cell(char.data, ink, ground, char.bold)
    return grid


def find_controls(grid: Grid, states: list[bool]) -> None:
    """Note where the marks, the buttons and the title stand; the states must be those given."""
    found = []
    for y in range(grid.height):
        text = grid.text(y)
        if match := MARK.search(text):
            state = match[0][1] != " "
            found.append(state)
            left, right = frame(text, match.start())
            end = match.start() + len(text[match.start() : right].rstrip())
            kind = "checkbox" if match[0][0] == "[" else "radio"
            label = "checked" if state else "unchecked"
            content = (match.start(), end)
            grid.spans.append(Span(kind, label, y, match.span(), content, (left, right)))
            continue
        for button in BUTTON.finditer(text):
            grid.spans.append(Span("button", "other", y, button.span(), button.span(), None))
        line = re.search(r"[│|] +(\w.*?\w) *[│|]", text)
        if line and not BUTTON.search(text):
            grid.spans.append(Span("text", "other", y, line.span(1), line.span(1), None))
    if found != states:
        raise UserError(f"a terminal's list shows {found} instead of {states}")


def frame(text: str, place: int) -> tuple[int, int]:
    """The columns between the frame's lines around a place."""
    edges = [i for i, char in enumerate(text) if char in "│|┤├"]
    left = max((i + 1 for i in edges if i < place), default=0)
    return left, min((i for i in edges if i > place), default=len(text))
