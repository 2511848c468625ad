"""Errors that a user can cause and mend: one line, no traceback."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from checkstate.files import md5_of


class UserError(Exception):
    """The message names the file or key, and the way out."""


def run_stage(main: Callable[[], None]) -> None:
    """Run a stage's main; a UserError becomes one line on stderr and exit status 1.

    DVC records the hashes of code and params after a run. An edit made meanwhile would be
    recorded as what ran, so a stage whose sources changed under it fails at its end.
    """
    before = fingerprints()
    try:
        main()
        after = fingerprints()
        edited = [path for path, md5 in before.items() if after.get(path) != md5]
        if edited:
            raise UserError(f"{', '.join(edited)}: edited while this stage ran; run it again")
    except UserError as error:
        sys.exit(f"error: {error}")


def fingerprints() -> dict[str, str]:
    """The md5 of params.yaml and of every loaded source file below the working directory."""
    loaded = (getattr(module, "__file__", None) for module in list(sys.modules.values()))
    files = {Path(file) for file in loaded if file} | {Path("params.yaml").absolute()}
    here = Path.cwd()
    ours = sorted(f for f in files if f.is_relative_to(here) and ".venv" not in f.parts)
    return {f.relative_to(here).as_posix(): md5_of(f) if f.exists() else "" for f in ours}
