"""render/params.yaml as one typed model: the knobs of the renderings."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, ValidationInfo, field_validator

from checkstate.core import paths
from checkstate.core.param_files import Count, Section, read_params

Pages = Annotated[int, Field(ge=1, le=100)]
"""Of one library; names of crops tell `core.tables.PAGES` apart, which a test holds this to: an
import would draw all pages anew whenever a table changes."""

Name = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
"""Of a template below render/libraries/ or a module below render/toolkits/."""


class RenderParams(Section):
    """The whole of render/params.yaml."""

    seed: Annotated[int, Field(ge=0)]
    pages: Pages
    held_out_pages: Pages
    crops: Count
    toolkit_crops: Count
    toolkits: list[Name]
    libraries: list[Name]
    held_out: list[Name]

    @field_validator("held_out")
    @classmethod
    def check_held_out(cls, held_out: list[Name], fields: ValidationInfo) -> list[Name]:
        """A misspelled name would be learned from."""
        known = {*fields.data.get("libraries", held_out), *fields.data.get("toolkits", held_out)}
        if unknown := sorted({*held_out} - known):
            raise ValueError(f"{unknown[0]} is neither one of libraries nor of toolkits")
        return held_out


def load_render_params() -> RenderParams:
    """Read and check render/params.yaml; raises UserError that names the key and what it takes."""
    return read_params(RenderParams, paths.RENDER_PARAMS)
