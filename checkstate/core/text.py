"""Text from elsewhere in lines of ours."""

from __future__ import annotations


def printable(name: str) -> str:
    """A file name or a URL for one line of text: what cannot be printed is escaped."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in name)


def first_line(error: BaseException) -> str:
    """The first line of an error's message, or the error's name where it has none."""
    return (str(error).splitlines() or [type(error).__name__])[0]
