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
    toolkit_every: Count
    toolkits: list[Name]
    libraries: list[Name]
    held_out: list[Name]
    """Of libraries; apart from toolkits, as another one of these draws no page anew."""
    held_out_toolkits: list[Name]

    @field_validator("held_out", "held_out_toolkits")
    @classmethod
    def check_held_out(cls, held_out: list[Name], fields: ValidationInfo) -> list[Name]:
        """A misspelled name would be learned from."""
        of = "libraries" if fields.field_name == "held_out" else "toolkits"
        if unknown := sorted({*held_out} - {*fields.data.get(of, held_out)}):
            raise ValueError(f"{unknown[0]} is not one of {of}")
        return held_out


def load_render_params() -> RenderParams:
    """Read and check render/params.yaml; raises UserError that names the key and what it takes."""
    return read_params(RenderParams, paths.RENDER_PARAMS)
