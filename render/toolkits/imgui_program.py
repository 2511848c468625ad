"""Draws windows of Dear ImGui for render/toolkits/imgui.py.

A form is the seed of a screen. ImGui keeps no widgets, so each frame is drawn anew from the same
seed; the first ones settle sizes. A control is drawn without its label, with the text behind it,
which paints the same pixels: what it adds to the vertices is the control alone.
"""

from __future__ import annotations

import colorsys
import math
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import imgui_bundle
import numpy as np
from imgui_bundle import hello_imgui, imgui, imgui_toggle
from PIL import Image

from render.toolkits import opengl, words
from render.toolkits.foreign import answer_forms
from render.toolkits.pixels import changed

SIZE = (2400, 1800)
KINDS = ["check", "check", "check", "check", "radio", "radio", "switch"]
PROGGY, OUTLINED = "", "outlined"
"""The fonts that ImGui brings: of pixels, and of outlines."""
BUNDLED = Path(imgui_bundle.__file__).parent / "assets/fonts"
INSTALLED = Path("/usr/share/fonts/truetype")
FONTS = [
    *(BUNDLED / "DroidSans.ttf", BUNDLED / "Roboto/Roboto-Regular.ttf"),
    *(BUNDLED / "Inconsolata-Medium.ttf", INSTALLED / "dejavu/DejaVuSans.ttf"),
    *(INSTALLED / "dejavu/DejaVuSansMono.ttf", INSTALLED / "liberation/LiberationSans-Regular.ttf"),
    *(INSTALLED / "noto/NotoSans-Regular.ttf", INSTALLED / "noto/NotoSansMono-Regular.ttf"),
]
THEMES = [theme for theme in hello_imgui.ImGuiTheme_ if theme.name != "count"]
SMOOTH = 0.55
"""Pixels that smooth edges reach beyond what they show; those of circles reach a bit more."""
BLUE = (0.26, 0.59, 0.98)
FAMILIAR = {
    "window_bg": (0.06, 0.06, 0.06, 0.94), "popup_bg": (0.08, 0.08, 0.08, 0.94),
    "frame_bg": (0.16, 0.29, 0.48, 0.54), "frame_bg_hovered": (*BLUE, 0.4),
    "title_bg": (0.04, 0.04, 0.04, 1), "title_bg_active": (0.16, 0.29, 0.48, 1),
    "menu_bar_bg": (0.14, 0.14, 0.14, 1), "border": (0.43, 0.43, 0.5, 0.5),
    "check_mark": (*BLUE, 1), "slider_grab": (0.24, 0.52, 0.88, 1), "button": (*BLUE, 0.4),
    "button_hovered": (*BLUE, 1), "header": (*BLUE, 0.31), "header_hovered": (*BLUE, 0.8),
    "tab": (0.18, 0.35, 0.58, 0.86), "tab_selected": (0.2, 0.41, 0.68, 1),
}  # fmt: skip
"""Colors of the dark style before version 1.93, which most programs have."""
TOGGLES: list[Callable[[float], Any]] = [
    lambda _: imgui_toggle.default_style(), lambda _: imgui_toggle.rectangle_style(),
    lambda _: imgui_toggle.glowing_style(), imgui_toggle.ios_style,
    lambda scale: imgui_toggle.ios_style(scale, light_mode=True),
    imgui_toggle.material_style, imgui_toggle.minecraft_style,
]  # fmt: skip


