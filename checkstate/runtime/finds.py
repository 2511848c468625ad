"""What was found in screenshots: as text, as a picture with boxes, and as crops to learn from."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from itertools import chain, count
from pathlib import Path
from typing import Any, TextIO

from PIL import Image, ImageColor, ImageDraw, ImageFont

from checkstate.core.errors import UserError
from checkstate.core.files import atomic_write, row_writer, write_csv
from checkstate.core.layout import same_name_key
from checkstate.core.text import printable
from checkstate.runtime.finder import Control, Finder, around
from checkstate.runtime.output import Format, cut_stem, explanation_path

Show = Callable[[str, Image.Image, Sequence[Control]], None]
"""Writes what was found in a named screenshot."""

Rectangle = tuple[int, int, int, int]
"""Left, top, right and bottom in pixels, all of them within."""

COLORS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7"]
"""Of the states, in the order of the classifier's; told apart by the color-blind (Okabe, Ito)."""


def writer(stream: TextIO, kind: Format, finder: Finder) -> Show:
    """A function that writes the controls of a named screenshot to the stream."""
    return {"json": json_lines, "csv": csv_rows, "text": text_lines}[kind](stream, finder)


def json_lines(stream: TextIO, finder: Finder) -> Show:
    """One object per screenshot, with its size in pixels and its controls."""

    def show(name: str, picture: Image.Image, controls: Sequence[Control]) -> None:
        row = as_json(picture, controls, finder)
        stream.write(json.dumps({"path": name} | row) + "\n")

    return show


def as_json(picture: Image.Image, controls: Sequence[Control], finder: Finder) -> dict[str, Any]:
    """What was found in a screenshot, and by which models: names, for others may read them."""
    return {
        "width": picture.width,
        "height": picture.height,
        "controls": [control.as_json() for control in controls],
        "finder": finder.path.name,
        "model": finder.predictor.path.name,
    }


def csv_rows(stream: TextIO, finder: Finder) -> Show:
    """A header and a row per control; as with predictions, no path is a formula."""
    del finder
    write = row_writer(stream)
    sides = ["left", "top", "right", "bottom"]
    write(["path", *sides, "kind", "kind_confidence", "confidence", "state", "state_confidence"])

    def show(name: str, picture: Image.Image, controls: Sequence[Control]) -> None:
        del picture
        for control in controls:
            box, *rest = control.as_json().values()
            write([name, *box, *rest])

    return show


def text_lines(stream: TextIO, finder: Finder) -> Show:
    """The screenshot, then a line per control: state, kind, that there is one, place."""
    width = max(map(len, finder.predictor.classes))
    kinds = max(map(len, finder.kinds))

    def show(name: str, picture: Image.Image, controls: Sequence[Control]) -> None:
        shown = f"{len(controls)} control{'' if len(controls) == 1 else 's'}"
        stream.write(f"{printable(name)}  {picture.width}x{picture.height}  {shown}\n")
        for control in controls:
            left, top, right, bottom = (round(side) for side in control.box)
            state = control.prediction.label or ""
            stream.write(
                f"  {state:<{width}}  {control.prediction.confidence:6.1%}  "
                f"{control.kind:<{kinds}}  {control.kind_confidence:6.1%}  "
                f"control {control.confidence:6.1%}  "
                f"at {left},{top} to {right},{bottom}\n"
            )

    return show


def drawn(picture: Image.Image, controls: Sequence[Control], classes: Sequence[str]) -> Image.Image:
    """The screenshot with a box and a state for each control."""
    canvas = picture.copy()
    draw = ImageDraw.Draw(canvas)
    font = ImageFont.load_default(font_size(picture))
    frames = [framed(control) for control in controls]
    taken = list(frames)
    for control, frame in zip(controls, frames, strict=True):
        label = control.prediction.label or "?"
        color = COLORS[classes.index(label) % len(COLORS)] if label in classes else "#555555"
        draw.rectangle(frame, outline=color, width=2)
        left, top, right, bottom = draw.textbbox((0, 0), label, font)
        size = round(right - left) + 2, round(bottom - top) + 2
        tag = free_place(frame, size, picture.size, taken)
        taken.append(tag)
        draw.rectangle(tag, fill=color)
        draw.text((tag[0] + 1 - left, tag[1] + 1 - top), label, ImageColor.getrgb("white"), font)
    return canvas


