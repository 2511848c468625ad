"""State of an interrupted training run, kept outside DVC, which deletes outs before a run."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from checkstate.errors import UserError, fingerprints
from checkstate.files import replacing

State = dict[str, Any]


class Resume:
    """A folder for one fingerprint of code, params and data, in the user's cache.

    The folder is absolute, so that an experiment that DVC runs in a new temporary folder each
    time finds it as well.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def load(self, name: str) -> State | None:
        """What `save` wrote last under this name, or None."""
        path = self.folder / f"{name}.pt"
        return torch.load(path, weights_only=True) if path.exists() else None

    def save(self, name: str, state: State) -> None:
        """Keep a state, atomically."""
        with replacing(self.folder / f"{name}.pt") as temporary:
            torch.save(state, temporary)


@contextmanager
def resumable(*facts: object) -> Iterator[Resume]:
    """Open the state folder of these facts and of the code that runs; delete it on success.

    One process at a time: when an orphan of a killed `dvc repro` still trains, the second writer
    gets a UserError that names it.
    """
    digest = hashlib.sha256(repr((facts, fingerprints())).encode()).hexdigest()[:24]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = cache / "checkstate" / digest
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            lock.seek(0)
            raise UserError(
                f"process {lock.read() or '?'} runs this very stage, perhaps left over from a "
                "killed `dvc repro`; wait for it or kill it, then run again"
            ) from error
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield Resume(folder)
        shutil.rmtree(folder)
