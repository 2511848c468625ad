"""State of an interrupted training run, kept outside DVC, which deletes outs before a run."""

from __future__ import annotations

import hashlib
import io
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import nn

from checkstate.core.files import atomic_write
from checkstate.core.fingerprint import loaded_sources
from checkstate.core.locks import try_lock
from checkstate.core.paths import PARAMS, cache_folder

State = dict[str, Any]
DIGEST = 32
"""Bytes of a sha256, with which a file of a state begins."""


class Resume:
    """A folder for one fingerprint of code, params and data, in the user's cache.

    The folder is absolute, so that an experiment that DVC runs in a new temporary folder each
    time finds it as well.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def load(self, name: str, model: nn.Module | None = None) -> State | None:
        """What `save` wrote last under this name, or None.

        A damaged file is set aside, and one of a network with other tensors than `model`.
        """
        path = self.folder / f"{name}.pt"
        if not path.exists():
            return None
        state = unpack(path.read_bytes())
        if state is None or (model is not None and not fits(state, model)):
            aside = path.replace(path.with_suffix(".damaged"))
            print(f"warning: {aside}: a damaged resume state; starting over", file=sys.stderr)
            return None
        return state

    def save(self, name: str, state: State) -> None:
        """Keep a state behind its sha256, atomically."""
        saved = io.BytesIO()
        torch.save(state, saved)
        with atomic_write(self.folder / f"{name}.pt") as temporary, temporary.open("wb") as file:
            file.write(hashlib.sha256(saved.getbuffer()).digest())
            file.write(saved.getbuffer())


def unpack(content: bytes) -> State | None:
    """The state in a file's bytes, or None where they are damaged or hold something else."""
    digest, saved = content[:DIGEST], content[DIGEST:]
    if hashlib.sha256(saved).digest() != digest:
        return None
    try:
        state = torch.load(io.BytesIO(saved), map_location="cpu", weights_only=True)
    except Exception:  # unpickling raises almost anything
        return None
    return state if isinstance(state, dict) else None


def fits(state: State, model: nn.Module) -> bool:
    """Whether a state has the tensors of this model; its other parts are of the same code."""
    return shapes(state.get("model")) == shapes(model.state_dict())


def shapes(model: Any) -> dict[str, object]:
    """The shape of every tensor of a model's state; empty for what is none."""
    named = model.items() if isinstance(model, dict) else ()
    return {name: getattr(value, "shape", None) for name, value in named}


def resume_key(facts: tuple[object, ...]) -> str:
    """Name the state of these facts and of the code that runs."""
    code = {path: md5 for path, md5 in loaded_sources().items() if path != str(PARAMS)}
    return hashlib.sha256(repr((facts, code)).encode()).hexdigest()[:24]


@contextmanager
def resumable(*facts: object) -> Iterator[Resume]:
    """Open the state folder of these facts and of the code that runs; delete it on success.

    The facts hold the params that matter: a change of another one loses no state.

    Two experiments of a queue may do the same work at the same time, where they differ in a
    later stage only. The second one keeps its state to itself.
    """
    folder = cache_folder() / resume_key(facts)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock, tempfile.TemporaryDirectory() as apart:
        first = try_lock(lock)
        yield Resume(folder if first else Path(apart))
        if first:
            shutil.rmtree(folder)
