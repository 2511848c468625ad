"""Draws windows with GTK 4 for render/toolkits/gtk4.py; run by Debian's Python.

The arguments are `gtk`, or `adw` for libadwaita, and the folder of the pictures. Indicators are
widgets of their own, `check`, `radio` and `switch`, whose bounds are what is painted of them.
"""

from __future__ import annotations

import sys
from typing import Any

from render.toolkits.gtk4_forms import AdwForm, Control, Form
from render.toolkits.gtk4_widgets import Adw, Gdk, Graphene, Gtk, indicator, walk, write
from render.toolkits.gtk_shared import answer_forms, united

FORMS = {"gtk": Form, "adw": AdwForm}
FLAGS = {
    "hover": Gtk.StateFlags.PRELIGHT,
    "focus": Gtk.StateFlags.FOCUSED | Gtk.StateFlags.FOCUS_VISIBLE,
}
STILL = """
* { transition: none; animation: none; }
window.csd, window.solid-csd {
  margin: 0; padding: 0; border: none; border-radius: 0; box-shadow: none;
}
"""


def show(form: Form) -> None:
    """Open the window and its menus; what a person points at or has chosen looks so."""
    form.window.present()
    settle(form)
    for menu in form.menus:
        menu.popover.popup()
        settle(form)
        menu.space.set_size_request(menu.popover.get_width(), menu.popover.get_height() + 12)
        lines = [part for part in walk(menu.popover) if part.get_css_name() == "modelbutton"]
        for item, line in zip(menu.items, lines, strict=True):
            item.widget = item.line = line
        if menu.pointed >= 0:
            lines[menu.pointed].set_state_flags(Gtk.StateFlags.PRELIGHT, False)
        form.controls += menu.items
    for name, flags in FLAGS.items():
        number = int(form.settings[name])
        for control in form.controls[number : number + 1] if number >= 0 else []:
            for part in (control.widget, indicator(control.widget)):
                part.set_state_flags(flags, False)
    if form.settings["backdrop"] == "0":  # without a window manager no window is active
        for native in (form.window, *(menu.popover for menu in form.menus)):
            native.unset_state_flags(Gtk.StateFlags.BACKDROP)
    settle(form)


def settle(form: Form) -> None:
    """Wait until styles, sizes and places are those of what was set."""
    for _ in range(2):
        form.window.queue_draw()
        Gtk.test_widget_wait_for_draw(form.window)


def toggle(form: Form) -> None:
    """Turn the state of every control."""
    for control in form.controls:
        control.turn(not control.state)
    settle(form)


def draw(form: Form, path: str) -> str:
    """Write the picture of the window with its menus; give its path."""
    scale, snapshot = form.window.get_scale_factor(), Gtk.Snapshot()
    snapshot.scale(scale, scale)
    for native in (form.window, *(menu.popover for menu in form.menus)):
        snapshot.save()
        snapshot.translate(Graphene.Point().init(*position(native)))
        picture = Gtk.WidgetPaintable.new(native)
        picture.snapshot(snapshot, native.get_width(), native.get_height())
        snapshot.restore()
    write(snapshot, form.window.get_width() * scale, form.window.get_height() * scale, path)
    return path


def measure(form: Form) -> list[dict[str, Any]]:
    """All controls with their rectangles, but for checks in menus, which show no box when off."""
    found = [measured(c) for c in form.controls if c.state or c.kind != "check" or not in_menu(c)]
    others = [(kind, widget) for kind, widget in form.others if widget.get_mapped()]
    for part in walk(form.window):
        if isinstance(part, Gtk.Button) and isinstance(part.get_parent(), Gtk.WindowControls):
            others.append(("windowbutton", part))
        if part.has_css_class("expander-row-arrow"):
            others.append(("arrow", part))
    for kind, widget in others:
        found.append({"kind": kind, "state": 0, "box": place(widget), "content": place(widget)})
    return found


def in_menu(control: Control) -> bool:
    """Whether a control is a line of a menu."""
    return bool(control.widget.get_css_name() == "modelbutton")


def measured(control: Control) -> dict[str, Any]:
    """A control with its rectangles."""
    part = indicator(control.widget)
    if bool(part.get_state_flags() & Gtk.StateFlags.CHECKED) != control.state:
        raise SystemExit(f"a {control.kind} did not take its state")
    labels = [text_place(label) for label in walk(control.line) if isinstance(label, Gtk.Label)]
    return {"kind": control.kind, "state": int(control.state), "box": place(part),
            "content": united(place(part), *labels), "row": place(control.line)}  # fmt: skip


def place(widget: Any) -> list[float]:
    """A widget's rectangle in the picture."""
    native, scale = widget.get_native(), widget.get_scale_factor()
    bounds, (x, y) = widget.compute_bounds(native)[1], position(native)
    left, top = (bounds.get_x() + x) * scale, (bounds.get_y() + y) * scale
    return [left, top, left + bounds.get_width() * scale, top + bounds.get_height() * scale]


def text_place(label: Any) -> list[float]:
    """The rectangle of the text in a label, which may be wider than it."""
    scale, (left, top) = label.get_scale_factor(), place(label)[:2]
    x, y = label.get_layout_offsets()
    text = label.get_layout().get_pixel_extents()[1]
    left, top = left + (x + text.x) * scale, top + (y + text.y) * scale
    return [left, top, left + text.width * scale, top + text.height * scale]


def position(native: Any) -> tuple[int, int]:
    """Where a popover lies on its window, or the window itself."""
    if isinstance(native, Gtk.Window):
        return 0, 0
    surface = native.get_surface()
    return surface.get_position_x(), surface.get_position_y()


def answer(lines: list[list[str]], form_of: type[Form], folder: str) -> dict[str, Any]:
    """Draw one form as it is, and with all states turned."""
    options = {line[1]: line[2] for line in lines if line[0] == "set"}
    settings = Gtk.Settings.get_default()
    settings.set_property("gtk-enable-animations", False)
    settings.set_property("gtk-font-name", options["font"])
    settings.set_property("gtk-xft-antialias", int(options["antialias"] == "1"))
    if form_of is AdwForm:
        scheme = "FORCE_DARK" if options["dark"] == "1" else "FORCE_LIGHT"
        Adw.StyleManager.get_default().set_color_scheme(getattr(Adw.ColorScheme, scheme))
    else:
        settings.set_property("gtk-theme-name", options["theme"])
        settings.set_property("gtk-application-prefer-dark-theme", options["dark"] == "1")
    direction = Gtk.TextDirection.RTL if options["rtl"] == "1" else Gtk.TextDirection.LTR
    Gtk.Widget.set_default_direction(direction)
    own = Gtk.CssProvider()
    own.load_from_data((STILL + options["css"]).encode())
    display = Gdk.Display.get_default()
    Gtk.StyleContext.add_provider_for_display(display, own, 800)
    form = form_of(lines)
    show(form)
    picture, controls = draw(form, f"{folder}/window.png"), measure(form)
    toggle(form)
    toggled = draw(form, f"{folder}/toggled.png")
    form.window.destroy()
    Gtk.StyleContext.remove_provider_for_display(display, own)
    return {"picture": picture, "toggled": toggled, "controls": controls}


def main() -> None:
    """Answer forms until the input ends."""
    style, folder = sys.argv[1:]
    if style == "adw":
        Adw.init()
    else:
        Gtk.init()
    answer_forms(lambda lines: answer(lines, FORMS[style], folder))


if __name__ == "__main__":
    main()
