"""Widgets of GTK 4 for gtk4_program.py, and how a picture is written; run by Debian's Python."""

from __future__ import annotations

import ctypes
import importlib
from collections.abc import Callable, Iterator
from typing import Any

import gi

from render.toolkits.gtk_shared import ICONS

gi.require_version("Gtk", "4.0")
gi.require_version("Adw", "1")
Adw, Gdk, Gio, GLib, Graphene, Gsk, Gtk = (
    importlib.import_module(f"gi.repository.{name}")
    for name in ("Adw", "Gdk", "Gio", "GLib", "Graphene", "Gsk", "Gtk")
)
INDICATORS = ("check", "radio", "switch")
PICTURES = [name for name in ICONS if name not in ("emblem-ok-symbolic", "object-select-symbolic")]
"""Icons that may stand alone: a check mark in a line would look like a menu's checked one."""


def margins(widget: Any, size: int) -> None:
    """Set all four margins."""
    for side in ("start", "end", "top", "bottom"):
        widget.set_property(f"margin-{side}", size)


def walk(widget: Any) -> Iterator[Any]:
    """What is shown of a widget and in it."""
    if widget.get_mapped():
        yield widget
        child = widget.get_first_child()
        while child:
            yield from walk(child)
            child = child.get_next_sibling()


def indicator(widget: Any) -> Any:
    """The part of a control that shows its state."""
    return next(part for part in walk(widget) if part.get_css_name() in INDICATORS)


def icon_name(value: int, names: list[str]) -> str:
    """One of some icons, most often of one color, as GNOME's programs have them."""
    name = names[value % len(names)]
    return name if value % 4 == 0 or name.endswith("-symbolic") else f"{name}-symbolic"


def icon(value: int) -> Any:
    """A picture of the icon theme."""
    return Gtk.Image.new_from_icon_name(icon_name(value, PICTURES))


def icon_label(text: str, value: int) -> Any:
    """A picture before a text."""
    box, image = Gtk.Box(spacing=6), icon(value)
    image.set_pixel_size(32 if value > 80 else 16)
    box.append(image)
    box.append(Gtk.Label(label=text))
    return box


def icon_button(_: str, value: int) -> Any:
    """A button with a picture, in one of the forms that style classes give it."""
    style = (None, "flat", "circular", "suggested-action", "destructive-action")[value % 5]
    names = PICTURES if value % 5 > 2 else ICONS  # a check mark on color would be a checked box
    button = Gtk.Button.new_from_icon_name(icon_name(value, names))
    if style:
        button.add_css_class(style)
    return button


def avatar(text: str, value: int) -> Any:
    """A person's picture, or where libadwaita draws none, whose style has the colors, an icon."""
    if not Adw.is_initialized():
        return Gtk.Image(icon_name="avatar-default-symbolic", pixel_size=24 + value // 4)
    return Adw.Avatar(text=text, size=24 + value // 4, show_initials=True)


def ranged(make: Any, length: int = 120) -> Callable[[str, int], Any]:
    """Make widgets with a value between two ends."""

    def build(_: str, value: int) -> Any:
        adjustment = Gtk.Adjustment(value=value, lower=0, upper=100, step_increment=1, page_size=0)
        widget = make(adjustment=adjustment)
        widget.set_size_request(length, -1)
        return widget

    return build


OTHERS: dict[str, Callable[[str, int], Any]] = {
    "arrow": lambda text, value: Gtk.Expander(label=text, expanded=value % 2 == 1),
    "avatar": avatar,
    "button": lambda text, _: Gtk.Button(label=text),
    "combobox": lambda text, _: Gtk.DropDown.new_from_strings([text]),
    "entry": lambda text, value: Gtk.Entry(text=text, width_chars=7 if value < 15 else 12),
    "icon": lambda _, value: icon(value),
    "iconbutton": icon_button,
    "iconlabel": icon_label,
    "levelbar": lambda _, value: Gtk.LevelBar(value=value / 100, width_request=120),
    "link": lambda text, _: Gtk.LinkButton(uri="http://x", label=text),
    "menubutton": lambda text, _: Gtk.MenuButton(label=text),
    "progress": lambda _, value: Gtk.ProgressBar(fraction=value / 100, width_request=120),
    "scrollbar": ranged(Gtk.Scrollbar),
    "search": lambda text, value: Gtk.SearchEntry(text=text if value % 2 else ""),
    "slider": ranged(Gtk.Scale),
    "spinbox": ranged(Gtk.SpinButton),
    "spinner": lambda _, value: Gtk.Spinner(spinning=True, width_request=16 + value // 5),
    "text": lambda text, _: Gtk.Label(label=text),
}


class Rect(ctypes.Structure):
    """A graphene_rect_t."""

    _fields_ = [(name, ctypes.c_float) for name in ("x", "y", "width", "height")]


def write(snapshot: Any, width: int, height: int, path: str) -> None:
    """Write a snapshot as PNG. Render nodes are no objects that PyGObject knows, hence C."""
    library, pointer = ctypes.CDLL("libgtk-4.so.1"), ctypes.c_void_p
    for name in ("gtk_snapshot_to_node", "gsk_renderer_render_texture"):
        getattr(library, name).restype = pointer
    renderer = Gsk.CairoRenderer()
    renderer.realize(None)
    node = pointer(library.gtk_snapshot_to_node(pointer(hash(snapshot))))
    area = ctypes.byref(Rect(0, 0, width, height))
    texture = pointer(library.gsk_renderer_render_texture(pointer(hash(renderer)), node, area))
    library.gdk_texture_save_to_png(texture, path.encode())
    library.g_object_unref(texture)
    library.gsk_render_node_unref(node)
    renderer.unrealize()
