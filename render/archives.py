"""Archives of screenshots, each with what stands where on it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from PIL import Image
from tqdm import trange

from checkstate.core.errors import UserError
from checkstate.core.files import atomic_write, read_archive, read_json, write_json
from render.cutting import Control
from render.pages import HERE

CONTROLS = "controls.json"
"""Member of an archive of screenshots: what stands on each, in order."""


def archive_of(name: str) -> Path:
    """Where a library's screenshots are."""
    return HERE / "screenshots" / f"{name}.zip"


def draw_missing(
    state: Path, count: int, name: str, draw: Callable[[int], tuple[Image.Image, list[Control]]]
) -> None:
    """Draw what a state folder lacks of so many pictures, so that a run goes on there.

    What `draw` raises goes through. Of each picture, <number>.png is written, then <number>.json,
    by which it is known to be whole.
    """
    for number in trange(count, desc=name, unit="picture"):
        known = state / f"{number}.json"
        if known.exists():
            continue
        picture, controls = draw(number)
        with atomic_write(known.with_suffix(".png")) as temporary:
            picture.save(temporary, "PNG", optimize=True)
        write_json(known, [asdict(control) for control in controls])


def members(name: str, state: Path, pages: int) -> Iterator[tuple[str, bytes]]:
    """Yield the PNGs in order, then what stands on all of them."""
    for number in range(pages):
        yield f"{name}-{number}.png", (state / f"{number}.png").read_bytes()
    seen = {f"{name}-{number}.png": read_json(state / f"{number}.json") for number in range(pages)}
    yield CONTROLS, json.dumps(seen).encode()


def read_screenshots(
    name: str, count: int | None = None
) -> Iterator[tuple[str, bytes, list[Control]]]:
    """Yield the file names, PNGs and controls of a library's pages, at most `count`.

    Raises UserError where fewer were drawn.
    """
    archive = archive_of(name)
    if not archive.exists():
        raise UserError(f"{archive} is missing: run `python -m render.screenshots {name}`")
    (member,) = read_archive(archive, [CONTROLS])
    seen: dict[str, list[dict[str, Any]]] = json.load(member)
    names = list(seen)[:count]
    if count and len(names) < count:
        raise UserError(
            f"{archive} has {len(names)} pages of {count}: ask for fewer in find/params.yaml, or "
            "raise pages and held_out_pages of render/params.yaml and draw them again"
        )
    for file, png in zip(names, read_archive(archive, names), strict=True):
        yield file, png.getvalue(), [control_of(each) for each in seen[file]]


def control_of(fields: dict[str, Any]) -> Control:
    """A control as JSON has it, with tuples for its lists."""
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in fields.items()
    }
    return Control(**values)
