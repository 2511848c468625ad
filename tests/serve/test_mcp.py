"""The tools for screen agents, asked by the protocol's own client."""

import asyncio
import base64
import json
import sys
from pathlib import Path
from typing import Any

from mcp import Client, StdioServerParameters
from PIL import Image

from tests.screens import screenshot

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
    assert (first["finder"], first["model"]) == ("finder.onnx", "model.onnx")
    assert {"box", "kind", "kind_confidence", "confidence", "state", "state_confidence"} == set(
        first["controls"][0]
    )
    assert json.loads(same.content[0].text) == first
    assert json.loads(state.content[0].text)["state"] == places[0][0]
    assert wrong.is_error


def test_an_image_comes_as_base64_of_any_form_or_a_file_url(tmp_path: Path) -> None:
    picture, places = screenshot()
    crop = tmp_path / "a crop.png"
    picture.crop(places[0][1]).save(crop)
    Image.new("RGB", (12, 12)).save(tmp_path / "plain.bmp")
    name = base64.b64encode((tmp_path / "plain.bmp").read_bytes()).decode()
    assert "/" not in name and len(name) > 255  # longer than any file's name may be
    content = crop.read_bytes()
    forms = [
        base64.b64encode(content).decode(),
        base64.encodebytes(content).decode(),
        base64.encodebytes(content).decode().replace("\n", "\r\n"),
        f"data:image/png;base64,{base64.encodebytes(content).decode()}",
        crop.as_uri(),
        crop.as_uri().replace("file://", "file://localhost"),
        str(crop),
    ]
    plain, *states = ask(*(("control_state", {"image": image}) for image in [name, *forms]))
    assert set(json.loads(plain.content[0].text)) == {"state", "confidence", "probabilities"}
    [state] = {state.content[0].text for state in states}
    assert json.loads(state)["state"] == places[0][0]


def test_an_agent_that_shows_a_whole_screenshot_is_told_of_the_other_tool(tmp_path: Path) -> None:
    picture, _ = screenshot()
    picture.save(tmp_path / "screen.png")
    [answer] = ask(("control_state", {"image": str(tmp_path / "screen.png")}))
    warning = json.loads(answer.content[0].text)["warning"]
    assert warning.startswith("900x740 pixels: this looks like a whole screenshot")
    assert "find_controls" in warning


def test_what_is_no_image_is_told_in_words(tmp_path: Path) -> None:
    picture, _ = screenshot()
    file = tmp_path / "screen.png"
    picture.save(file)
    cut = base64.b64encode(file.read_bytes()[:2000]).decode()
    missing = tmp_path / "none.png"
    link = tmp_path / "link"
    link.symlink_to(missing)
    told = {
        cut: "image: damaged image",
        str(missing): f"{missing}"[:60] + ": neither a file nor the base64 of one",
        str(link): f"{link}: no such file",
        missing.as_uri(): f"{missing}: no such file",
        f"file://server{file}": "a file of another machine",
        str(tmp_path): f"{tmp_path}: not a regular file",
        "": "image: empty",
        "\0": "\\x00: neither a file nor the base64 of one",
    }
    answers = ask(*(("control_state", {"image": image}) for image in told))
    for answer, words in zip(answers, told.values(), strict=True):
        assert answer.is_error
        assert words in answer.content[0].text


def test_find_controls_takes_the_threshold_and_other_of_the_command_line(tmp_path: Path) -> None:
    file = tmp_path / "screen.png"
    screenshot()[0].save(file)

    def find(**arguments: object) -> tuple[str, dict[str, object]]:
        return "find_controls", {"image": str(file), **arguments}

    usual, sure, every, *wrong = ask(
        find(),
        find(threshold=0.9),
        find(threshold=0.05, other=True),
        *(find(threshold=threshold) for threshold in (5.0, -1.0, "nan")),
    )
    counts = [len(json.loads(each.content[0].text)["controls"]) for each in (sure, usual, every)]
    assert counts == sorted(set(counts))
    for answer, threshold in zip(wrong, (5.0, -1.0, "nan"), strict=True):
        assert answer.is_error
        line = f"find_controls: threshold: {threshold} is no number from 0 to 1"
        assert answer.content[0].text.endswith(line)
        assert "\n" not in answer.content[0].text


def test_agents_are_told_the_range_of_the_threshold() -> None:
    async def described() -> Any:
        async with Client(SERVER) as client:
            tools = (await client.list_tools()).tools
        return next(tool.input_schema for tool in tools if tool.name == "find_controls")

    number, null = asyncio.run(described())["properties"]["threshold"]["anyOf"]
    assert number == {"type": "number", "minimum": 0, "maximum": 1}
    assert null == {"type": "null"}
