"""Params of renderings for a folder of a test's own."""

from pathlib import Path

import yaml

from checkstate.core import paths
from tests.conftest import ROOT


def write_params(folder: Path, **values: object) -> None:
    """Write <folder>/render/params.yaml: ours, but for some values."""
    params = yaml.safe_load((ROOT / paths.RENDER_PARAMS).read_text())
    path = folder / paths.RENDER_PARAMS
    path.parent.mkdir(exist_ok=True)
    path.write_text(yaml.safe_dump(params | values))
