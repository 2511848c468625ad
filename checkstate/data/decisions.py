"""The curation list: what people decided about images."""

from __future__ import annotations

import csv
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

from tqdm import tqdm

from checkstate.core import bounds
from checkstate.core.bounds import check_size
from checkstate.core.errors import UserError
from checkstate.core.layout import without_split
from checkstate.core.text import from_cell, printable

COLUMNS = ("path", "decision", "reason")
VERDICTS = frozenset({"keep", "exclude", "ambiguous"})


def read_decisions(path: Path, known: Iterable[str]) -> dict[str, str]:
    """Read a curation list (path, decision, reason); raises UserError for what it cannot mean.

    A decision is `keep`, `exclude`, `ambiguous` or `label=<class>`. A path may leave out the
    folder of a predefined split. A listed image that is not there is named on stderr: lists
    outlive the part of a data set that one user has.
    """
    if not path.exists():
        return {}
    names = names_by_alias(known)
    decided: dict[str, tuple[str, int]] = {}
    for line, row in read_lines(path):
        name, decision = row["path"], check_decision(path, line, row["decision"])
        meant = from_cell(name.strip())
        found = names.get(from_cell(name)) or names.get(meant) or names.get(name.strip(), [])
        if len(found) > 1:
            both = " and ".join(map(printable, found[:2]))
            raise UserError(f"{path}:{line}: {printable(name)} is {both}: add the split's folder")
        if not found:
            missing = f"{path}:{line}: {printable(name)}: no such image"
            tqdm.write(f"warning: {missing}", sys.stderr)
            continue
        before, earlier = decided.setdefault(found[0], (decision, line))
        if before != decision:
            raise UserError(
                f"{path}:{line}: {printable(name)}: {decision} here and {before} in line "
                f"{earlier}; leave one"
            )
    return {name: decision for name, (decision, _) in decided.items()}


def names_by_alias(known: Iterable[str]) -> dict[str, list[str]]:
    """Image paths by what a list may call them: themselves, or without the split's folder."""
    aliases = defaultdict(list)
    for name in known:
        aliases[without_split(name)].append(name)
    return aliases | {name: [name] for names in list(aliases.values()) for name in names}


def check_decision(path: Path, line: int, text: str) -> str:
    """A decision without spaces at its ends; raises UserError for none."""
    decision = text.strip()
    if decision in VERDICTS:
        return decision
    key, _, label = decision.partition("=")
    label = label.strip()
    if key.strip() == "label" and label and label.isprintable() and "/" not in label:
        return f"label={label}"
    raise UserError(
        f"{path}:{line}: decision {text!r}: use keep, exclude, ambiguous or label=CLASS"
    )


def read_lines(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield line numbers and cells; raises UserError for what is no row.

    Each line is parsed by itself: a quote that is left open would swallow the rows after it. A
    comma in the last column needs no quotes.
    """
    try:
        check_size(path, bounds.CURATION_LIST)
        with path.open(encoding="utf-8-sig") as file:
            header = [name.strip() for name in parse_line(path, 1, file.readline())]
            doubled = len(set(header)) < len(header)
            if doubled or not {"path", "decision"} <= set(header) <= set(COLUMNS):
                columns = printable(", ".join(header)) or "missing"
                raise UserError(
                    f"{path}: its columns are {columns}; its first line has to be "
                    f"{','.join(COLUMNS)}"
                )
            for line, text in enumerate(file, start=2):
                cells = parse_line(path, line, text)
                if any(map(str.strip, cells)):
                    yield line, dict.fromkeys(header, "") | dict(zip(header, cells, strict=False))
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: save it as UTF-8 ({error.reason} at {error.start})") from error
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}") from error


def parse_line(path: Path, line: int, text: str) -> list[str]:
    """The cells of one line of CSV; raises UserError for one that is none."""
    try:
        return next(csv.reader([text], strict=True), [])
    except csv.Error as error:
        raise UserError(f"{path}:{line}: {error}; are its quotes closed?") from error
