"""Looks of Dear ImGui for imgui_program.py: colors, fonts, measures, switches, what lies behind."""

from __future__ import annotations

import colorsys
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import imgui_bundle
from imgui_bundle import hello_imgui, imgui, imgui_toggle

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
USUAL_SIZE = 13
LAST_LETTERS = {PROGGY: "\u00ff", OUTLINED: "\u00ff"}
LAST_LATIN = "\u024f"
THEMES = [theme for theme in hello_imgui.ImGuiTheme_ if theme.name != "count"]
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


def turned(color: Any, turn: float, strength: float) -> Any:
    """A color of another hue."""
    hue, saturation, value = colorsys.rgb_to_hsv(*(min(1, c) for c in (color.x, color.y, color.z)))
    rgb = colorsys.hsv_to_rgb((hue + turn) % 1, min(1, saturation * strength), value)
    return imgui.ImVec4(*rgb, color.w)


def set_font(random: Random) -> tuple[float, str]:
    """A font and its size; give how many times the usual size that is, and its last letter."""
    style, fonts = imgui.get_style(), imgui.get_io().fonts
    font = random.choice([PROGGY, PROGGY, OUTLINED, *(font for font in FONTS if font.exists())])
    scale = random.choice([1, 1, 1, 1, 1.25, 1.5, 2])
    size = random.choice([10, 12, 13, 14, 15, 16, 16, 18, 20])
    if font == PROGGY:
        fonts.add_font_default_bitmap()
        scale, size = round(scale), USUAL_SIZE
    elif font == OUTLINED:
        fonts.add_font_default_vector()
    else:
        fonts.add_font_from_file_ttf(str(font), size)
    style.font_size_base, style.font_scale_dpi = size, scale
    set_measures(random, style, scale)
    return size * scale / USUAL_SIZE, LAST_LETTERS.get(str(font), LAST_LATIN)


def set_measures(random: Random, style: Any, scale: float) -> None:
    """Distances, corners and borders, larger on screens of high resolution."""
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


def toggle_config(random: Random, scale: float) -> Any:
    """The look of all switches."""
    config = random.choice(TOGGLES)(scale * random.choice([0.7, 0.85, 1]))
    config.animation_duration = 0
    if random.random() < 0.3:
        config.flags |= imgui_toggle.ToggleFlags_.bordered
    if random.random() < 0.3:
        config.flags |= imgui_toggle.ToggleFlags_.a11y
        config.a11y_style = random.randrange(3)
    return config


def draw_ground(random: Random, width: int, height: int) -> None:
    """One color, or four that run into each other with discs on them, as a game behind windows."""
    canvas = imgui.get_background_draw_list()
    colors = [imgui.get_color_u32(color(random)) for _ in range(5)]
    if random.random() < 0.3:
        canvas.add_rect_filled((0, 0), (width, height), colors[0])
        return
    canvas.add_rect_filled_multi_color((0, 0), (width, height), *colors[:4])
    horizon = random.uniform(0.3, 0.9)
    for _ in range(random.choice([0, 5, 25])):
        place = random.uniform(0, width), random.uniform(horizon, 1) * height
        canvas.add_circle_filled(place, random.uniform(3, 90), random.choice(colors))


def color(random: Random) -> Any:
    """A color of any hue."""
    rgb = colorsys.hsv_to_rgb(random.random(), random.uniform(0, 0.7), random.uniform(0, 0.9))
    return imgui.ImVec4(*rgb, 1)
