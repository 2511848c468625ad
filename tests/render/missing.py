"""What drawing needs of a machine, and which tests skip where it lacks that."""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from checkstate.core.errors import UserError
from render.pages import HERE
from tests.conftest import CHROMIUM

MISSING = re.compile(
    "is missing: |No module named (?!'?(?:render|checkstate)\\b)"
    "|Namespace (?:Gtk|Adw) not available"
)

needs_browser = pytest.mark.skipif(
    not (HERE / "node_modules").is_dir() or not CHROMIUM,
    reason="needs Chromium and `npm ci --prefix render`",
)
needs_compiler = pytest.mark.skipif(
    not (shutil.which("g++") and shutil.which("Xvfb")), reason="needs g++ and Xvfb"
)


@contextmanager
def skipping_what_is_missing() -> Iterator[None]:
    """Skip the test where a toolkit is not installed; one that fails in another way fails it."""
    try:
        yield
    except UserError as error:
        if MISSING.search(str(error)):
            pytest.skip(str(error))
        raise