class Page:
    """A screen under construction: what all of its frames have in common, and the last one."""

    def __init__(self, seed: str) -> None:
        self.seed, self.random = seed, Random(seed)
        self.kinds = self.random.choice([KINDS, KINDS, KINDS, ["check"], ["radio"], ["switch"]])
        self.turned = False
        self.sizes: dict[int, Any] = {}
        self.extent = SIZE
        self.last_letter = "\u024f"
        set_colors(self.random)
        self.scale = set_measures(self)
        self.toggle = toggle_config(self)
        self.texts = Random(self.random.random())
        self.begin()

    def begin(self) -> None:
        """Forget the last frame."""
        self.random = Random(f"frame-{self.seed}")
        self.controls: list[dict[str, Any]] = []
        self.names = 0

    def chance(self, share: float) -> bool:
        """Whether something happens that does so in a share of the cases."""
        return self.random.random() < share

    def text(self, draw: Callable[[Random], str]) -> str:
        """A text in letters that the font has."""
        return words.in_letters(self.random, draw, self.last_letter)

    def name(self, text: str = "") -> str:
        """A text with a name behind it that no other widget has; ImGui does not show the name."""
        self.names += 1
        return f"{text}##{self.names}"

    def other(self, kind: str, box: list[float] | None = None) -> None:
        """Note a widget of no two states: the last one."""
        box = box or rectangle()
        self.controls.append({"kind": kind, "state": 0, "box": box, "content": box})

    def control(self, kind: str, state: bool) -> dict[str, Any]:
        """Draw a control and note it if it is in sight; its content is for now itself alone."""
        shown = state != self.turned
        first = imgui.get_window_draw_list().vtx_buffer.size()
        if kind == "check":
            imgui.checkbox(self.name(), shown)
        elif kind == "radio":
            imgui.radio_button(self.name(), shown)
        else:
            imgui_toggle.toggle(self.name(), shown, self.toggle)
        box = painted(first)
        found = {"kind": kind, "state": int(state), "box": box, "content": box}
        if box[2]:
            self.controls.append(found)
        return found


def rectangle() -> list[float]:
    """That of the last widget."""
    low, high = imgui.get_item_rect_min(), imgui.get_item_rect_max()
    return [low.x, low.y, high.x, high.y]


def painted(first: int) -> list[float]:
    """What is painted since a number of vertices."""
    vertices = imgui.get_window_draw_list().vtx_buffer
    points = [vertices[number].pos for number in range(first, vertices.size())]
    if not points:  # out of sight, as all is while a window's size is unknown
        return [0, 0, 0, 0]
    across, down = [point.x for point in points], [point.y for point in points]
    low, high = (min(across), min(down)), (max(across), max(down))
    return [
        *(math.floor(side + SMOOTH) for side in low),
        *(math.ceil(side - SMOOTH) for side in high),
    ]


def set_colors(random: Random) -> None:
    """A style of ImGui's or a theme, with its colors turned at times."""
    style, columns = imgui.get_style(), imgui.Col_
    if random.random() < 0.4:
        imgui.style_colors_dark()
        for name, color in FAMILIAR.items():
            style.set_color_(columns[name], color)
    else:
        hello_imgui.apply_theme(random.choice(THEMES))
    if random.random() < 0.7:
        style.set_color_(columns.checkbox_selected_bg, style.color_(columns.frame_bg))
    if random.random() < 0.4:
        turn, strength = random.random(), random.uniform(0.3, 1.6)
        for number in range(columns.count):
            style.set_color_(number, turned(style.color_(number), turn, strength))
    if random.random() < 0.3:
        ground = style.color_(columns.window_bg)
        ground.w = random.uniform(0.5, 1)
        style.set_color_(columns.window_bg, ground)


def turned(color: Any, turn: float, strength: float) -> tuple[float, ...]:
    """A color of another hue."""
    hue, saturation, value = colorsys.rgb_to_hsv(*(min(1, c) for c in (color.x, color.y, color.z)))
    return *colorsys.hsv_to_rgb((hue + turn) % 1, min(1, saturation * strength), value), color.w


