"""What the service says of its models: the files, their metadata, and the figures of its card."""

from __future__ import annotations

import re
from contextlib import suppress
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

from checkstate.core.files import md5_of
from checkstate.core.paths import MODEL_CARD
from checkstate.runtime.finder import Finder
from checkstate.serve.schemas import Figure, FinderInfo, Info

PACKAGES = ("checkstate", "onnxruntime")
ROW = re.compile(r"^\| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)


def describe(finder: Finder, *, token: bool) -> Info:
    """All that clients may know of the models; `token` says whether they need one."""
    predictor = finder.predictor
    md5 = md5_of(predictor.path)
    card = find_card(predictor.path, md5)
    return Info(
        name=predictor.metadata.get("backbone", "").strip('"') or predictor.path.stem,
        file=predictor.path.name,
        bytes=predictor.path.stat().st_size,
        md5=md5,
        classes=predictor.classes,
        image_size=predictor.size,
        figures=figures_of(card),
        note=note_of(card),
        finder=FinderInfo(
            file=finder.path.name,
            bytes=finder.path.stat().st_size,
            md5=md5_of(finder.path),
            kinds=finder.kinds,
            threshold=finder.threshold,
        ),
        versions={package: version(package) for package in PACKAGES},
        token=token,
    )


def find_card(model: Path, md5: str) -> str:
    """The text of the model card that names this file's md5, else nothing: a card beside a file
    may be another file's."""
    folder = model.resolve().parent
    released = Path(str(files("checkstate").joinpath("released")))
    for place in (folder, folder.parent, released):
        with suppress(OSError):
            text = (place / MODEL_CARD).read_text(encoding="utf-8", errors="replace")
            if f"`{md5}`" in text:
                return text
    return ""


def section(card: str) -> str:
    """What stands under the heading Figures."""
    return card.partition("\n## Figures\n")[2].partition("\n## ")[0].strip()


def figures_of(card: str) -> list[Figure]:
    """The rows of the first table of figures; the tables of classes have more columns."""
    rows = [[unescape(cell) for cell in row] for row in ROW.findall(section(card))]
    return [Figure(what=what, figure=figure) for what, figure in rows if what != "what"]


def note_of(card: str) -> str:
    """What the images of the figures are, which the card says before and above the table."""
    if not section(card):
        return ""
    before = card.partition("\n## Figures\n")[0].strip().split("\n\n")[2:]
    above = section(card).split("\n\n")[0].removesuffix(":") + "."
    return unescape(" ".join(" ".join([*before, above]).split()))


def unescape(text: str) -> str:
    """Markdown's backslashes taken away."""
    return re.sub(r"\\(.)", r"\1", text)
