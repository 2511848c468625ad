"""Whole pages in a real Chromium: the boxes lie on what they are the boxes of."""

import io
from collections.abc import Iterator
from random import Random

import numpy as np
import pytest
import yaml
from PIL import Image
from playwright.sync_api import Browser

from checkstate.core.errors import UserError
from render import pages, photograph
from render.chromium import RestlessPageError, browsers
from render.cutting import HIDDEN, OTHER, shows_alone
from render.pages import HERE, Cell, draw_page
from render.photograph import check, tightened
from tests.render.missing import needs_browser

LIBRARIES = yaml.safe_load((HERE / "params.yaml").read_text())["libraries"]


@pytest.fixture
def chromium() -> Iterator[Browser]:
    with browsers() as (gray, _):
        yield gray


@needs_browser
def test_boxes_lie_on_the_controls_of_a_page_and_it_is_the_same_again(chromium: Browser) -> None:
    picture, controls = photograph.photograph(chromium, "native", Random("page-4"))
    again, same = photograph.photograph(chromium, "native", Random("page-4"))
    assert picture.tobytes() == again.tobytes()
    assert controls == same
    seen = [control for control in controls if control.label in {"checked", "unchecked"}]
    assert len(seen) >= 3
    assert {control.label for control in controls} - {HIDDEN} == {"checked", "unchecked", OTHER}
    for control in seen:
        left, top, right, bottom = (round(side) for side in control.box)
        assert 6 <= right - left <= 200
        pixels = np.asarray(picture.crop((left, top, right, bottom)))
        assert np.ptp(pixels.reshape(-1, 3), axis=0).max() > 12
        assert control.content[0] <= left
        assert control.content[3] >= bottom
    assert any(shows_alone(control.row, control, controls) for control in seen if control.row)


@needs_browser
def test_some_pages_have_no_control_and_are_full_all_the_same(
    chromium: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "BARE", 1)
    picture, controls = photograph.photograph(chromium, "bootstrap", Random("page-1"))
    assert {control.label for control in controls} == {OTHER}
    assert len(picture.getcolors(2**24)) > 20


@needs_browser
def test_text_has_colored_edges_in_the_other_browser() -> None:
    colorful = []
    with browsers() as both:
        for each in both:
            page = each.new_page()
            page.set_content("<body style='background: white; color: black'>Hello, world</body>")
            picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
            colorful.append(int((np.ptp(np.asarray(picture), axis=2) > 10).sum()))
    assert colorful[0] == 0
    assert colorful[1] > 100


@pytest.mark.parametrize("library", LIBRARIES)
def test_every_librarys_template_makes_a_page(library: str) -> None:
    drawn = [draw_page(library, Random(seed), 1024) for seed in range(3)]
    assert all("data-furniture" in html for html, _ in drawn)
    kinds = {cell.kind for _, cells in drawn for cell in cells}
    assert kinds & {"checkbox", "radio", "switch"}


@pytest.mark.slow
@needs_browser
@pytest.mark.parametrize("library", LIBRARIES)
def test_every_librarys_controls_take_their_state(library: str, chromium: Browser) -> None:
    _, controls = photograph.photograph(chromium, library, Random("page-2"))
    for control in controls:
        left, top, right, bottom = control.content
        assert left <= (control.box[0] + control.box[2]) / 2 <= right
        assert top <= (control.box[1] + control.box[3]) / 2 <= bottom


def test_a_control_that_is_not_what_was_asked_for_names_its_library() -> None:
    _, cells = draw_page("custom", Random(1), 1024)
    cell: Cell = next(cell for cell in cells if cell.kind != OTHER)
    check({"state": cell.state, "empty": False}, cell, "custom")
    with pytest.raises(UserError, match=r"render/libraries/custom: a \w+ has no size"):
        check({"state": cell.state, "empty": True}, cell, "custom")
    with pytest.raises(UserError, match=r"custom: a \w+ did not take its state"):
        check({"state": not cell.state, "empty": False}, cell, "custom")


@needs_browser
def test_a_page_that_never_stands_still_names_its_library(
    chromium: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def restless(*_: object) -> None:
        raise RestlessPageError

    monkeypatch.setattr(photograph, "photograph_once", restless)
    with pytest.raises(UserError, match="render/libraries/custom: 5 pages that keep moving"):
        photograph.photograph(chromium, "custom", Random(1))


def test_a_box_loses_its_plain_margin_and_a_loose_one_the_label_too() -> None:
    picture = Image.new("RGB", (100, 40), "white")
    picture.paste("black", (10, 10, 26, 26))
    picture.paste("black", (31, 14, 36, 24))  # a letter
    assert tightened(picture, (4, 4, 40, 36), loose=False) == (10, 10, 36, 26)
    assert tightened(picture, (4, 4, 40, 36), loose=True) == (10, 10, 26, 26)
    assert tightened(picture, (50, 4, 90, 36), loose=True) == (50, 4, 90, 36)
