"""Sets of whole screenshots in COCO's form, from kept pages and desktops."""

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
from render.archives import keep, members, read_screenshots
from render.cutting import HIDDEN, OTHER, Box, Control
from render.scenes import annotation, cut_by, members_of
from tests.conftest import ROOT
from tests.render.params import write_params


def control(label: str, box: Box) -> Control:
    return Control("radio", label, box, box, None)


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Screenshots of a library "plain": one page, with something of every label on it."""
    picture = Image.new("RGB", (60, 60), "white")
    picture.paste("black", (5, 5, 21, 21))
    picture.paste("#f0f0f0", (35, 5, 51, 21))
    picture.paste("black", (5, 35, 21, 51))
    controls = [
        control("checked", (5.0, 5.0, 21.0, 21.0)),
        control("checked", (35.0, 5.0, 51.0, 21.0)),  # too faint
        control(HIDDEN, (5.0, 35.0, 21.0, 51.0)),
        control(OTHER, (30.0, 30.0, 50.0, 50.0)),
        control("unchecked", (80.0, 5.0, 96.0, 21.0)),  # out of view
    ]
    keep(tmp_path / "0", picture, controls)
    monkeypatch.setattr(archives, "HERE", tmp_path)
    write_archive(tmp_path / "screenshots/plain.zip", members("plain", tmp_path, 1))
    [(file, _, read)] = read_screenshots("plain")
    assert (file, read) == ("plain-0.png", controls)
    return tmp_path


def test_controls_in_view_are_annotated_and_some_are_not_minded(library: Path) -> None:
    archive = library / "set.zip"
    write_archive(archive, scenes.members(list(read_screenshots("plain", 1))))
    [content] = read_archive(archive, [paths.ANNOTATIONS])
    coco = json.load(content)
    assert [image["file_name"] for image in coco["images"]] == ["plain-0.png"]
    assert [each["bbox"] for each in coco["annotations"]] == [
        [5, 5, 16, 16],
        [35, 5, 16, 16],
        [5, 35, 16, 16],
    ]
    assert [each["iscrowd"] for each in coco["annotations"]] == [0, 1, 1]
    assert [each["state"] for each in coco["annotations"]] == ["checked", "checked", HIDDEN]


@pytest.mark.usefixtures("library")
def test_more_pages_than_were_drawn_are_one_line_that_names_the_key() -> None:
    with pytest.raises(
        UserError, match=r"plain.zip has 1 pages of 2: raise it in render/params.yaml"
    ):
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


def test_what_the_edge_of_the_screen_cuts_is_hidden() -> None:
    seen = control("checked", (10.0, 10.0, 30.0, 30.0))
    assert cut_by((0, 0, 100, 100), seen) == seen
    assert cut_by((0, 0, 29.9, 100), seen) == seen
    assert cut_by((0, 0, 20, 100), seen).label == HIDDEN


def test_no_library_is_in_both_sets() -> None:
    train, held_out = members_of("train"), members_of("held-out")
    for learned, asked in zip(train, held_out, strict=True):
        assert learned
        assert asked
        assert not set(learned) & set(asked)


def test_a_box_as_wide_as_its_row_is_neither_wanted_nor_minded() -> None:
    picture = Image.linear_gradient("L").resize((300, 40)).convert("RGB")
    boxes = [(5.0, 0.0, 85.0, 40.0), (5.0, 0.0, 285.0, 40.0)]
    assert [annotation(picture, control("checked", b))["iscrowd"] for b in boxes] == [0, 1]
