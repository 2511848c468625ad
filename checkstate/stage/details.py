"""What a stage measured beyond the few metrics that people compare, in a file that is no metric.

`dvc exp show` and `dvc metrics diff` have a column or row for each number of each metrics.json.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from checkstate.core import paths
from checkstate.core.files import write_json
from checkstate.stage.live import finite


def write_details(folder: Path, values: Mapping[str, object]) -> None:
    """Write <folder>/details.json; a value that is no number, as of nothing, becomes null."""
    write_json(folder / paths.DETAILS, finite(values))