def set_measures(page: Page) -> float:
    """Font, distances, corners and borders; give the size of the font by its usual one."""
    random, style, fonts = page.random, imgui.get_style(), imgui.get_io().fonts
    font = random.choice([PROGGY, PROGGY, OUTLINED, *(font for font in FONTS if font.exists())])
    scale = random.choice([1, 1, 1, 1, 1.25, 1.5, 2])
    if font == PROGGY:
        page.last_letter = "\u00ff"
        fonts.add_font_default_bitmap()
        scale, size = (2, 13) if scale == 2 else (1, random.choice([13, 13, 13, 10, 16]))
    elif font == OUTLINED:
        page.last_letter = "\u00ff"
        fonts.add_font_default_vector()
        size = random.choice([13, 14, 16, 18])
    else:
        fonts.add_font_from_file_ttf(str(font), 16)
        size = random.choice([10, 12, 13, 14, 15, 16, 16, 18, 20])
    style.font_size_base, style.font_scale_dpi = size, scale
    style.frame_rounding = random.choice([0, 0, 0, 2, 3, 4, 6, 9, 12])
    style.grab_rounding = style.tab_rounding = min(style.frame_rounding, 5)
    style.window_rounding = style.popup_rounding = random.choice([0, 0, 4, 7, 12])
    style.child_rounding = random.choice([0, 0, 5])
    style.frame_border_size = random.choice([0, 0, 0, 1, 1, 2])
    style.frame_padding = random.choice([(4, 3), (4, 3), (2, 1), (5, 2), (8, 4), (8, 6), (10, 8)])
    style.item_spacing = random.choice([(8, 4), (8, 4), (6, 2), (8, 8), (12, 6), (10, 12)])
    style.item_inner_spacing = (random.choice([4, 4, 6, 8]), 4)
    style.window_padding = random.choice([(8, 8), (8, 8), (4, 4), (15, 15), (10, 20)])
    style.cell_padding = random.choice([(4, 2), (4, 2), (6, 4), (8, 6)])
    style.window_title_align = (random.choice([0, 0, 0.5]), 0.5)
    style.scale_all_sizes(scale)
    return size * scale / 13


def toggle_config(page: Page) -> Any:
    """The look of all switches."""
    config = page.random.choice(TOGGLES)(page.scale * page.random.choice([0.7, 0.85, 1]))
    config.animation_duration = 0
    if page.chance(0.3):
        config.flags |= imgui_toggle.ToggleFlags_.bordered
    if page.chance(0.3):
        config.flags |= imgui_toggle.ToggleFlags_.a11y
        config.a11y_style = page.random.randrange(3)
    return config


def draw_ground(page: Page) -> None:
    """A sky over land, or one color, as a game behind its windows."""
    canvas, (width, height) = imgui.get_background_draw_list(), page.extent
    colors = [imgui.get_color_u32(vector(page.random)) for _ in range(5)]
    if page.chance(0.3):
        canvas.add_rect_filled((0, 0), (width, height), colors[0])
        return
    canvas.add_rect_filled_multi_color((0, 0), (width, height), *colors[:4])
    horizon = page.random.uniform(0.3, 0.9)
    for _ in range(page.random.choice([0, 5, 25])):
        place = page.random.uniform(0, width), page.random.uniform(horizon, 1) * height
        canvas.add_circle_filled(place, page.random.uniform(3, 90), page.random.choice(colors))


def vector(random: Random) -> Any:
    """A color of any hue."""
    rgb = colorsys.hsv_to_rgb(random.random(), random.uniform(0, 0.7), random.uniform(0, 0.9))
    return imgui.ImVec4(*rgb, 1)


def label(page: Page) -> list[float]:
    """A text in line with what stands beside it; give the rectangle of what shows of it."""
    imgui.align_text_to_frame_padding()
    imgui.text_unformatted(page.text(words.label))
    left, top, right, bottom = rectangle()
    return [left, top, min(right, imgui.get_window_draw_list().get_clip_rect_max().x), bottom]


def add_labelled(page: Page, kind: str, state: bool) -> None:
    """A control with its label behind it, at times disabled."""
    imgui.begin_disabled(page.chance(0.08))
    found = page.control(kind, state)
    imgui.same_line(0, imgui.get_style().item_inner_spacing.x)
    found["content"] = around(found["box"], label(page))
    imgui.end_disabled()


