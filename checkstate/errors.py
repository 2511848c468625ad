"""Errors that a user can cause and mend: one line, no traceback."""

from __future__ import annotations

import sys
from collections.abc import Callable


class UserError(Exception):
    """The message names the file or key, and the way out."""


def run_stage(main: Callable[[], None]) -> None:
    """Run a stage's main; a UserError becomes one line on stderr and exit status 1."""
    try:
        main()
    except UserError as error:
        sys.exit(f"error: {error}")
