"""Sets of whole screenshots, from kept pages and desktops."""

import json
from pathlib import Path
from random import Random

import pytest
import yaml
from PIL import Image

from checkstate.core import paths
from checkstate.core.errors import UserError
from checkstate.core.files import read_archive, write_archive
from render import archives, scenes
from render.archives import draw_missing, members, read_screenshots
from render.cutting import OTHER, Box, Control
from render.scenes import members_of
from tests.conftest import ROOT
from tests.render.params import write_params


def control(label: str, box: Box) -> Control:
    return Control("radio", label, box, box, None)


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Screenshots of a library "plain": one page."""
    controls = [
        control("checked", (5.0, 5.0, 21.0, 21.0)),
        control(OTHER, (30.0, 30.0, 50.0, 50.0)),
    ]
    page = Image.new("RGB", (60, 60), "white")
    draw_missing(tmp_path, 1, "plain", lambda _: (page, controls))
    monkeypatch.setattr(archives, "HERE", tmp_path)
    write_archive(tmp_path / "screenshots/plain.zip", members("plain", tmp_path, 1))
    [(file, _, read)] = read_screenshots("plain")
    assert (file, read) == ("plain-0.png", controls)
    return tmp_path


@pytest.mark.usefixtures("library")
def test_more_pages_than_were_drawn_are_one_line_that_names_the_key() -> None:
    with pytest.raises(UserError, match=r"plain.zip has 1 pages of 2: .* of render/params.yaml"):
        list(read_screenshots("plain", 2))


def test_a_set_is_written_and_its_desktops_are_drawn_once(
    library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = []

    def desktop(_: list[str], random: Random) -> tuple[Image.Image, list[Control]]:
        if len(drawn) == 1:
            drawn.append(None)
            raise KeyboardInterrupt
        drawn.append(random.random())
        picture = Image.new("RGB", (40, 40), "white")
        picture.paste("black", (5, 5, 21, 21))
        return picture, [control("unchecked", (5.0, 5.0, 21.0, 21.0))]

    (library / "find").mkdir()
    write_params(library, libraries=["plain"], toolkits=["none"], held_out=[], held_out_toolkits=[])
    find = yaml.safe_load((ROOT / paths.FIND_PARAMS).read_text())
    find["scenes"]["train"] = {"pages": 1, "desktops": 3}
    (library / paths.FIND_PARAMS).write_text(yaml.safe_dump(find))
    monkeypatch.chdir(library)
    monkeypatch.setattr(scenes, "STATE", library / ".render-state")
    monkeypatch.setattr(scenes, "desktop", desktop)
    monkeypatch.setattr("sys.argv", ["scenes", "train"])
    with pytest.raises(KeyboardInterrupt):
        scenes.main()
    scenes.main()
    assert len(drawn) == 4, "the first desktop was kept"
    [content] = read_archive(paths.scenes("train"), [paths.ANNOTATIONS])
    files = [image["file_name"] for image in json.load(content)["images"]]
    assert files == ["plain-0.png", "windows-0.png", "windows-1.png", "windows-2.png"]


def test_no_library_is_in_both_sets() -> None:
    train, held_out = members_of("train"), members_of("held-out")
    for learned, asked in zip(train, held_out, strict=True):
        assert learned
        assert asked
        assert not set(learned) & set(asked)