def around(*boxes: list[float]) -> list[float]:
    """The smallest box around others."""
    lows, highs = zip(*((box[:2], box[2:]) for box in boxes), strict=True)
    return [*map(min, zip(*lows, strict=True)), *map(max, zip(*highs, strict=True))]


def states(page: Page, kind: str, count: int) -> list[bool]:
    """Of some controls of a kind; of radio buttons mostly one is chosen."""
    if kind == "radio" and page.chance(0.7):
        chosen = page.random.randrange(count)
        return [number == chosen for number in range(count)]
    return [page.chance(0.5) for _ in range(count)]


def add_list(page: Page, least: int = 2, share: float = 0.2) -> None:
    """Controls of one kind under each other, with other widgets between them."""
    kind = page.random.choice(page.kinds)
    for state in states(page, kind, page.random.randint(least, 6)):
        if page.chance(share):
            add_other(page)
        add_labelled(page, kind, state)


def add_line(page: Page) -> None:
    """Controls beside each other."""
    kind = page.random.choice(page.kinds)
    for state in states(page, kind, page.random.randint(2, 4)):
        add_labelled(page, kind, state)
        imgui.same_line()
    add_other(page)


def add_grid(page: Page) -> None:
    """Properties: names in one column, values in the other."""
    flags = imgui.TableFlags_
    look = page.random.choice([flags.none, flags.borders, flags.row_bg, flags.borders_inner_v])
    kind, control_first = page.random.choice(page.kinds), page.chance(0.3)
    width = imgui.get_font_size() * page.random.randint(16, 26)
    if not imgui.begin_table(page.name(), 2, look | flags.sizing_stretch_same, (width, 0)):
        return
    share = page.random.uniform(0.2, 0.3) if control_first else page.random.uniform(0.5, 0.75)
    for part in (share, 1 - share):
        imgui.table_setup_column("", init_width_or_weight=part)
    left, pad = imgui.get_cursor_screen_pos().x, imgui.get_style().cell_padding
    for state in states(page, kind, page.random.randint(2, 6)):
        imgui.table_next_column()
        top = imgui.get_cursor_screen_pos().y
        if page.chance(0.3):
            label(page)
            imgui.table_next_column()
            imgui.set_next_item_width(-1)
            OTHERS[page.random.choice(["drag", "slider", "combo", "entry"])](page)
            continue
        text = None if control_first else label(page)
        if text:
            imgui.table_next_column()
        found = page.control(kind, state)
        if not text:
            imgui.table_next_column()
            text = label(page)
        found["content"] = around(found["box"], text)
        found["row"] = [left - pad.x, top - pad.y, left - pad.x + width, found["box"][3] + pad.y]
    imgui.end_table()


def add_leading(page: Page) -> None:
    """Labels with controls behind them, mostly in a column."""
    kind = page.random.choice(page.kinds)
    offset = page.random.choice([0, 14, 18]) * imgui.get_font_size()
    for state in states(page, kind, page.random.randint(2, 6)):
        text = label(page)
        imgui.same_line(max(offset, text[2] - imgui.get_window_pos().x + 4) if offset else 0)
        found = page.control(kind, state)
        found["content"] = around(found["box"], text)


def add_table(page: Page) -> None:
    """Names with one to three controls each, under a head."""
    flags, columns = imgui.TableFlags_, page.random.randint(2, 4)
    look = page.random.choice([flags.borders, flags.row_bg, flags.borders | flags.row_bg])
    if not imgui.begin_table(page.name(), columns, look | flags.sizing_fixed_fit):
        return
    for _ in range(columns):
        imgui.table_setup_column(page.text(words.title))
    imgui.table_headers_row()
    kinds = [page.random.choice(page.kinds) for _ in range(columns - 1)]
    for _ in range(page.random.randint(2, 6)):
        imgui.table_next_column()
        imgui.align_text_to_frame_padding()
        imgui.text_unformatted(page.text(words.entry))
        for kind in kinds:
            imgui.table_next_column()
            page.control(kind, page.chance(0.5))
    imgui.end_table()


