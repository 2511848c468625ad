import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from checkstate.core import paths
from checkstate.core.errors import UserError
from checkstate.core.files import write_archive
from checkstate.data.scenes import Boxes, cut_tile, load_screenshots, tiles

SIZE = (200, 120)
CONTROLS = [((20, 30, 16, 16), 0, 0, "checked"), ((150, 80, 40, 20), 2, 1, "hidden")]


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """One screenshot: a black square that is a checkbox, and a switch hidden in part."""
    picture = Image.new("RGB", SIZE, "white")
    picture.paste("black", (20, 30, 36, 46))
    png = io.BytesIO()
    picture.save(png, "PNG")
    coco = {
        "images": [{"id": 0, "file_name": "a-0.png", "width": 200, "height": 120}],
        "annotations": [
            {"image_id": 0, "bbox": box, "category_id": kind, "iscrowd": crowd, "state": state}
            for box, kind, crowd, state in CONTROLS
        ],
    }
    path = tmp_path / "train.zip"
    write_archive(
        path, [("a-0.png", png.getvalue()), (paths.ANNOTATIONS, json.dumps(coco).encode())]
    )
    return path


def test_an_archive_gives_boxes_kinds_and_states(archive: Path) -> None:
    [screenshot] = load_screenshots(archive)
    assert screenshot.picture().size == SIZE
    assert screenshot.boxes.corners.tolist() == [[20, 30, 36, 46], [150, 80, 190, 100]]
    assert screenshot.boxes.kinds.tolist() == [0, 2]
    assert screenshot.boxes.ignored.tolist() == [False, True]
    assert screenshot.states == ["checked", "hidden"]


def test_a_box_of_a_tile_lies_where_its_pixels_are(archive: Path) -> None:
    [screenshot] = load_screenshots(archive)
    random = np.random.default_rng(0)
    seen = 0
    for pixels, boxes in tiles(screenshot, 20, 64, (-0.5, 0.5), random):
        assert pixels.shape == (64, 64, 3)
        for corners in boxes.corners[(boxes.kinds == 0) & ~boxes.ignored]:
            left, top, right, bottom = corners.round().astype(int)
            inner = pixels[top + 2 : bottom - 2, left + 2 : right - 2]
            assert inner.max() < 60
            seen += 1
    assert seen > 5


@pytest.mark.parametrize(
    ("corner", "count", "ignored"),
    [((0, 0), 1, False), ((30, 0), 1, True), ((22, 0), 1, False), ((40, 0), 0, None)],
)
def test_a_control_cut_by_the_edge_is_ignored_when_little_is_left(
    corner: tuple[int, int], count: int, ignored: bool | None
) -> None:
    boxes = Boxes(np.array([[20, 30, 36, 46]], np.float32), np.array([0]), np.array([False]))
    picture = Image.new("RGB", SIZE)
    _, found = cut_tile(picture, boxes, corner, 64, 64, np.random.default_rng(0))
    assert len(found.corners) == count
    if count:
        assert bool(found.ignored[0]) is ignored


def test_another_file_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "train.zip"
    with pytest.raises(UserError, match=r"train\.zip"):
        load_screenshots(path)
    write_archive(path, [("a.png", b"")])
    with pytest.raises(UserError, match=r"train\.zip"):
        load_screenshots(path)
    write_archive(path, [(paths.ANNOTATIONS, b"[]")])
    with pytest.raises(UserError, match=r"train\.zip"):
        load_screenshots(path)
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(UserError, match=r"train\.zip"):
        load_screenshots(path)
