"""Whole pages in a real Chromium: the boxes lie on what they are the boxes of."""

import io
import re
from collections.abc import Iterator
from dataclasses import replace
from random import Random
from typing import Any

import numpy as np
import pytest
import yaml
from PIL import Image
from playwright.sync_api import Browser

from checkstate.core.errors import UserError
from checkstate.core.types import KINDS
from render import photograph
from render.chromium import browsers
from render.cutting import HIDDEN, MIN_SIDE, OTHER, shows_alone
from render.pages import HERE, Cell, draw_page
from render.photograph import changed, check, painted
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
    assert any(shows_alone(control.row, control, controls) for control in seen if control.row)


@needs_browser
def test_some_pages_have_no_control_and_are_full_all_the_same(chromium: Browser) -> None:
    picture, controls = photograph.photograph(chromium, "bootstrap", Random("page-1"), bare_share=1)
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


def test_a_box_of_which_a_part_is_chosen_counts_as_checked() -> None:
    pages_drawn = [draw_page("partial", Random(seed), 1024)[0] for seed in range(6)]
    boxes = [box for html in pages_drawn for box in re.findall(r"<input data-control[^>]*>", html)]
    partly = [box for box in boxes if re.search(r'class="[np] part"', box)]
    assert len(partly) > len(boxes) / 8
    assert all(re.search(r" checked\b", box) for box in partly)


@pytest.mark.slow
@needs_browser
@pytest.mark.parametrize("library", LIBRARIES)
def test_every_librarys_controls_take_their_state_and_have_a_size(
    library: str, chromium: Browser
) -> None:
    picture, controls = photograph.photograph(chromium, library, Random("page-2"), bare_share=0)
    seen = [c for c in controls if c.kind in KINDS and c.label != HIDDEN]
    assert seen
    for control in seen:
        left, top, right, bottom = control.box
        assert min(right - left, bottom - top) >= MIN_SIDE
        assert max(right - left, bottom - top) <= picture.width / 2


SCALES = (1, 1.25, 1.5, 2, 3)
PAGE = """
<style>
body { margin: 0; font: 16px monospace; }
.slot { position: absolute; }
.slot i { display: block; width: 20px; height: 20px; background: black; }
.line { position: absolute; left: 10px; top: 80px; width: 300px; height: 40px; }
</style>
<div id="cells">
<span class="slot" id="cell0" style="left: 32px; top: 16px; width: 40px; height: 40px"
  ><b data-control aria-checked="true" style="position: absolute; padding: 10px"><i></i></b
  ><span style="position: absolute; left: 60px; width: 48px; height: 30px">word</span></span>
<span class="slot" id="cell1" style="left: 200px; top: 16px"
  ><i data-control aria-checked="false"></i></span>
<div style="position: absolute; left: 190px; top: 10px; width: 60px; height: 60px;
  background: red"></div>
<div class="line"><span class="slot" id="cell2" style="left: 4px; top: 8px"
  ><i data-control aria-checked="false"></i></span></div>
<span class="slot" id="cell3" style="left: 400px; top: 16px"><i></i></span>
<div data-furniture="menu" style="position: absolute; left: 480px; top: 20px; width: 90px"
  ><i style="display: inline-block; width: 30px; height: 20px; background: green"></i></div>
<div style="position: absolute; left: 10px; top: 140px; width: 40px; height: 40px; overflow: clip"
  ><span class="slot" id="cell4" style="left: 60px"
  ><i data-control aria-checked="false"></i></span></div>
<div style="position: absolute; left: 200px; top: 140px; width: 40px; height: 40px; overflow: clip"
  ><span class="slot" id="cell5" style="left: 25px; top: 8px"
  ><i data-control aria-checked="true"></i></span></div>
</div>
"""


