"""Tools for screen agents over the Model Context Protocol: look before a click, and check after.

https://modelcontextprotocol.io; started by `checkstate mcp`, which talks over stdin and stdout.
"""

from __future__ import annotations

import base64
import binascii
from pathlib import Path
from typing import Any

from mcp.server.mcpserver import MCPServer

from checkstate.runtime.finder import Finder
from checkstate.runtime.finds import as_json
from checkstate.runtime.images import ImageError, read_image

MAX_PATH = 1024
"""Characters; what is longer is no path."""

PREFIX = "data:"
"""Of a data URL, as browsers give pictures."""


def new_server(finder: Finder) -> MCPServer:
    """A server with two tools, which take a path on this machine or the base64 of an image."""
    server = MCPServer("checkstate")

    @server.tool()
    def find_controls(image: str, threshold: float | None = None) -> dict[str, Any]:
        """Find the checkboxes, radio buttons and switches of a screenshot and read their states.

        Args:
            image: path of an image file, or its content in base64 or as a data URL.
            threshold: least confidence of 0 to 1 that there is a control.

        Returns width and height in pixels, and for each control its box (left, top, right,
        bottom in pixels), kind, state, and the confidence of both.
        """
        picture = read_image(content(image))
        return as_json(picture, finder.find(picture, threshold), finder)

    @server.tool()
    def control_state(image: str) -> dict[str, Any]:
        """Read the state of the one control on a crop: checked, unchecked or other.

        Args:
            image: path of an image file, or its content in base64 or as a data URL.

        Returns the state, its confidence, and the probabilities of all states.
        """
        prediction = finder.predictor(read_image(content(image)))
        return {
            "state": prediction.label,
            "confidence": prediction.confidence,
            "probabilities": prediction.probabilities,
        }

    return server


def content(image: str) -> Path | bytes:
    """A path where a file is, else the bytes that base64 or a data URL stands for."""
    if not image.startswith(PREFIX) and len(image) < MAX_PATH and Path(image).is_file():
        return Path(image)
    try:
        return base64.b64decode(image.rpartition(",")[2], validate=True)
    except (binascii.Error, ValueError) as error:
        raise ImageError(f"{image[:60]}: neither a file nor the base64 of one") from error
