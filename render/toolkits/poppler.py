"""Pages of PDF files as Poppler shows them; needs `apt install poppler-utils`."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from PIL import Image

from checkstate.core.errors import UserError


def rendered(path: Path, resolution: int) -> Image.Image:
    """The first page of a file, in pixels an inch; UserError where Poppler is missing."""
    if not shutil.which("pdftoppm"):
        raise UserError("pdftoppm is missing: `apt install poppler-utils`")
    target = path.with_suffix("")
    command = ["pdftoppm", "-singlefile", "-png", "-r", str(resolution), str(path), str(target)]
    subprocess.run(command, check=True, capture_output=True)
    with Image.open(target.with_suffix(".png")) as image:
        return image.convert("RGB")
