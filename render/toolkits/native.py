"""Toolkits of C and C++: programs that are compiled when they first draw."""

from __future__ import annotations

import os
import re
import subprocess
from functools import cache
from pathlib import Path
from random import Random

from checkstate.core.errors import UserError
from render.toolkits import words, xserver
from render.toolkits.foreign import Program, at_home
from render.toolkits.form import control, draw_form

HERE = Path(__file__).parent


@cache
def program(source: str, libraries: tuple[str, ...], hint: str) -> Program:
    """Compile a source beside this file and start it; raise UserError where that fails."""
    xserver.display()
    folder = xserver.kept_folder("native")
    linked = [f"-l{name}" for name in libraries]
    compile_source(["g++", "-o", str(folder / "program"), str(HERE / source), *linked], hint)
    command = [str(folder / "program"), str(folder / "window.ppm")]
    return Program(command, hint, at_home(folder))


def compile_source(command: list[str], hint: str) -> None:
    """Run a compiler; what it misses or calls an error is one line (UserError)."""
    environment = {**os.environ, "LC_ALL": "C"}
    try:
        subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    except FileNotFoundError as error:
        raise UserError(f"{command[0]} is missing: {hint}") from error
    except subprocess.CalledProcessError as error:
        raise UserError(f"{refusal(command[0], error.stderr)}: {hint}") from error


def refusal(compiler: str, said: str) -> str:
    """What a compiler misses or calls an error in a source, in one line."""
    lacks = re.search(r"\S+(?=: No such file)|cannot find -l\S+", said)
    if lacks:
        return f"{lacks[0]} is missing"
    return f"{compiler} refuses " + next(
        (line for line in said.splitlines() if "error:" in line), ""
    )


def draw_native(random: Random, kinds: list[str]) -> list[str]:
    """A form, with trees and open menus in its columns, in letters that every font has."""
    lines = []
    for line in draw_form(random, kinds):
        lines.append(line)
        if line == "column":
            lines += menu(random, kinds) if random.random() < 0.25 else []
            lines += tree(random) if random.random() < 0.1 else []
    return [line if is_plain(line) else in_english(random, line) for line in lines]


def menu(random: Random, kinds: list[str]) -> list[str]:
    """An open menu of toggles; the number is that of the line under the pointer, if any."""
    count = random.randint(2, 6)
    flat = [kind for kind in kinds if kind != "switch"]
    return [
        f"menu\t{random.randint(-count, count - 1)}",
        *(control(random, flat) for _ in range(count)),
    ]


def tree(random: Random) -> list[str]:
    """A tree; a 1 begins a branch."""
    count = random.randint(4, 9)
    return [
        "tree",
        *(f"entry\t{int(random.random() < 0.4)}\t{words.entry(random)}" for _ in range(count)),
    ]


def is_plain(line: str) -> bool:
    """Whether programs that take no letter from a second font can draw a line."""
    return all(ord(letter) < 0x530 or 0x2010 <= ord(letter) <= 0x203A for letter in line)


def in_english(random: Random, line: str) -> str:
    """A line with other texts instead of those in letters that are not plain."""
    parts = line.split("\t")
    return "\t".join(
        part if is_plain(part) else str(random.choice(words.OURS["labels"])) for part in parts
    )


def palette(random: Random) -> dict[str, str]:
    """The colors of a window: of surfaces, of fields, of text, and of what is chosen."""
    style = random.choice(["gray", "gray", "light", "tinted", "colored", "dark"])
    ground = {
        "gray": random.choice(["#c0c0c0", "#c4c4c4", "#d4d0c8", "#dcdcdc", "#b3b3b3", "#aeb2c3"]),
        "light": words.color(random, 0.88, 0.98, random.uniform(0, 0.4)),
        "tinted": words.color(random, 0.6, 0.8, random.uniform(0.1, 0.4)),
        "colored": words.color(random, 0.3, 0.55, random.uniform(0.2, 0.6)),
        "dark": words.color(random, 0.12, 0.3, random.uniform(0, 0.3)),
    }[style]
    bright = words.luminance(ground) > 110
    paper = words.mixed(ground, "#ffffff", random.choice([1, 1, 1, 0.6]))
    if not bright:
        paper = words.mixed(ground, "#000000", random.choice([0.2, 0.5, 0.8]))
    return {
        "ground": ground,
        "paper": paper,
        "ink": "#000000" if bright else random.choice(["#ffffff", "#e0e0e0"]),
        "select": words.color(random, 0.3, 0.5, random.uniform(0.3, 1)),
    }
