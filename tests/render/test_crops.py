"""Crops of kept screenshots: labels, names, and what they show."""

import io
from pathlib import Path
from random import Random

import numpy as np
import pytest
from PIL import Image, ImageDraw

from checkstate.core.files import archive_names, read_archive, write_archive
from render import archives, crops
from render.archives import draw_missing, members
from render.cutting import Control, shrink
from tests.render.params import write_params

RED, BLUE = (220, 20, 20), (20, 20, 220)


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two pages of a library "plain", on each a red box, a blue one and six gray ones that are no
    controls; gives the folder.
    """

    def draw_page(number: int) -> tuple[Image.Image, list[Control]]:
        picture = Image.new("RGB", (200, 60), "white")
        draw = ImageDraw.Draw(picture)
        draw.text((40, 10), f"page {number}", "black")
        controls = []
        for top, color, label in ((8, RED, "checked"), (34, BLUE, "unchecked")):
            draw.rectangle((10, top, 25, top + 15), fill=color)
            box = (10, top, 26, top + 16)
            controls.append(Control("checkbox", label, box, (10, top, 90, top + 16), None))
        for left in range(100, 196, 16):
            draw.rectangle((left, 8, left + 9, 17), fill=(left, left, left))
            box = (left, 8, left + 10, 18)
            controls.append(Control("button", "other", box, box, None))
        return picture, controls

    draw_missing(tmp_path, 2, "plain", draw_page)
    for module in (archives, crops):
        monkeypatch.setattr(module, "HERE", tmp_path)
    write_archive(tmp_path / "screenshots/plain.zip", members("plain", tmp_path, 2))
    write_params(tmp_path, crops=9)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["crops", "plain"])
    return tmp_path


def test_crops_show_their_control_and_tell_their_page(library: Path) -> None:
    crops.main()
    names = archive_names(library / "crops/plain.zip")
    assert len(names) == len(set(names)) == 9
    for name, content in zip(names, read_archive(library / "crops/plain.zip", names), strict=True):
        label, file = name.split("/")
        pixels = np.asarray(Image.open(content).convert("RGB"))
        kind = "button" if label == "other" else "checkbox"
        if kind == "checkbox":
            assert (pixels == (RED if label == "checked" else BLUE)).all(2).sum() >= 16 * 16
        assert file.startswith((f"plain-{kind}-00", f"plain-{kind}-01"))
        assert len(file) == len(f"plain-{kind}-0123456789ab.png")
    assert {name.split("-")[-1][:2] for name in names} == {"00", "01"}


def test_at_most_half_is_other_and_comes_from_all_pages(library: Path) -> None:
    crops.main()
    names = archive_names(library / "crops/plain.zip")
    other = [name.split("-")[-1][:2] for name in names if name.startswith("other/")]
    assert len(other) == len(names) // 2 == 4
    assert {*other} == {"00", "01"}


def test_a_library_is_cut_the_same_again(library: Path) -> None:
    crops.main()
    first = (library / "crops/plain.zip").read_bytes()
    crops.main()
    assert (library / "crops/plain.zip").read_bytes() == first


def test_shrinking_loses_nothing() -> None:
    random = Random(0)
    for colors in (3, 200, 100_000):
        image = Image.new("RGB", (60, 40))
        image.putdata(
            [(v % 256, v // 256 % 256, v * 7 % 256) for v in random.choices(range(colors), k=2400)]
        )
        assert Image.open(io.BytesIO(shrink(image))).convert("RGB").tobytes() == image.tobytes()
