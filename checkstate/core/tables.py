"""The tables that stages exchange: columns and their types stand here and nowhere else."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Self

import numpy as np
from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from checkstate.core.errors import UserError
from checkstate.core.files import read_csv, write_csv
from checkstate.core.types import Indices

Optional = Annotated[int | None, BeforeValidator(lambda value: None if value == "" else value)]
"""A number whose cell may be empty."""

PROBABILITY = "p_"
"""Prefix of the columns of probabilities: `p_checked`."""


class Row(BaseModel):
    """One line of a table; its fields are the columns."""

    model_config = ConfigDict(extra="forbid")

    @classmethod
    def read(cls, path: str | Path) -> list[Self]:
        """Read a table; raises UserError that names the file, the line and the column."""
        return [cls.parse(path, line, cells) for line, cells in enumerate(read_csv(path), start=2)]

    @classmethod
    def parse(cls, path: str | Path, line: int, cells: dict[str, Any]) -> Self:
        """One row from its cells."""
        try:
            return cls.model_validate(cells)
        except ValidationError as error:
            found = error.errors()[0]
            column = found["loc"][0] if found["loc"] else "row"
            columns = ",".join(cls.model_fields)
            raise UserError(
                f"{path}:{line}: {column}: {found['msg'].lower()}; its columns are {columns}: "
                "run the stage that writes it again"
            ) from error

    def cells(self) -> dict[str, Any]:
        """The row as CSV has it: truth as 1 or 0, what is missing as nothing."""
        cells = self.model_dump()
        return {
            k: int(v) if isinstance(v, bool) else "" if v is None else v for k, v in cells.items()
        }


class ManifestRow(Row):
    """One image of a data set, as curate found it."""

    path: str
    label: str = ""
    predefined: str = ""
    width: Optional = None
    height: Optional = None
    md5: str = ""
    pixels: str = ""
    phash: str = ""
    group: Optional = None
    conflict: str = ""
    decision: str = ""
    kept: bool = False
    error: str = ""


class SplitRow(Row):
    """The split that an image is in: train, val, test, or dropped."""

    path: str
    label: str
    split: str


class PredictionRow(Row):
    """A prediction beside the label; `fold` is -1 where there are no folds."""

    path: str
    label: str
    predicted: str
    confidence: float
    probabilities: dict[str, float]
    fold: int = -1

    @property
    def correct(self) -> bool:
        """Whether the prediction is the label."""
        return self.predicted == self.label

    @classmethod
    def parse(cls, path: str | Path, line: int, cells: dict[str, Any]) -> Self:
        """Gather the columns `p_<class>` into one field."""
        named = {
            k.removeprefix(PROBABILITY): v for k, v in cells.items() if k.startswith(PROBABILITY)
        }
        rest = {k: v for k, v in cells.items() if not k.startswith(PROBABILITY)}
        return super().parse(path, line, rest | {"probabilities": named})

    def cells(self) -> dict[str, Any]:
        """One column a class; `fold` comes first, where there is one."""
        fold = {"fold": self.fold} if self.fold >= 0 else {}
        cells = super().cells()
        named = {f"{PROBABILITY}{name}": p for name, p in cells.pop("probabilities").items()}
        del cells["fold"]
        return fold | cells | named


def kept_images(manifest: str | Path) -> list[ManifestRow]:
    """The manifest's images that stay in the data set."""
    return [row for row in ManifestRow.read(manifest) if row.kept]


def write_table(path: str | Path, rows: Sequence[Row]) -> None:
    """Write rows of one kind; there must be one at least."""
    write_csv(path, [row.cells() for row in rows])


def label_of(member: str) -> str:
    """The label of a member of an archive of class folders, `<label>/<file>`."""
    return member.split("/")[0]


def class_indices(labels: Sequence[str], classes: Sequence[str]) -> Indices:
    """The place of every label in `classes`, int64 [labels]."""
    number = {name: i for i, name in enumerate(classes)}
    return np.array([number[label] for label in labels], np.int64)


def libraries_of(members: Sequence[str]) -> list[str]:
    """The library of every rendered crop, `<label>/<library>-<kind>-<hash>.png`.

    A library's name may hold dashes; the kinds of controls have none, those of widgets may.
    """
    stems = [member.split("/")[1].rsplit("-", 1)[0] for member in members]
    controls = (s for m, s in zip(members, stems, strict=True) if label_of(m) != "other")
    known = sorted({stem.rsplit("-", 1)[0] for stem in controls}, key=len, reverse=True)
    return [next(name for name in known if f"{s}-".startswith(f"{name}-")) for s in stems]


def crop_digits(member: str) -> tuple[str, str]:
    """Two digits that the rendered crops of one page have in common, and ten of a crop's pixels.

    They are the hash that ends a name; of a toolkit's crop the two are of its pixels as well.
    """
    digits = member.removesuffix(".png")[-12:]
    return digits[:2], digits[2:]


PAGES = 100
"""Of a library, whose crops' names tell apart."""


def name_with_page(member: str, page: int) -> str:
    """The name of a rendered crop with its page's number for the first two digits of its hash.

    Raises UserError for a page beyond the last one that names tell apart.
    """
    if page >= PAGES:
        raise UserError("render/params.yaml: pages: names of crops tell a hundred apart, no more")
    first, rest = crop_digits(member)
    return f"{member.removesuffix(f'{first}{rest}.png')}{page:02d}{rest}.png"
