"""The md5 of the code that runs, for states and locks that belong to one version of it."""

from __future__ import annotations

import sys
from pathlib import Path

from checkstate.core import paths
from checkstate.core.files import md5_of


def loaded_sources() -> dict[str, str]:
    """The md5 of params.yaml and of every loaded source file below the working directory."""
    loaded = (getattr(module, "__file__", None) for module in list(sys.modules.values()))
    here = Path.cwd()
    files = {Path(file) for file in loaded if file} | {here / paths.PARAMS}
    ours = sorted(f for f in files if f.is_relative_to(here) and ".venv" not in f.parts)
    return {f.relative_to(here).as_posix(): md5_of(f) if f.exists() else "" for f in ours}
