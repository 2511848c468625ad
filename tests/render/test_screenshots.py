"""Whole pages in a real Chromium: the boxes lie on the controls."""

from pathlib import Path
from random import Random

import numpy as np
import pytest
from PIL import Image

from checkstate.core.files import read_json
from render import screenshots
from render.crops import browser
from render.cutting import Control
from render.scenes import annotation, keep, members_of
from render.screenshots import screenshot, tightened
from tests.render.missing import needs_browser


@needs_browser
def test_boxes_lie_on_the_controls_of_a_page_and_it_is_the_same_again() -> None:
    with browser() as chromium:
        picture, controls = screenshot(chromium, "native", Random("page-4"))
        again, same = screenshot(chromium, "native", Random("page-4"))
    assert picture.tobytes() == again.tobytes()
    assert controls == same
    seen = [control for control in controls if control.label != "hidden"]
    assert len(seen) >= 3
    assert {control.label for control in seen} <= {"checked", "unchecked"}
    for control in seen:
        left, top, right, bottom = (round(side) for side in control.box)
        assert 6 <= right - left <= 200
        pixels = np.asarray(picture.crop((left, top, right, bottom)))
        assert np.ptp(pixels.reshape(-1, 3), axis=0).max() > 12


@needs_browser
def test_some_pages_have_no_control_and_are_full_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(screenshots, "BARE", 1)
    with browser() as chromium:
        picture, controls = screenshot(chromium, "bootstrap", Random("page-1"))
    assert controls == []
    assert len(picture.getcolors(2**24)) > 20


def test_a_box_loses_its_plain_margin_and_a_loose_one_the_label_too() -> None:
    picture = Image.new("RGB", (100, 40), "white")
    picture.paste("black", (10, 10, 26, 26))
    picture.paste("black", (31, 14, 36, 24))  # a letter
    assert tightened(picture, (4, 4, 40, 36), loose=False) == (10, 10, 36, 26)
    assert tightened(picture, (4, 4, 40, 36), loose=True) == (10, 10, 26, 26)
    assert tightened(picture, (50, 4, 90, 36), loose=True) == (50, 4, 90, 36)


def test_no_library_is_in_both_sets() -> None:
    train, held_out = members_of("train"), members_of("held-out")
    for learned, asked in zip(train, held_out, strict=True):
        assert learned
        assert asked
        assert not set(learned) & set(asked)


def test_a_box_as_wide_as_its_row_is_neither_wanted_nor_minded() -> None:
    picture = Image.linear_gradient("L").resize((300, 40)).convert("RGB")
    boxes = [(5.0, 0.0, 85.0, 40.0), (5.0, 0.0, 285.0, 40.0)]
    controls = [Control("switch", "checked", box, box, None) for box in boxes]
    assert [annotation(picture, control)["iscrowd"] for control in controls] == [0, 1]


def test_a_faint_control_is_neither_wanted_nor_minded(tmp_path: Path) -> None:
    picture = Image.new("RGB", (60, 30), "white")
    picture.paste("black", (5, 5, 21, 21))
    picture.paste("#f0f0f0", (35, 5, 51, 21))
    boxes = [(5.0, 5.0, 21.0, 21.0), (35.0, 5.0, 51.0, 21.0)]
    controls = [Control("radio", "checked", box, box, None) for box in boxes]
    assert [annotation(picture, control)["iscrowd"] for control in controls] == [0, 1]
    far = Control("radio", "checked", (80.0, 5.0, 96.0, 21.0), (80.0, 5.0, 96.0, 21.0), None)
    keep(tmp_path / "a-0", picture, [*controls, far])
    kept = read_json(tmp_path / "a-0.json")
    assert kept["size"] == [60, 30]
    assert [each["bbox"] for each in kept["annotations"]] == [[5, 5, 16, 16], [35, 5, 16, 16]]
