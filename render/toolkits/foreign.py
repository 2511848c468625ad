"""Programs of other languages or Pythons that draw windows: one question, one answer.

The program reads a form's lines up to an empty one, draws, and prints one line of JSON: the path
of the picture and of another one with all states turned, and each control's kind, state and boxes.
"""

from __future__ import annotations

import ctypes
import json
import os
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import IO, Any, cast

from PIL import Image

from checkstate.core.errors import UserError
from render.cutting import HIDDEN, OTHER, Box, Control, clipped, overlap, size
from render.toolkits import xserver
from render.toolkits.pixels import Drawn, told_apart

ROOT = Path(__file__).parents[2]
USERS = (
    *("XENVIRONMENT", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "KIVY_HOME", "GTK_THEME", "GTK_MODULES"),
    *("GDK_SCALE", "GDK_DPI_SCALE", "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS"),
)
"""Variables that hold a person's own settings or lead to them and to fonts, as HOME does."""
KINDS = {"check": "checkbox", "radio": "radio", "switch": "switch"}
WHOLE = 0.999
"""Share of a control that a picture shows, from which on it is whole: some sides are fractions."""


class Program:
    """A running program that answers forms with pictures; UserError where it is missing."""

    def __init__(
        self, command: list[str], hint: str, environment: dict[str, str] | None = None
    ) -> None:
        self.hint = hint
        # no pipe: one that nobody reads stops a program that warns a lot
        self.said = xserver.kept_folder("said") / "errors.txt"
        try:
            with self.said.open("w") as said:
                self.process = subprocess.Popen(
                    command, cwd=ROOT, env=environment, stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE, stderr=said, text=True, encoding="utf-8",
                )  # fmt: skip
        except FileNotFoundError as error:
            raise UserError(f"{command[0]} is missing: {hint}") from error
        xserver.end_at_exit(self.process)
        pipes = self.process.stdin, self.process.stdout
        self.form, self.answer = cast("tuple[IO[str], IO[str]]", pipes)

    def ask(self, lines: list[str]) -> Any:
        """Send a form; give the answer. A program that ends instead raises UserError."""
        try:
            self.form.write("\n".join(lines) + "\n\n")
            self.form.flush()
            answer = self.answer.readline()
        except BrokenPipeError:
            answer = ""
        if not answer:
            self.process.wait()
            text = self.said.read_text(encoding="utf-8", errors="replace")
            said = ["", *text.strip().splitlines()]
            cause = [line for line in said if not line.startswith((" ", "\t"))][-1]
            # a program that waited in vain lacks no package
            hint = "" if cause.startswith("TimeoutError") else f": {self.hint}"
            raise UserError(f"{cause}{hint}")
        return json.loads(answer)


@cache
def python_program(module: str, hint: str, settings: tuple[str, ...] = ()) -> Program:
    """The one program of a module, run by this Python with a home folder of its own.

    The settings are further variables of its environment, as NAME=value.
    """
    xserver.display()
    folder = xserver.kept_folder("python")
    command = [sys.executable, "-W", "ignore", "-m", module, str(folder)]
    return Program(command, hint, at_home(folder, *settings))


def at_home(folder: Path, *settings: str) -> dict[str, str]:
    """An environment with another home folder and none of a person's own settings.

    The settings are further variables, as NAME=value.
    """
    kept = {name: value for name, value in os.environ.items() if name not in USERS}
    ours = dict(setting.split("=", 1) for setting in settings)
    return {**kept, "HOME": str(folder), "LC_ALL": "C.UTF-8", **ours}


@cache
def library(name: str) -> Any:
    """A library of the system, for such a program; SystemExit names one that is missing."""
    try:
        return ctypes.CDLL(name)
    except OSError as error:
        raise SystemExit(f"{name} is missing") from error


def answer_forms(answer: Callable[[list[str], Path], dict[str, Any]], folder: Path) -> None:
    """Be such a program: answer forms until the input ends; pictures go into the folder."""
    lines: list[str] = []
    for line in sys.stdin:
        if line.strip("\n"):
            lines.append(line.rstrip("\n"))
            continue
        print(json.dumps(answer(lines, folder)), flush=True)
        lines = []


def read(answer: Any, ground: int = 0) -> Drawn:
    """The picture and the controls of an answer, and whether all of them show their state.

    Those that are plain areas do so with some pixels of the ground around them. The picture ends
    where the screen does: a control beyond is none, and one that is cut counts as hidden.
    """
    picture, toggled = (load(answer[name]) for name in ("picture", "toggled"))
    frame = (0.0, 0.0, float(picture.width), float(picture.height))
    controls, clear = [], True
    for item in answer["controls"]:
        box, content, row = (boxed(item.get(name)) for name in ("box", "content", "row"))
        if content is None or box is None or not overlap(box, frame):
            continue
        kind = KINDS.get(item["kind"], item["kind"])
        label = ("unchecked", "checked")[item["state"]] if item["kind"] in KINDS else OTHER
        seen, around = clipped(box, frame), clipped(joined(box, content), frame)
        if overlap(box, frame) < WHOLE * size(box):
            if label != OTHER:
                controls.append(Control(kind, HIDDEN, seen, around, row))
        elif label == OTHER or told_apart(picture, toggled, box, ground):
            controls.append(Control(kind, label, seen, around, row))
        else:
            clear = False
    return picture, controls, clear


def load(path: str) -> Image.Image:
    """A picture that a program has written."""
    with Image.open(path) as image:
        return image.convert("RGB")


def boxed(sides: list[float] | None) -> Box | None:
    """Four numbers as a box."""
    return (sides[0], sides[1], sides[2], sides[3]) if sides else None


def joined(one: Box, two: Box) -> Box:
    """The smallest box around two."""
    return min(one[0], two[0]), min(one[1], two[1]), max(one[2], two[2]), max(one[3], two[3])
