"""Files of params as typed models: a wrong key or value is one line that names it."""

from __future__ import annotations

import reprlib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar, Self, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from checkstate.core import bounds
from checkstate.core.bounds import read_within
from checkstate.core.errors import UserError

Count = Annotated[int, Field(ge=1)]
Fraction = Annotated[float, Field(gt=0, lt=1)]


class Section(BaseModel):
    """A part of params.yaml in which an unknown key is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    renamed: ClassVar[Mapping[str, str]] = {}
    """Keys of before, and what they are now."""

    def override(self, **values: Any) -> Self:
        """A copy with other values, which are checked like those of the file.

        Raises UserError for values that do not go with the others.
        """
        try:
            return self.model_validate(self.model_dump() | values)
        except ValidationError as error:
            raise UserError("; ".join(explain(each, {}) for each in error.errors())) from error


Parameters = TypeVar("Parameters", bound=Section)


def read_params(model: type[Parameters], path: str | Path) -> Parameters:
    """Read a file of params; raises UserError that names the key and what it takes."""
    try:
        return model.model_validate(read_yaml(path))
    except ValidationError as error:
        lines = (f"{path}: {explain(each, model.renamed)}" for each in error.errors())
        raise UserError("; ".join(lines)) from error


def read_yaml(path: str | Path) -> Any:
    """What a YAML file holds; raises UserError when it is none."""
    try:
        return yaml.safe_load(read_within(path, bounds.PARAMS).decode())
    except UserError:
        raise
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: not UTF-8; save it in that encoding") from error
    except Exception as error:  # beside YAMLError, whatever Python says of a date or a number
        raise UserError(f"{path}: not YAML: {' '.join(str(error).split())}") from error


def explain(error: ErrorDetails, renamed: Mapping[str, str]) -> str:
    """One line for one of pydantic's errors: key, what it takes, what it got."""
    key = ".".join(str(part) for part in error["loc"]) or "params"
    if error["type"] == "extra_forbidden":
        now = renamed.get(key)
        return f"{key}: it is {now} now" if now else f"{key}: unknown key"
    if error["type"] == "missing" and key in renamed.values():
        return f"{key}: missing; it had another name before 0.2"
    return f"{key}: {error['msg'].lower()} (got {reprlib.repr(error['input'])})"
