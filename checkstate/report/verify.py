"""Whether the files of a release are the bytes that DVC recorded."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from dvc.exceptions import DvcException
from dvc.output import Output
from dvc.repo import Repo

from checkstate.core.errors import UserError
from checkstate.report.hashing import hash_now


def verify(paths: list[Path]) -> Iterator[tuple[str, str]]:
    """Yield `ok`, `missing` or `differs`, and the path, of every recorded output.

    Without paths: what dvc.yaml makes and what .dvc files track. With paths: the outputs that lie
    at, below or above one of them, of any pipeline of this repository and of those in folders
    below, as weights/. Raises UserError for a path that has none.
    """
    try:
        with Repo() as repo:
            root = Path(repo.root_dir)
            recorded = recorded_in(repo)
        for below in sorted(root.glob("*/.dvc")) if paths else []:
            with Repo(str(below.parent)) as repo:
                recorded += recorded_in(repo)
    except DvcException as error:
        raise UserError(f"{error}; run this inside a clone") from error
    if not paths:
        wanted = [out for out in recorded if out.stage.path_in_repo == "dvc.yaml"]
        wanted += [out for out in recorded if out.stage.is_data_source]
    else:
        found = {path: [out for out in recorded if touches(path, out)] for path in paths}
        for path, outs in found.items():
            if not outs:
                raise UserError(f"{path}: DVC has recorded no output there; see `dvc list . -R`")
        wanted = [out for outs in found.values() for out in outs]
    for out in sorted(set(wanted), key=lambda out: str(out.fs_path)):
        yield state(out), Path(out.fs_path).relative_to(root).as_posix()


def recorded_in(repo: Repo) -> list[Output]:
    """The outputs of which a lock or .dvc file has a hash."""
    return [out for out in repo.index.outs if out.hash_info]


def touches(path: Path, out: Output) -> bool:
    """Whether an output lies at, below or above a path."""
    asked, place = path.absolute(), Path(out.fs_path)
    return place.is_relative_to(asked) or asked.is_relative_to(place)


def state(out: Output) -> str:
    """Hash an output anew, whatever DVC remembers of its modification time, and compare."""
    if not out.exists:
        return "missing"
    now = hash_now(out.fs_path, out.fs, out.hash_name, out.dvcignore)
    return "ok" if now == out.hash_info else "differs"
