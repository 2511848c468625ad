"""Crops of what the finder finds, on a screenshot of real controls."""

import io
import json
from pathlib import Path

import pytest

from checkstate import Finder
from checkstate.core import paths
from checkstate.core.files import write_archive
from checkstate.core.tables import label_of, libraries_of
from checkstate.core.types import KINDS
from checkstate.data.scenes import load_screenshots
from render.cutting import HIDDEN, OTHER, Control
from render.found import crops_of, judged
from tests.conftest import ROOT
from tests.screens import screenshot


def archive_of(folder: Path, known: list[tuple[str, list[float]]]) -> Path:
    """The screenshot with boxes, left, top, width and height, for its controls."""
    png = io.BytesIO()
    screenshot()[0].save(png, "PNG")
    coco = {
        "images": [{"id": 0, "file_name": "plain-7.png"}],
        "annotations": [
            {"image_id": 0, "bbox": box, "category_id": 0, "iscrowd": 0, "state": state}
            for state, box in known
        ],
    }
    path = folder / "train.zip"
    annotations = json.dumps(coco).encode()
    write_archive(path, [("plain-7.png", png.getvalue()), (paths.ANNOTATIONS, annotations)])
    return path


def test_what_is_a_control_keeps_its_state_and_the_rest_is_other(tmp_path: Path) -> None:
    finder = Finder(ROOT / paths.RELEASED_FINDER, threads=1)
    found = finder(screenshot()[0])
    boxes = [
        (left, top, right - left, bottom - top)
        for left, top, right, bottom in (control.box for control in found)
    ]
    half = [("checked", list(box)) for box in boxes[::2]]
    [known] = load_screenshots(archive_of(tmp_path, half))
    names = [name for name, _ in crops_of(known, finder)]
    labels = [label_of(name) for name in names]
    assert labels.count("checked") == len(half)
    assert labels.count(OTHER) >= len(boxes) - len(half) - 1
    assert set(libraries_of(names)) == {"plain"}
    assert all(name.rsplit("-", 1)[1].startswith("07") for name in names)
    assert {name.split("-")[1] for name in names} <= {*KINDS, "found"}


@pytest.mark.parametrize(
    ("box", "label"),
    [
        ((0, 0, 20, 20), "checked"),
        ((4, 0, 24, 20), "checked"),
        ((12, 0, 32, 20), HIDDEN),
        ((19, 0, 39, 20), OTHER),
        ((100, 0, 120, 20), OTHER),
    ],
)
def test_a_box_is_judged_by_what_it_shares(box: tuple[int, int, int, int], label: str) -> None:
    place = (0.0, 0.0, 20.0, 20.0)
    assert judged(box, [Control("radio", "checked", place, place, None)]) == label