def add_tree(page: Page) -> None:
    """Branches, open and closed, with controls in them."""
    for _ in range(page.random.randint(1, 3)):
        imgui.set_next_item_open(page.chance(0.6))
        is_open = imgui.tree_node(page.name(page.text(words.entry)))
        page.other("tree")
        if is_open:
            add_list(page, least=1)
            imgui.tree_pop()


def add_header(page: Page) -> None:
    """Parts that collapse, one of them open."""
    for _ in range(page.random.randint(0, 2)):
        imgui.set_next_item_open(False)
        imgui.collapsing_header(page.name(page.text(words.title)))
        page.other("header")
    imgui.set_next_item_open(True)
    imgui.collapsing_header(page.name(page.text(words.title)))
    page.other("header")
    page.random.choice([add_list, add_leading, add_grid])(page)


def add_child(page: Page) -> None:
    """A list in a frame, with a scroll bar at times."""
    flags, bar = imgui.ChildFlags_, imgui.WindowFlags_.always_vertical_scrollbar
    size, look = (imgui.get_font_size() * page.random.randint(22, 30), 0), flags.borders
    window = bar if page.chance(0.3) else imgui.WindowFlags_.none
    if imgui.begin_child(page.name(), size, look | flags.auto_resize_y, window):
        add_list(page)
    imgui.end_child()


def add_tabs(page: Page) -> None:
    """Tabs with a list on the first."""
    if not imgui.begin_tab_bar(page.name()):
        return
    for _ in range(page.random.randint(2, 4)):
        shown = imgui.begin_tab_item_simple(page.name(page.text(words.title)))
        page.other("tab")
        if shown:
            imgui.end_tab_item()
    imgui.end_tab_bar()
    add_list(page)


def add_other(page: Page) -> None:
    """A widget of no two states."""
    kind = page.random.choice(sorted(OTHERS))
    imgui.set_next_item_width(imgui.get_font_size() * page.random.randint(6, 12))
    OTHERS[kind](page)
    page.other(kind)


def value(page: Page) -> float:
    """What a slider stands at."""
    return page.random.random()


def draw_arrow(page: Page) -> None:
    """A button with an arrow."""
    imgui.arrow_button(page.name(), imgui.Dir(page.random.randrange(4)))


def draw_combo(page: Page) -> None:
    """A closed list of choices."""
    imgui.combo(page.name(), 0, [page.text(words.entry)])


def draw_plot(page: Page) -> None:
    """A line or bars over time."""
    draw = page.random.choice([imgui.plot_lines, imgui.plot_histogram])
    draw(page.name(), np.array([value(page) for _ in range(20)], np.float32))


def draw_selectable(page: Page) -> None:
    """A line of a list, chosen or not."""
    width = imgui.get_font_size() * 10
    imgui.selectable(page.name(page.text(words.entry)), page.chance(0.4), size=(width, 0))


OTHERS: dict[str, Callable[[Page], Any]] = {
    "button": lambda page: imgui.button(page.name(page.text(words.word))),
    "smallbutton": lambda page: imgui.small_button(page.name(page.text(words.word))),
    "arrow": draw_arrow,
    "slider": lambda page: imgui.slider_float(page.name(), value(page), 0, 1),
    "drag": lambda page: imgui.drag_float(page.name(), value(page)),
    "color": lambda page: imgui.color_button(page.name(), vector(page.random)),
    "colors": lambda page: imgui.color_edit3(page.name(), [value(page) for _ in range(3)]),
    "combo": draw_combo,
    "entry": lambda page: imgui.input_text(page.name(), page.text(words.entry)),
    "progress": lambda page: imgui.progress_bar(value(page), (imgui.get_font_size() * 10, 0)),
    "plot": draw_plot,
    "selectable": draw_selectable,
    "bullet": lambda page: imgui.bullet_text(page.text(words.entry)),
    "text": lambda page: imgui.text_unformatted(page.text(words.sentence)),
    "link": lambda page: imgui.text_link(page.name(page.text(words.word))),
}
FORMS = [add_list, add_list, add_list, add_line, add_grid, add_grid, add_leading, add_table,
         add_tree, add_header, add_child, add_tabs]  # fmt: skip