def framed(control: Control) -> Rectangle:
    """The frame that is drawn around a control."""
    left, top, right, bottom = (round(side) for side in control.box)
    return left - 2, top - 2, right + 1, bottom + 1


def free_place(
    frame: Rectangle, size: tuple[int, int], picture: tuple[int, int], taken: Sequence[Rectangle]
) -> Rectangle:
    """Where a tag of a size covers nothing that is taken: above, left, right of or below a frame,
    else above it; within a picture of that width and height, all in pixels."""
    (left, top, right, bottom), (width, height) = frame, size
    corners = (left, top - height), (left - width, top), (right + 1, top), (left, bottom + 1)
    places: list[Rectangle] = []
    for x, y in corners:
        x, y = max(min(x, picture[0] - width), 0), max(min(y, picture[1] - height), 0)
        places.append((x, y, x + width - 1, y + height - 1))
    return next((p for p in places if not any(overlap(p, each) for each in taken)), places[0])


def overlap(one: Rectangle, other: Rectangle) -> bool:
    """Whether two rectangles share a pixel."""
    return one[0] <= other[2] and other[0] <= one[2] and one[1] <= other[3] and other[1] <= one[3]


def font_size(picture: Image.Image) -> int:
    """How large a state is written: as people read it on a whole screen of 4K as of 1080 lines.

    A page that was photographed in its whole length is no larger a screen.
    """
    return max(round(min(picture.height / 90, picture.width / 60)), 11)


def drawn_path(name: str, folder: Path) -> Path:
    """Where the drawing of a screenshot goes: <folder>/<path>.found.png, long names cut."""
    target = explanation_path(name, folder)
    return target.with_name(f"{target.name.removesuffix('.explained.png')}.found.png")


def save(picture: Image.Image, target: Path) -> None:
    """Write a PNG, whole or not at all; raises OSError where that is not possible.

    Without its file's color profile, which would be wrong where that file was no RGB.
    """
    with atomic_write(target) as temporary:
        picture.save(temporary, "PNG", icc_profile=None)


def list_of(folder: Path) -> Path:
    """Where the list of a folder of crops is, as a data set in data/ has its own."""
    return folder.parent / "curation" / f"{folder.name}.csv"


class Crops:
    """Crops of the controls in class folders, and the list on which a person corrects them.

    Below `folder` a crop is <state>/<screenshot>-<number>.png; the list is
    curation/<folder's name>.csv beside the folder, where a data set in data/ has its own.
    """

    def __init__(self, folder: Path) -> None:
        """Raises UserError when something is there that a person may have corrected."""
        self.folder = folder
        self.list = list_of(folder)
        self.rows: list[dict[str, object]] = []
        self.stems: set[str] = set()
        for path in (folder, self.list):
            if path.exists():
                raise UserError(f"{path}: already there; name another folder for the crops")

    def add(self, name: str, picture: Image.Image, controls: Sequence[Control]) -> None:
        """Cut out a screenshot's controls, each with how its label begins; raises OSError."""
        stem = self.new_stem(name)
        for number, control in enumerate(controls):
            left, top, right, bottom = (round(side) for side in control.box)
            file = f"{control.prediction.label}/{stem}-{number:03}.png"
            save(picture.crop(around(control.box, picture)), self.folder / file)
            reason = (
                f"{control.kind} at {left} {top} {right} {bottom} of {printable(name)}, "
                f"{control.prediction.confidence:.3f}"
            )
            self.rows.append({"path": file, "decision": "keep", "reason": reason})

    def new_stem(self, name: str) -> str:
        """What the crops of a screenshot are called: no two share it, not on macOS or Windows."""
        stem = cut_stem(re.sub(r"[^\w.-]+", "-", Path(name).with_suffix("").as_posix()).strip("-."))
        numbered = (f"{stem}-{number}" for number in count(2))
        chosen = next(s for s in chain([stem], numbered) if same_name_key(s) not in self.stems)
        self.stems.add(same_name_key(chosen))
        return chosen

    def write_list(self) -> None:
        """Write the curation list, if anything was found: `keep`, for a person to change."""
        if self.rows:
            write_csv(self.list, self.rows)
