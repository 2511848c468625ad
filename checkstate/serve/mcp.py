"""Tools for screen agents over the Model Context Protocol: look before a click, and check after.

https://modelcontextprotocol.io; started by `checkstate mcp`, which talks over stdin and stdout.
"""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Annotated, Any

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from PIL import Image
from pydantic import WithJsonSchema

from checkstate.core.text import printable
from checkstate.runtime.finder import Finder
from checkstate.runtime.finds import as_json
from checkstate.runtime.images import ImageError, read_image
from checkstate.runtime.output import is_there
from checkstate.runtime.predictor import no_crop, valid
from checkstate.runtime.sources import is_file_url, local_path

DATA = "data:"
"""How a URL begins that holds the picture itself."""

Threshold = Annotated[float, WithJsonSchema({"type": "number", "minimum": 0, "maximum": 1})]
"""Agents read the range; one beyond it is told in our words, not in several lines of pydantic's."""


def new_server(finder: Finder) -> MCPServer:
    """A server with two tools, which take a path on this machine or the base64 of an image."""
    server = MCPServer("checkstate")

    @server.tool()
    def find_controls(
        image: str, threshold: Threshold | None = None, other: bool = False
    ) -> dict[str, Any]:
        """Find the checkboxes, radio buttons and switches of a screenshot and read their states.

        Args:
            image: path or file URL of an image file, or its content in base64 or as a data URL.
            threshold: least confidence of 0 to 1 that there is a control.
            other: also what the classifier calls other, which is mostly no control.

        Returns width and height in pixels, and for each control its box (left, top, right,
        bottom in pixels), its kind, its state, and three confidences: of the kind, that there is
        a control, and of the state.
        """
        try:
            least = None if threshold is None else valid(threshold)
        except ValueError as error:
            raise ToolError(str(error)) from error
        picture = decoded(image)
        return as_json(picture, finder.find(picture, least, other), finder)

    @server.tool()
    def control_state(image: str) -> dict[str, Any]:
        """Read the state of the one control on a crop: checked, unchecked or other.

        Args:
            image: path or file URL of an image file, or its content in base64 or as a data URL.

        Returns the state, its confidence, and the probabilities of all states; of what looks like
        a whole screenshot also a warning.
        """
        picture = decoded(image)
        [prediction] = finder.predictor.predict([finder.predictor.to_input(picture)])
        reason = no_crop(picture)
        return {
            "state": prediction.label,
            "confidence": prediction.confidence,
            "probabilities": prediction.probabilities,
            **({"warning": f"{reason}; here, find_controls does"} if reason else {}),
        }

    return server


def decoded(image: str) -> Image.Image:
    """The picture of an argument; raises ToolError, the one error whose words reach the agent."""
    try:
        return read_image(content(image))
    except ImageError as error:
        raise ToolError(str(error)) from error


def content(image: str) -> Path | bytes:
    """A path where a file is, else the bytes that base64 or a data URL stands for.

    Raises ImageError for what is none of them.
    """
    if is_file_url(image):
        return local_path(image)
    if not image:
        raise ImageError("image: empty; give a path or the base64 of an image")
    try:
        if is_there(Path(image)):
            return Path(image)
    except PermissionError:
        return Path(image)  # reading it says that it may not be
    except (OSError, ValueError):
        pass  # base64 that is longer than a name may be, or a null byte
    text = image.partition(",")[2] if image.startswith(DATA) else image
    try:
        return base64.b64decode("".join(text.split()), validate=True)  # lines may be wrapped
    except ValueError as error:
        said = printable(image[:60])
        raise ImageError(f"{said}: neither a file nor the base64 of one") from error
