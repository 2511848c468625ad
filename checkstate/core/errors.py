"""Errors that a user can cause and mend: one line, no traceback."""

from __future__ import annotations

import re

OUT_OF_MEMORY = re.compile(
    r"((out of|not enough|failed to allocate|can'?t allocate|cannot allocate) memory)|bad_alloc",
    re.I,
)
"""What CUDA, torch and ONNX Runtime say, none of which raises MemoryError."""


class UserError(Exception):
    """The message names the file or key, and the way out."""


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error, or what it was raised from, is of memory, the device's or the machine's."""
    found = isinstance(error, MemoryError) or bool(OUT_OF_MEMORY.search(str(error)))
    return found or (error.__cause__ is not None and is_out_of_memory(error.__cause__))
