"""How many bytes a file may have that is read: each limit stands here, once.

What is larger is refused by its size, before any of it is in memory. What flows through the stages
has the narrower limits of curate.max_file_mb and curate.max_total_gb.
"""

from __future__ import annotations

from pathlib import Path

from checkstate.core.errors import UserError

IMAGE = 256_000_000
"""An image file, or a member of an archive: as many as 64 million pixels have without packing."""

ARCHIVE = 32_000_000_000
"""What a stage reads out of an archive, unpacked; it holds all of it."""

TABLE = 1_000_000_000
"""A CSV or JSON file that stages exchange."""

REQUEST = 20_000_000
"""What comes over the network: an image behind a URL, a request to the service by default."""

CURATION_LIST = 50_000_000
PARAMS = 1_000_000
"""A file of params."""

MODEL = 2_000_000_000
"""A model file, ONNX or safetensors; protobuf, which ONNX is, ends there as well."""


def excess(size: int, limit: int) -> str:
    """Why a file of `size` bytes is refused, or '' for one that is not."""
    if size <= limit:
        return ""
    return f"{size / 1e6:,.0f} MB, and at most {limit / 1e6:,.0f} MB are read of such a file"


def check_size(path: str | Path, limit: int) -> None:
    """Raise UserError for a file of more than `limit` bytes, and OSError for none."""
    if reason := excess(Path(path).stat().st_size, limit):
        raise UserError(f"{path}: {reason}; name another")


def read_within(path: str | Path, limit: int) -> bytes:
    """A file's bytes; raises UserError for more than `limit`, also of what has no size."""
    check_size(path, limit)
    with Path(path).open("rb") as file:
        content = file.read(limit + 1)
    if reason := excess(len(content), limit):
        raise UserError(f"{path}: {reason}; name another")
    return content
