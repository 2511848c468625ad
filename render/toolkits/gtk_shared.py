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