def draw_window(page: Page, number: int) -> None:
    """A window with one to three forms and a menu bar or buttons at times."""
    flags = imgui.WindowFlags_
    bare, closable, bar = page.chance(0.15), page.chance(0.5), page.chance(0.2)
    look = flags.always_auto_resize | flags.no_saved_settings
    look |= (flags.no_title_bar if bare else 0) | (flags.menu_bar if bar else 0)
    imgui.begin(f"{page.text(words.title)}##window {number}", closable or None, look)
    if not bare:
        note_title(page, closable)
    if bar and imgui.begin_menu_bar():
        for _ in range(page.random.randint(2, 4)):
            imgui.begin_menu(page.name(page.text(words.word)), False)
            page.other("menu")
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
    ends = [("arrow", left + pad.x)]
    ends += [("close", left + width - pad.x - size)] if closable else []
    page.other("titlebar", [left, top, left + width, top + size + 2 * pad.y])
    for kind, x in ends:
        page.other(kind, [x, top + pad.y, x + size, top + pad.y + size])


def draw_menu(page: Page, number: int) -> None:
    """An open menu; entries that are on have a mark behind them, the others nothing."""
    if not imgui.is_popup_open("menu"):
        imgui.open_popup("menu")
    if not imgui.begin_popup("menu"):
        return
    keys = page.chance(0.4)
    for _ in range(page.random.randint(3, 8)):
        text, state = page.name(page.text(words.label)), page.chance(0.5)
        key = f"Ctrl+{page.random.choice('ABCDEFGH')}" if keys and page.chance(0.6) else ""
        imgui.menu_item(text, key, state != page.turned, not page.chance(0.1))
        page.other("menuitem")
        page.controls[-1]["marked"] = state
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
    draw_ground(page)
    gap, number, right, bottom = page.random.choice([0, 8, 25, 60]), 0, 0.0, 0.0
    right = gap
    menu = page.random.choice([0, None, None, None])
    for _ in range(page.random.choice([1, 2, 2, 3])):
        down, width = gap, 0
        for _ in range(page.random.choice([1, 1, 2])):
            imgui.set_next_window_pos((right, down))
            (draw_menu if number == menu else draw_window)(page, number)
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


def find_marks(page: Page, picture: Image.Image, turned: Image.Image) -> None:
    """Make check boxes of the marked entries of a menu: the mark is what a turn changes."""
    for item in page.controls:
        if item.pop("marked", False):
            box = changed(picture, turned, tuple(item["box"]))
            if box:
                item |= {"kind": "check", "state": 1, "box": box, "row": item["box"]}


def answer(lines: list[str], folder: Path) -> dict[str, Any]:
    """Draw the screen of a seed as it is, and with every control turned."""
    context = imgui.create_context()
    io = imgui.get_io()
    io.set_ini_filename("")
    io.display_size = SIZE
    imgui.backends.opengl3_init("#version 130")
    page = Page(lines[0])
    for _ in range(4):
        draw_frame(page)
    if page.chance(0.5):
        left, top, right, bottom = page.random.choice(page.controls)["box"]
        io.add_mouse_pos_event((left + right) / 2, (top + bottom) / 2)
        draw_frame(page)
    picture = save(page, folder / "window.bmp")
    controls = page.controls
    page.turned = True
    turned = save(page, folder / "turned.bmp")
    page.controls = controls
    find_marks(page, picture, turned)
    imgui.backends.opengl3_shutdown()
    imgui.destroy_context(context)
    paths = {"picture": str(folder / "window.bmp"), "toggled": str(folder / "turned.bmp")}
    return {**paths, "controls": controls}


if __name__ == "__main__":
    opengl.open_canvas(*SIZE)
    answer_forms(answer, Path(sys.argv[1]))
