"""The tools for screen agents, asked by the protocol's own client."""

import asyncio
import base64
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.screens import screenshot

pytest.importorskip("mcp")
from mcp import Client, StdioServerParameters

SERVER = StdioServerParameters(command=sys.executable, args=["-m", "checkstate.cli", "mcp"])


def ask(*calls: tuple[str, dict[str, object]]) -> list[Any]:
    """Call tools of one server that is started as an agent starts it."""

    async def talk() -> list[Any]:
        async with Client(SERVER) as client:
            names = {tool.name for tool in (await client.list_tools()).tools}
            assert names == {"find_controls", "control_state"}
            return [await client.call_tool(name, arguments) for name, arguments in calls]

    return asyncio.run(talk())


def test_controls_and_states_from_a_path_and_from_base64(tmp_path: Path) -> None:
    picture, places = screenshot()
    file = tmp_path / "screen.png"
    picture.save(file)
    crop = tmp_path / "crop.png"
    picture.crop(places[0][1]).save(crop)
    content = base64.b64encode(file.read_bytes()).decode()
    found, same, state, wrong = ask(
        ("find_controls", {"image": str(file)}),
        ("find_controls", {"image": f"data:image/png;base64,{content}"}),
        ("control_state", {"image": str(crop)}),
        ("control_state", {"image": "no such file"}),
    )
    first = json.loads(found.content[0].text)
    assert first["width"] == 900
    assert {"box", "kind", "state", "confidence", "state_confidence"} == set(first["controls"][0])
    assert json.loads(same.content[0].text) == first
    assert json.loads(state.content[0].text)["state"] == places[0][0]
    assert wrong.is_error
