"""Whether the files of a release are the bytes that DVC recorded."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from dvc.exceptions import DvcException, NotDvcRepoError
from dvc.output import Output
from dvc.repo import Repo

from checkstate.core.errors import UserError
from checkstate.core.paths import FINDER, RELEASED, RELEASED_FINDER, SHIPPED
from checkstate.core.text import first_line
from checkstate.report.hashing import hash_now

COPIES = {RELEASED: SHIPPED, RELEASED_FINDER: FINDER}
"""The files that the package carries, and the outputs whose bytes they are."""


@dataclass(frozen=True)
class Recorded:
    """A file or folder, and the output whose hash it should have: itself, or its original."""

    path: Path
    out: Output


def verify(paths: list[Path]) -> Iterator[tuple[str, str]]:
    """Yield `ok`, `missing` or `differs`, and the path, of every recorded output.

    Without paths: what dvc.yaml makes, what .dvc files track, and the released finder, which a
    repository below, weights/, records. With paths: the outputs that lie at, below or above one of
    them, of any pipeline of this repository and of those in folders below, and the released models.
    Raises UserError for a path that has none.
    """
    try:
        with Repo() as repo:
            root = Path(repo.root_dir)
            recorded = recorded_in(repo)
            own = [each for each in recorded if is_own(each.out)]
        for below in sorted(root.glob("*/.dvc")):
            with Repo(str(below.parent)) as repo:
                recorded += recorded_in(repo)
    except NotDvcRepoError as error:
        raise UserError(f"{error}; run this inside a clone") from error
    except DvcException as error:
        raise UserError(f"{first_line(error)}; `git checkout` what is damaged") from error
    recorded += copies(root, recorded)
    if not paths:  # a training makes another classifier than the released one, which is no fault
        wanted = own + [each for each in recorded if each.path == root / RELEASED_FINDER]
    else:
        found = {path: [each for each in recorded if touches(path, each)] for path in paths}
        for path, there in found.items():
            if not there:
                raise UserError(f"{path}: DVC has recorded no output there; see `dvc list . -R`")
        wanted = [each for there in found.values() for each in there]
    outs = {each.path: each.out for each in wanted}
    for place, out in sorted(outs.items(), key=lambda item: str(item[0])):
        yield state(place, out), place.relative_to(root).as_posix()


def recorded_in(repo: Repo) -> list[Recorded]:
    """The outputs of which a lock or .dvc file has a hash."""
    return [Recorded(Path(out.fs_path), out) for out in repo.index.outs if out.hash_info]


def is_own(out: Output) -> bool:
    """Whether dvc.yaml makes an output, or a .dvc file tracks it."""
    return out.stage.path_in_repo == "dvc.yaml" or bool(out.stage.is_data_source)


def copies(root: Path, recorded: list[Recorded]) -> list[Recorded]:
    """The released models, each with the output that it is a copy of, where one is recorded."""
    outs = {each.path: each.out for each in recorded}
    return [
        Recorded(root / copy, outs[root / made])
        for copy, made in COPIES.items()
        if root / made in outs
    ]


def touches(path: Path, recorded: Recorded) -> bool:
    """Whether a recorded file lies at, below or above a path."""
    asked = Path(os.path.abspath(path))  # noqa: PTH100 links stay, as in what DVC recorded
    place = recorded.path
    return place.is_relative_to(asked) or asked.is_relative_to(place)


def state(path: Path, out: Output) -> str:
    """Hash a path anew, whatever DVC remembers of its modification time, and compare."""
    if not path.exists():
        return "missing"
    now = hash_now(str(path), out.fs, out.hash_name, out.dvcignore)
    return "ok" if now == out.hash_info else "differs"
