"""Pages for people: one self-contained file, images and all."""

from __future__ import annotations

import base64
import io
import re
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from checkstate.core.files import write_text
from checkstate.core.text import printable
from checkstate.runtime.images import read_image


def write_page(path: Path, template: str, **values: object) -> None:
    """Fill a template of this package; in one for HTML, values are escaped."""
    templates = Environment(
        loader=PackageLoader("checkstate.report"),
        autoescape=select_autoescape(["html.j2"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    templates.filters["cell"] = cell
    text = templates.get_template(template).render(values)
    write_text(path, text)


def cell(value: object) -> str:
    """A name for a cell of a Markdown table: it can neither end the cell nor start markup."""
    text = printable(str(value)).replace("\\", "\\\\")
    return re.sub(r"([|`<>*_\[\]])", r"\\\1", text)


def thumbnail(content: bytes) -> str:
    """A small PNG of an image as a data URL."""
    image = read_image(content)
    image.thumbnail((240, 120))
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()
