"""Text from elsewhere in lines of ours."""

from __future__ import annotations

from typing import Any


def printable(name: str) -> str:
    """A file name or a URL for one line of text: what cannot be printed is escaped."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in name)


FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""First characters by which a spreadsheet takes a cell for a formula (OWASP, CSV injection)."""


def as_cell(value: Any) -> Any:
    """A value as a cell of CSV that no spreadsheet runs: text that it would has an apostrophe.

    The `-` that stands for standard input is none that it would run. `from_cell` gives it back.
    """
    return f"'{value}" if is_formula(value) and value != "-" else value


def from_cell(cell: Any) -> Any:
    """The value of which as_cell made a cell; None, of a row that is too short, stays."""
    return cell[1:] if is_formula(cell) and cell.startswith("'") else cell


def is_formula(value: Any) -> bool:
    """Whether it is text that is a formula, behind any number of apostrophes."""
    return isinstance(value, str) and value.lstrip("'").startswith(FORMULA)


def first_line(error: BaseException) -> str:
    """The first line with words of an error's message, or the error's name where it has none."""
    lines = (line.strip() for line in str(error).splitlines())
    return next(filter(None, lines), type(error).__name__)