@needs_browser
def test_boxes_are_where_the_page_says_at_any_scale(
    chromium: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def drawn(name: str, *args: Any) -> tuple[str, list[Cell]]:
        _, cells = draw_page(name, *args)
        kinds = [("checkbox", "", True), ("radio", "", False), ("switch", "", False)]
        kinds += [(OTHER, "icon", False), ("radio", "", False), ("checkbox", "", True)]
        return PAGE, [
            replace(cells[0], kind=kind, widget=widget, state=state)
            for kind, widget, state in kinds
        ]

    monkeypatch.setattr(photograph, "draw_page", drawn)
    scales = set()
    for seed in range(8):
        picture, controls = photograph.photograph(chromium, "custom", Random(seed))
        assert [control.label for control in controls] == [
            "checked",
            HIDDEN,  # behind a red square
            "unchecked",
            OTHER,
            HIDDEN,  # cut by its frame
            OTHER,
        ], "what its frame cuts off wholly is not there"
        ticked, _, row, icon, cut, menu = controls
        pixels = np.asarray(picture.convert("L"))
        left, top, right, bottom = (round(side) for side in ticked.box)
        scale = min(SCALES, key=lambda each: abs(20 * each - (right - left)))
        scales.add(scale)
        assert ticked.box == pytest.approx([s * scale for s in (42, 26, 62, 46)], abs=1)
        assert (pixels[top + 1 : bottom - 1, left + 1 : right - 1] < 128).all()
        assert not (pixels[top:bottom, right + 1 : right + 5] < 128).any()
        assert ticked.content == pytest.approx([s * scale for s in (32, 16, 140, 56)], abs=1)
        assert row.row == pytest.approx([s * scale for s in (10, 80, 310, 120)], abs=1)
        assert icon.box == pytest.approx([s * scale for s in (400, 16, 420, 36)], abs=1)
        assert cut.box[2] == pytest.approx(240 * scale, abs=1), "what is in view of it"
        assert menu.kind == "menu"
        assert menu.box[0] == pytest.approx(480 * scale, abs=1)
        assert menu.box[2] == pytest.approx(510 * scale, abs=1)
        assert menu.row
        assert menu.row[2] == pytest.approx(570 * scale, abs=1)
    assert len(scales) > 2


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
    moving = (
        "<div id=cells></div><script>setInterval(() => cells.textContent = Date.now(), 9)</script>"
    )
    monkeypatch.setattr(photograph, "draw_page", lambda *_: (moving, []))
    monkeypatch.setattr(photograph, "TRIES", 1)
    with pytest.raises(UserError, match="render/libraries/custom: 1 pages that keep moving"):
        photograph.photograph(chromium, "custom", Random(1))


def test_a_box_is_what_its_control_paints_without_the_label() -> None:
    page = Image.new("RGB", (100, 40), "white")
    page.paste("gray", (0, 30, 100, 31))  # a rule of the page, in the element's box
    picture = page.copy()
    picture.paste("black", (10, 10, 26, 26))
    picture.paste("black", (31, 14, 36, 24))  # a letter of its label
    picture.paste((250, 250, 250), (8, 8, 10, 26))  # a shadow that nobody sees
    picture.paste("black", (60, 10, 76, 26))  # another control
    ink = changed(picture, page)
    element, letter = (6, 4, 40, 36), (30, 12, 40, 26)
    assert painted(ink, element, [letter], []) == (10, 10, 26, 26)
    assert painted(ink, element, [], []) == (10, 10, 36, 26)
    assert painted(ink, (12, 10, 26, 26), [], []) == (10, 10, 26, 26), "it paints beyond itself"
    assert painted(ink, (80, 4, 95, 36), [], []) == (80, 4, 95, 36), "nothing is painted there"
    assert painted(ink, (-30, 4, -9, 36), [], []) == (-30, 4, -9, 36), "it is out of the picture"


def test_a_pale_track_belongs_to_its_switch_and_a_pale_shadow_does_not() -> None:
    page = Image.new("RGB", (100, 40), "white")
    picture = page.copy()
    picture.paste((245, 245, 245), (10, 8, 50, 28))
    picture.paste("gray", (12, 10, 28, 26))
    ink = changed(picture, page)
    assert painted(ink, (10, 8, 50, 28), [], []) == (10, 8, 50, 28)
    assert painted(ink, (12, 10, 28, 26), [], []) == (12, 10, 28, 26)


@pytest.mark.parametrize("gap", [0, 1, 2, 3])
def test_the_boxes_of_controls_that_touch_do_not_overlap(gap: int) -> None:
    page = Image.new("RGB", (60, 40), "white")
    picture = page.copy()
    picture.paste("black", (8, 10, 40 + gap, 26))  # two boxes and all that is between them
    ink = changed(picture, page)
    left, right = (9, 11, 24, 25), (24 + gap, 11, 39 + gap, 25)
    first, second = painted(ink, left, [], [right]), painted(ink, right, [], [left])
    assert first == (8, 10, 24 + gap // 2, 26)
    assert second == (24 + gap - gap // 2, 10, 40 + gap, 26)
    assert painted(ink, left, [], [])[2] > first[2]


@needs_browser
def test_the_label_inside_an_element_does_not_belong_to_the_box(
    chromium: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = """
<style>body { margin: 0; font: 20px monospace } .slot { position: absolute; left: 40px; top: 30px }
i { display: inline-block; width: 18px; height: 18px; background: green; margin-right: 4px }</style>
<div id="cells"><span class="slot" id="cell0"><label data-control="60" aria-checked="true"
  style="display: block; border-bottom: 1px solid transparent; padding: 6px"><i></i>word</label>
</span></div>"""

    def drawn(name: str, *args: Any) -> tuple[str, list[Cell]]:
        cell = draw_page(name, *args)[1][0]
        return page, [replace(cell, kind="checkbox", widget="", state=True, text="word")]

    monkeypatch.setattr(photograph, "draw_page", drawn)
    _, (control,) = photograph.photograph(chromium, "custom", Random(0))
    left, top, right, bottom = control.box
    assert right - left == pytest.approx(bottom - top, abs=1)
    assert control.content[2] > right + (right - left)
