"""What the programs of GTK 3 and GTK 4 share; Debian's Python has no package but GTK's."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any, TypeVar

Number = TypeVar("Number", int, float)

ICONS = ["dialog-warning", "dialog-information", "dialog-error", "edit-delete", "document-open",
         "folder", "go-next", "list-add", "list-remove", "emblem-ok-symbolic", "window-close",
         "help-about", "media-playback-start", "object-select-symbolic", "mail-unread",
         "preferences-system", "system-search", "user-trash", "network-wireless"]  # fmt: skip


class Toggles:
    """The lines of forms that are check buttons, radio buttons and switches with their labels."""

    control: Callable[[str, str, str, str], Any]
    add_row: Callable[[str, str, str, str], None]
    put_alone: Callable[[str, str, Any], None]

    def add_check(self, state: str, usable: str, text: str, kind: str = "check") -> None:
        """A check button; a switch, which has no label of its own, gets a line."""
        if kind == "switch":
            self.add_row(kind, state, usable, text)
        else:
            self.put_alone(kind, state, self.control(kind, state, usable, text))

    def add_radio(self, state: str, usable: str, text: str) -> None:
        """A radio button."""
        self.add_check(state, usable, text, "radio")

    def add_switch(self, state: str, usable: str, text: str) -> None:
        """A switch."""
        self.add_check(state, usable, text, "switch")


def answer_forms(answer: Callable[[list[list[str]]], dict[str, Any]]) -> None:
    """Answer forms, split into words, with one line of JSON each until the input ends."""
    lines: list[list[str]] = []
    for line in sys.stdin:
        if line.strip("\n"):
            lines.append(line.rstrip("\n").split("\t"))
            continue
        print(json.dumps(answer(lines)), flush=True)
        lines = []


def united(*boxes: list[Number]) -> list[Number]:
    """The box around boxes."""
    lows = [min(box[i] for box in boxes) for i in (0, 1)]
    return lows + [max(box[i] for box in boxes) for i in (2, 3)]
