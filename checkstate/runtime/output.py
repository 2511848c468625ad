"""Predictions as text: JSON, CSV, or a line for a person; and where explanations go."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Literal, TextIO
from urllib.parse import quote, urlsplit

from checkstate.core.files import row_writer
from checkstate.core.text import printable
from checkstate.runtime.predictor import Prediction, Predictor
from checkstate.runtime.sources import is_url

Format = Literal["json", "csv", "text"]
Show = Callable[[str, Prediction], None]

UNSURE = "(unsure)"

STEM = 100
"""Bytes of an image's name in the names of what is made of it: file systems take 255 of the
whole."""


def writer(stream: TextIO, kind: Format, predictor: Predictor) -> Show:
    """A function that writes a named prediction to the stream."""
    return {"json": json_lines, "csv": csv_rows, "text": text_lines}[kind](stream, predictor)


def json_lines(stream: TextIO, predictor: Predictor) -> Show:
    """One object a line."""

    def show(name: str, prediction: Prediction) -> None:
        row = {"path": name, **asdict(prediction), "model": predictor.path.name}
        stream.write(json.dumps(row) + "\n")

    return show


def csv_rows(stream: TextIO, predictor: Predictor) -> Show:
    """A header and a row each; a name that a spreadsheet would run has an apostrophe before it."""
    write = row_writer(stream)
    write(["path", "label", "confidence", *(f"p_{c}" for c in predictor.classes)])

    def show(name: str, prediction: Prediction) -> None:
        numbers = [prediction.confidence, *prediction.probabilities.values()]
        write([name, prediction.label or "", *(f"{number:.6f}" for number in numbers)])

    return show


def text_lines(stream: TextIO, predictor: Predictor) -> Show:
    """Label, confidence as a number and a bar, and name."""
    width = max(len(name) for name in [*predictor.classes, UNSURE])

    def show(name: str, prediction: Prediction) -> None:
        bar = "#" * round(20 * prediction.confidence)
        label = prediction.label or UNSURE
        confidence = f"{prediction.confidence:6.1%}  {bar:.<20}"
        stream.write(f"{label:<{width}}  {confidence}  {printable(name)}\n")

    return show


def check_writable(folder: Path) -> None:
    """Raises OSError where no file can be written below a folder, which may be missing yet.

    Nothing is made: what is refused later must not leave an empty folder. A link to nowhere counts
    as being there, as no folder can take its place.
    """
    there = next(each for each in (folder, *folder.parents) if is_there(each))
    tempfile.TemporaryFile(dir=there).close()


def is_there(path: Path) -> bool:
    """Whether something has a path; raises OSError where nothing can, as of a name too long.

    `exists` would not: Python 3.14 has it swallow that error.
    """
    with suppress(FileNotFoundError, NotADirectoryError):
        path.lstat()
        return True
    return False


def explanation_path(name: str, folder: Path) -> Path:
    """Where the explanation of a file or URL goes below a folder: no two names share a place.

    Long parts of it are cut.
    """
    if is_url(name):
        url = urlsplit(name)
        digest = hashlib.sha256(os.fsencode(name)).hexdigest()[:8]  # of case, slashes and query too
        name = f"{url.scheme}/{url.netloc}/{url.path.strip('/')}-{digest}"
    path = Path(name)
    root = f"__root__{quote(path.drive, safe='')}"
    parts = [root if p == path.anchor else "__up__" if p == ".." else p for p in path.parts]
    *folders, stem = map(cut_stem, parts)
    return folder.joinpath(*folders, f"{stem}.explained.png")


def cut_stem(stem: str) -> str:
    """A name that every file system takes: a long one is cut, and a hash of all of it added."""
    encoded = os.fsencode(stem)
    if len(encoded) <= STEM:
        return stem
    return f"{encoded[:STEM].decode(errors='ignore')}-{hashlib.sha256(encoded).hexdigest()[:8]}"
