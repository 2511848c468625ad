"""The rows of screenshots: one for each control that `find --json` lists, with its values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any

import pyarrow as pa
import pyarrow.compute as pc

from checkstate.runtime.finder import Finder
from checkstate.runtime.images import ImageError, read_image
from checkstate.scale.reading import Named, as_text, reason
from checkstate.scale.storage import read_columns

SCHEMA = pa.schema(
    [
        ("path", pa.string()),
        ("width", pa.int32()),
        ("height", pa.int32()),
        ("number", pa.int32()),
        ("box", pa.list_(pa.float64())),
        ("kind", pa.string()),
        ("kind_confidence", pa.float64()),
        ("confidence", pa.float64()),
        ("state", pa.string()),
        ("state_confidence", pa.float64()),
        ("error", pa.string()),
        ("model_md5", pa.string()),
        ("finder_md5", pa.string()),
    ]
)
"""`number` counts the controls of a screenshot from 0, from top to bottom. A screenshot without
any is a row whose number is null, and so is an unreadable one, whose `error` is not null."""


def found(finder: Finder, images: Iterator[Named]) -> Iterator[list[dict[str, Any]]]:
    """The rows of every screenshot, in order, with one of them in memory."""
    for name, content in images:
        row = {"path": as_text(name)}
        try:
            yield rows_of(finder, row, content)
        except ImageError as error:
            yield [{**row, "error": reason(name, error)}]


def rows_of(
    finder: Finder, row: dict[str, Any], content: Path | bytes | ImageError
) -> list[dict[str, Any]]:
    """A screenshot's controls, or a row without one; raises ImageError for an unreadable one."""
    if isinstance(content, ImageError):
        raise content
    picture = read_image(content)
    row = {**row, "width": picture.width, "height": picture.height}
    controls = finder.find(picture)
    return [{**row, "number": n, **each.as_json()} for n, each in enumerate(controls)] or [row]


def count_controls(parts: Iterable[IO[bytes]]) -> dict[str, Any]:
    """How many screenshots there are, how many could not be read, and the controls by state."""
    images = unreadable = 0
    states = Counter[str]()
    for part in parts:
        table = read_columns(part, ["number", "error", "state"])
        images += pc.sum(pc.equal(pc.fill_null(table["number"], 0), 0)).as_py() or 0
        unreadable += len(table) - table["error"].null_count
        for entry in pc.value_counts(pc.drop_null(table["state"])).to_pylist():
            states[entry["values"]] += entry["counts"]
    return {
        "images": images,
        "unreadable": unreadable,
        "controls": states.total(),
        "states": dict(sorted(states.items())),
    }
