"""Run a stage: one writer at a time, no edits meanwhile, what a user can mend in one line."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from checkstate.core.errors import UserError, is_out_of_memory
from checkstate.core.fingerprint import loaded_sources
from checkstate.core.locks import try_lock

PERMISSION = "let this user read and write there"
WAYS_OUT = {
    errno.ENOSPC: "free some space",
    errno.EACCES: PERMISSION,
    errno.EPERM: PERMISSION,
    errno.EROFS: PERMISSION,
    errno.ENOENT: "make it, as `dvc repro` would,",
}
"""Errors of files that a user can mend, and how."""

MEMORY_PARAMS = (
    "train.batch_size, train.image_size or evaluate.batch_size (train.tiles in find/params.yaml)"
)


def run_stage(main: Callable[[], None]) -> None:
    """Run a stage's main; what a user can mend becomes one line on stderr and exit status 1.

    DVC records the hashes of code and params after a run. An edit made meanwhile would be
    recorded as what ran, so a stage whose sources changed under it fails at its end.
    """
    before = loaded_sources()
    try:
        # the folder too: stages of two pipelines have the same names
        script = Path(sys.argv[0]).with_suffix("").parts[-2:]
        with only_writer("-".join([*script, *sys.argv[1:]])):
            main()
        after = loaded_sources()
        edited = [path for path, md5 in before.items() if after.get(path) != md5]
        if edited:
            raise UserError(f"{', '.join(edited)}: edited while this stage ran; run it again")
    except UserError as error:
        sys.exit(f"error: {error}")
    except Exception as error:
        if isinstance(error, OSError) and error.errno in WAYS_OUT:
            sys.exit(f"error: {error}; {WAYS_OUT[error.errno]} and run again")
        if not is_out_of_memory(error):
            raise
        sys.exit(f"error: out of memory: lower {MEMORY_PARAMS}")
    except KeyboardInterrupt:
        sys.exit("interrupted; `dvc repro` goes on from the last finished epoch or stage")


@contextmanager
def only_writer(stage: str) -> Iterator[None]:
    """Hold the stage's lock in this working directory; raises UserError when another does.

    The kernel lets go of the lock when its holder ends, however that happens.
    """
    path = Path(".dvc/tmp/stages", stage)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as lock:
        if not try_lock(lock):
            lock.seek(0)
            holder = lock.read()
            raise UserError(
                f"process {holder} still runs this stage, perhaps left over from a killed "
                f"`dvc repro`; `kill {holder}`, then run again: it goes on from there"
            )
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


@contextmanager
def unedited(*paths: Path) -> Iterator[None]:
    """Read files or folders that people edit; raises UserError when they did so meanwhile."""
    before = stamps(paths)
    yield
    edited = sorted(path for path, _ in before.items() ^ stamps(paths).items())
    if edited:
        raise UserError(f"{edited[0]}: edited while this stage ran; run it again")


def stamps(paths: tuple[Path, ...]) -> dict[str, tuple[int, int]]:
    """Size and time of change of every file below the paths."""
    files = (file for path in paths for file in (path, *path.rglob("*")) if file.is_file())
    return {f.as_posix(): (f.stat().st_size, f.stat().st_mtime_ns) for f in files}
