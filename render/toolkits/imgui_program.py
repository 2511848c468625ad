"""Draws windows of Dear ImGui for render/toolkits/imgui.py.

A form is the seed of a screen. ImGui keeps no widgets, so each frame is drawn anew from the same
seed; the first ones settle sizes.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from imgui_bundle import imgui
from PIL import Image

from render.toolkits import opengl, words
from render.toolkits.foreign import answer_forms, joined
from render.toolkits.imgui_looks import draw_ground
from render.toolkits.imgui_page import OTHERS, SIZE, Page
from render.toolkits.pixels import changed

FRAMES = 4
"""Drawn until all sizes and places are settled."""
VALUES = ["combo", "drag", "entry", "slider"]


def add_list(page: Page) -> None:
    """Controls of one kind under each other, with other widgets between them."""
    kind, states = page.states()
    for state in states:
        if page.chance(0.3):
            page.other(OTHERS, page.width(6, 12))
        page.labeled(kind, state)


def add_line(page: Page) -> None:
    """Controls beside each other."""
    kind, states = page.states(most=4)
    for state in states:
        page.labeled(kind, state)
        imgui.same_line()
    page.other(OTHERS, page.width(6, 12))


def add_leading(page: Page) -> None:
    """Labels with controls behind them, mostly in a column."""
    kind, states = page.states()
    offset = page.random.choice([0, 14, 18]) * imgui.get_font_size()
    for state in states:
        text = page.label()
        imgui.same_line(max(offset, text[2] - imgui.get_window_pos().x + 4) if offset else 0)
        found = page.control(kind, state)
        found["content"] = joined(found["box"], text)


def add_grid(page: Page) -> None:
    """Properties: names in one column, values in the other; at times controls before names."""
    flags, pad, width = imgui.TableFlags_, imgui.get_style().cell_padding, page.width(16, 26)
    look = page.random.choice([flags.none, flags.borders, flags.row_bg, flags.borders_inner_v])
    if not imgui.begin_table(page.name(), 2, look | flags.sizing_stretch_same, (width, 0)):
        return
    before = page.chance(0.3)
    share = page.random.uniform(0.2, 0.3) if before else page.random.uniform(0.5, 0.75)
    for part in (share, 1 - share):
        imgui.table_setup_column("", init_width_or_weight=part)
    kind, states = page.states()
    for state in states:
        imgui.table_next_column()
        left, top = imgui.get_cursor_screen_pos()
        found = page.control(kind, state) if before else None
        if found:
            imgui.table_next_column()
        text = page.label()
        if not found:
            imgui.table_next_column()
            if page.chance(0.3):
                page.other(VALUES, -1)
                continue
            found = page.control(kind, state)
        found["content"] = joined(found["box"], text)
        found["row"] = left - pad.x, top - pad.y, left - pad.x + width, found["box"][3] + pad.y
    imgui.end_table()


def add_table(page: Page) -> None:
    """Names with one to three controls each, under a head."""
    flags, columns = imgui.TableFlags_, page.random.randint(2, 4)
    look = page.random.choice([flags.borders, flags.row_bg, flags.borders | flags.row_bg])
    if not imgui.begin_table(page.name(), columns, look | flags.sizing_fixed_fit):
        return
    for _ in range(columns):
        imgui.table_setup_column(page.text(words.title))
    imgui.table_headers_row()
    lists = [page.states(6) for _ in range(columns - 1)]
    for number in range(page.random.randint(2, 6)):
        imgui.table_next_column()
        page.label()
        for kind, states in lists:
            imgui.table_next_column()
            page.control(kind, states[number])
    imgui.end_table()


def add_tree(page: Page) -> None:
    """Branches, open and closed, with controls in them."""
    for _ in range(page.random.randint(1, 3)):
        imgui.set_next_item_open(page.chance(0.6))
        is_open = imgui.tree_node(page.name(words.entry))
        page.note("tree")
        if is_open:
            add_list(page)
            imgui.tree_pop()


def add_headers(page: Page) -> None:
    """Parts that collapse, the last of them open."""
    closed = page.random.randint(0, 2)
    for number in range(closed + 1):
        imgui.set_next_item_open(number == closed)
        imgui.collapsing_header(page.name(words.title))
        page.note("header")
    page.random.choice([add_list, add_leading, add_grid])(page)


def add_child(page: Page) -> None:
    """A list in a frame, with a scroll bar at times."""
    look = imgui.ChildFlags_.borders | imgui.ChildFlags_.auto_resize_y
    bar = imgui.WindowFlags_.always_vertical_scrollbar if page.chance(0.3) else 0
    if imgui.begin_child(page.name(), (page.width(22, 30), 0), look, bar):
        add_list(page)
    imgui.end_child()


def add_tabs(page: Page) -> None:
    """Tabs with a list on the first."""
    if imgui.begin_tab_bar(page.name()):
        for _ in range(page.random.randint(2, 4)):
            shown = imgui.begin_tab_item_simple(page.name(words.title))
            page.note("tab")
            if shown:
                imgui.end_tab_item()
        imgui.end_tab_bar()
    add_list(page)


FORMS = [add_list, add_list, add_list, add_line, add_grid, add_grid, add_leading, add_table,
         add_tree, add_headers, add_child, add_tabs]  # fmt: skip


def draw_window(page: Page, number: int) -> None:
    """A window with one to three forms, with or without a title and a menu bar."""
    flags, bare, closable, bar = (imgui.WindowFlags_, *map(page.chance, (0.15, 0.5, 0.2)))
    look = flags.always_auto_resize
    look |= (flags.no_title_bar if bare else 0) | (flags.menu_bar if bar else 0)
    imgui.begin(f"{page.text(words.title)}##window {number}", closable or None, look)
    if not bare:
        note_title(page, closable)
    if bar and imgui.begin_menu_bar():
        for _ in range(page.random.randint(2, 4)):
            is_open = imgui.begin_menu(page.name(words.word), page.chance(0.8))
            page.note("menu")
            if is_open:
                imgui.end_menu()
        imgui.end_menu_bar()
    for _ in range(page.random.randint(1, 3)):
        if page.chance(0.3):
            imgui.separator_text(page.text(words.title))
        page.random.choice(FORMS)(page)
    page.sizes[number] = imgui.get_window_size()
    imgui.end()


def note_title(page: Page, closable: bool) -> None:
    """Note the bar over a window, its arrow and its cross."""
    size, pad = imgui.get_font_size(), imgui.get_style().frame_padding
    (left, top), width = imgui.get_window_pos(), imgui.get_window_width()
    page.note("titlebar", (left, top, left + width, top + size + 2 * pad.y))
    marks = {"arrow": left + pad.x, "close": left + width - pad.x - size}
    for kind, x in list(marks.items())[: 1 + closable]:
        page.note(kind, (x, top + pad.y, x + size, top + pad.y + size))


def draw_menu(page: Page, number: int) -> None:
    """An open menu; entries that are on have a mark behind them, the others nothing."""
    imgui.open_popup("menu")
    if not imgui.begin_popup("menu"):
        return
    keys = page.chance(0.4)
    for _ in range(page.random.randint(3, 8)):
        text, state, enabled = page.name(words.label), page.chance(0.5), page.chance(0.9)
        key = f"Ctrl+{page.random.choice('ABCDEFGH')}" if keys and page.chance(0.6) else ""
        imgui.menu_item(text, key, state != page.turned, enabled)
        page.note("menuitem", marked=state)
        if page.chance(0.15):
            imgui.separator()
    page.sizes[number] = imgui.get_window_size()
    imgui.end_popup()


def draw_frame(page: Page) -> None:
    """Draw all once: windows under each other in one to three columns."""
    imgui.get_io().delta_time = 1 / 60
    imgui.backends.opengl3_new_frame()
    imgui.new_frame()
    page.begin()
    draw_ground(page.random, *page.extent)
    gap, menu = page.random.choice([0, 8, 25, 60]), page.chance(0.25)
    number, right, bottom = 0, float(gap), 0.0
    for _ in range(page.random.choice([1, 1, 2] if page.scale > 1.5 else [1, 1, 2, 2, 3])):
        down, width = float(gap), 0.0
        for _ in range(page.random.choice([1, 1, 1, 2])):
            imgui.set_next_window_pos((right, down))
            (draw_menu if menu and not number else draw_window)(page, number)
            size = page.sizes.get(number, imgui.ImVec2(0, 0))
            down, width, number = down + size.y + gap, max(width, size.x), number + 1
        right, bottom = right + width + gap, max(bottom, down)
    imgui.render()
    page.extent = min(round(right), SIZE[0]), min(round(bottom), SIZE[1])


def save(page: Page, path: Path) -> Image.Image:
    """Draw a frame and write what it shows."""
    draw_frame(page)
    opengl.wipe()
    imgui.backends.opengl3_render_draw_data(imgui.get_draw_data())
    picture = opengl.picture(*page.extent, SIZE[1])
    picture.save(path)
    return picture


def find_marks(controls: list[dict[str, Any]], picture: Image.Image, turned: Image.Image) -> None:
    """Make check boxes of the marked entries of a menu: the mark is what a turn changes."""
    for item in controls:
        box = changed(picture, turned, item["box"]) if item.pop("marked", False) else None
        if box:
            item |= {"kind": "check", "state": 1, "box": box, "row": item["box"]}


def pointable(controls: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What the pointer may be over: a plot tells its numbers then, and covers what is beside it."""
    return [item for item in controls if item["kind"] != "plot"]


def answer(lines: list[str], folder: Path) -> dict[str, Any]:
    """Draw the screen of a seed as it is, and with every control turned."""
    context, io = imgui.create_context(), imgui.get_io()
    io.set_ini_filename("")
    io.display_size = imgui.ImVec2(*SIZE)
    imgui.backends.opengl3_init("#version 130")
    page = Page(lines[0])
    for _ in range(FRAMES):
        draw_frame(page)
    if page.chance(0.5):
        left, top, right, bottom = page.random.choice(pointable(page.controls))["box"]
        io.add_mouse_pos_event((left + right) / 2, (top + bottom) / 2)
        draw_frame(page)
    paths = {name: folder / f"{name}.bmp" for name in ("picture", "toggled")}
    picture, controls = save(page, paths["picture"]), page.controls
    page.turned = True
    find_marks(controls, picture, save(page, paths["toggled"]))
    imgui.backends.opengl3_shutdown()
    imgui.destroy_context(context)
    return {**{name: str(path) for name, path in paths.items()}, "controls": controls}


if __name__ == "__main__":
    opengl.open_canvas(*SIZE)
    answer_forms(answer, Path(sys.argv[1]))
