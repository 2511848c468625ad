"""What stands on a page, before a browser draws it."""

from random import Random

import pytest

from render.cutting import OTHER
from render.pages import draw_cell, draw_page, draw_theme, load_templates

_, LIBRARY, COMMON = load_templates("arco")


@pytest.mark.parametrize("kind", sorted({*COMMON.widgets, *COMMON.deceivers}))
def test_every_common_widget_is_drawn(kind: str) -> None:
    random = Random(0)
    cell = draw_cell(random, 0, LIBRARY, [], draw_theme(random, True), 1)
    assert "<" in COMMON.widget(cell, kind)


def test_a_librarys_own_widget_goes_before_a_common_one_of_its_name() -> None:
    assert "avatar" in LIBRARY.widgets and "avatar" in COMMON.widgets
    pages = [draw_page("arco", Random(seed), 1000, bare_share=1) for seed in range(30)]
    held = [html for html, cells in pages if any(cell.widget == "avatar" for cell in cells)]
    assert held and all("<a-avatar" in html for html in held)


def test_pages_without_controls_hold_common_widgets_too() -> None:
    cells = [cell for seed in range(30) for cell in draw_page("arco", Random(seed), 1000, 1)[1]]
    assert {cell.kind for cell in cells} == {OTHER}
    common = [cell for cell in cells if cell.widget not in LIBRARY.widgets]
    assert 0.1 < len(common) / len(cells) < 0.4
    assert {cell.widget for cell in common} >= set(COMMON.deceivers)


def test_pages_that_measure_have_no_deceivers_but_the_librarys_own() -> None:
    pages = [draw_page("arco", Random(seed), 1000, 1, deceivers=False) for seed in range(30)]
    drawn = {cell.widget for _, cells in pages for cell in cells}
    assert drawn <= {*LIBRARY.widgets, *COMMON.widgets}
