"""Locks that the kernel lets go of when their holder ends, however that happens."""

from __future__ import annotations

from typing import IO


def try_lock(file: IO[str]) -> bool:
    """Take an exclusive lock on an open file for as long as this process lives.

    Returns False, without waiting, when another process holds it.
    """
    import fcntl  # not on Windows, where the runtime, which locks nothing, works as well

    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def lock(file: IO[str]) -> None:
    """Take an exclusive lock on an open file, waiting for whoever holds it."""
    import fcntl

    fcntl.flock(file, fcntl.LOCK_EX)
