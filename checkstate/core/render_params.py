"""render/params.yaml as one typed model: the knobs of the renderings."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from checkstate.core import paths
from checkstate.core.param_files import Count, Section, read_params

Pages = Annotated[int, Field(ge=1, le=100)]
"""Of one library; the names of its crops tell a hundred apart."""

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

    @model_validator(mode="after")
    def check_held_out(self) -> RenderParams:
        """A misspelled name would be learned from."""
        if unknown := sorted({*self.held_out} - {*self.libraries, *self.toolkits}):
            raise ValueError(f"held_out: {unknown[0]} is neither one of libraries nor of toolkits")
        return self


def load_render_params() -> RenderParams:
    """Read and check render/params.yaml; raises UserError that names the key and what it takes."""
    return read_params(RenderParams, paths.RENDER_PARAMS)
