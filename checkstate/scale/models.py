"""The model files that a run scores with, and the models of a process."""

from __future__ import annotations

import warnings
from contextlib import ExitStack
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple, Self

from checkstate.core.errors import UserError
from checkstate.core.files import md5_of
from checkstate.runtime.finder import Finder
from checkstate.runtime.predictor import Predictor


class Models(NamedTuple):
    """The classifier's file and, where the images are whole screenshots, the finder's."""

    files: tuple[Path, ...]
    md5s: tuple[str, ...]

    @classmethod
    def of(cls, *files: Path) -> Self:
        """The files as they are now."""
        return cls(files, tuple(map(md5_of, files)))

    @property
    def find(self) -> bool:
        """Whether a finder is among them."""
        return len(self.files) > 1

    def columns(self) -> dict[str, str | None]:
        """Their md5s by name; that of no finder is None."""
        return {"model_md5": self.md5s[0], "finder_md5": self.md5s[1] if self.find else None}

    def contents(self) -> tuple[bytes, ...]:
        """The bytes of the files."""
        return tuple(path.read_bytes() for path in self.files)


@lru_cache(maxsize=1)
def load(models: Models, contents: tuple[bytes, ...] = ()) -> Predictor | Finder:
    """The models of this process, on one thread; raises UserError for a file that has changed.

    On another machine they are loaded from their contents, and nothing of those stays on its disk.
    """
    warnings.simplefilter("ignore")  # nobody reads what a worker says of odd images
    paths = models.files
    with ExitStack() as stack:
        if contents:
            folder = stack.enter_context(TemporaryDirectory(prefix="checkstate-"))
            paths = tuple(Path(folder, f"{md5}.onnx") for md5 in models.md5s)
            for path, content in zip(paths, contents, strict=True):
                path.write_bytes(content)
        for path, md5 in zip(paths, models.md5s, strict=True):
            if md5_of(path) != md5:
                raise UserError(f"{path}: changed meanwhile; run it again")
        classifier, *finder = paths
        predictor = Predictor(classifier, threads=1)
        return Finder(finder[0], predictor, threads=1) if finder else predictor
