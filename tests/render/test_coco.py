"""Screenshots in COCO's form: what is annotated, and what is a crowd."""

import io
import json
from pathlib import Path

from PIL import Image

from checkstate.core import paths
from checkstate.core.files import read_archive, write_archive
from render.coco import annotation, cut_by, members
from render.cutting import HIDDEN, OTHER, Box, Control


def control(label: str, box: Box) -> Control:
    return Control("radio", label, box, box, None)


def test_controls_in_view_are_annotated_and_some_are_not_minded(tmp_path: Path) -> None:
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
    picture.save(png := io.BytesIO(), "PNG")
    archive = tmp_path / "set.zip"
    write_archive(archive, members([("plain-0.png", png.getvalue(), controls)]))
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


def test_what_the_edge_of_the_screen_cuts_is_hidden() -> None:
    seen = control("checked", (10.0, 10.0, 30.0, 30.0))
    assert cut_by((0, 0, 100, 100), seen) == seen
    assert cut_by((0, 0, 29.9, 100), seen) == seen
    assert cut_by((0, 0, 20, 100), seen).label == HIDDEN


def test_a_box_as_wide_as_its_row_is_neither_wanted_nor_minded() -> None:
    picture = Image.linear_gradient("L").resize((300, 40)).convert("RGB")
    boxes = [(5.0, 0.0, 85.0, 40.0), (5.0, 0.0, 285.0, 40.0)]
    assert [annotation(picture, control("checked", b))["iscrowd"] for b in boxes] == [0, 1]
