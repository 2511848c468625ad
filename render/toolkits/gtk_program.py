"""Draws windows with GTK 3 for render/toolkits/gtk.py; run by Debian's Python.

GTK tells no place of a check button's indicator. It is where pixels change with a style sheet that
fills indicators, in two colors, one after the other.
"""

import importlib
import sys
from typing import Any

import gi

from render.toolkits.gtk_shared import ICONS, Toggles, answer_forms, united

gi.require_version("Gtk", "3.0")
Gtk: Any = importlib.import_module("gi.repository.Gtk")

STILL = "* { transition: none; animation: none; }"
FILL = """
check, radio, switch, treeview.view.check, treeview.view.radio {{
  background-image: none; background-color: {0}; border-color: {0}; box-shadow: none; opacity: 1;
}}
"""


class Form(Toggles):
    """One window, built from lines."""

    def __init__(self, lines: list[list[str]]) -> None:
        self.settings = {line[1]: line[2] for line in lines if line[0] == "set"}
        self.window = Gtk.OffscreenWindow()
        self.controls: list[tuple[str, int, Any, Any]] = []  # kind, state, widget, row
        self.columns = Gtk.Box(spacing=int(self.settings["gap"]), margin=int(self.settings["gap"]))
        self.outer = Gtk.Box(orientation=Gtk.Orientation.VERTICAL)
        self.outer.pack_start(self.columns, True, True, 0)
        self.window.add(self.outer)
        self.column: Any = None
        self.parent: Any = None
        self.views: list[Any] = []
        for line in lines:
            if line[0] != "set":
                getattr(self, f"add_{line[0]}")(*line[1:])

    def add_column(self) -> None:
        """Begin a column."""
        self.column = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=4)
        self.columns.pack_start(self.column, True, True, 0)
        self.parent = self.column

    def add_group(self, title: str, gap: str) -> None:
        """Begin a group, in a frame if it has a title."""
        self.parent = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=int(gap), margin=4)
        if title:
            frame = Gtk.Frame(label=title)
            frame.add(self.parent)
            self.column.pack_start(frame, False, False, 0)
        else:
            self.column.pack_start(self.parent, False, False, 0)

    def add_tabs(self, *titles: str) -> None:
        """Begin a notebook whose first page is filled."""
        book = Gtk.Notebook()
        self.parent = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, margin=4)
        book.append_page(self.parent, Gtk.Label(label=titles[0]))
        for title in titles[1:]:
            book.append_page(Gtk.Box(), Gtk.Label(label=title))
        self.column.pack_start(book, False, False, 0)

    def add_buttons(self) -> None:
        """Begin the line of buttons below the columns."""
        self.parent = Gtk.Box(spacing=6, margin=6, halign=Gtk.Align.END)
        self.outer.pack_start(self.parent, False, False, 0)

    def control(self, kind: str, state: str, usable: str, text: str) -> Any:
        """Make a control in its state."""
        if kind == "switch":
            widget = Gtk.Switch(halign=Gtk.Align.START, valign=Gtk.Align.CENTER)
        elif kind == "radio":
            widget = Gtk.RadioButton(label=text or None)
            widget.companion = Gtk.RadioButton.new_from_widget(widget)  # so that it can be off
            widget.companion.set_active(True)
        else:
            widget = Gtk.CheckButton(label=text or None)
        widget.set_active(state == "1")
        widget.set_sensitive(usable == "1")
        return widget

    def put_alone(self, kind: str, state: str, widget: Any) -> None:
        """A control without a line around it."""
        self.parent.pack_start(widget, False, False, 0)
        self.controls.append((kind, int(state), widget, widget))

    def add_row(self, kind: str, state: str, usable: str, text: str) -> None:
        """A line with its control at the end."""
        line = Gtk.Box(spacing=12)
        label = Gtk.Label(label=text, xalign=0)
        line.pack_start(label, True, True, 2)
        widget = self.control(kind, state, usable, "")
        widget.label_apart = label
        line.pack_end(widget, False, False, 2)
        self.parent.pack_start(line, False, False, 0)
        self.controls.append((kind, int(state), widget, line))

    def add_list(self, columns: str, checkable: str, headed: str) -> None:
        """Begin a list."""
        count = int(columns)
        store = Gtk.ListStore(bool, *[str] * count)
        view = Gtk.TreeView(model=store, headers_visible=headed == "1")
        view.get_selection().set_mode(Gtk.SelectionMode.BROWSE)
        view.checkable = checkable == "1"
        for number in range(count):
            column = Gtk.TreeViewColumn(f"Column {number + 1}")
            if number == 0 and view.checkable:
                view.toggle = Gtk.CellRendererToggle()
                column.pack_start(view.toggle, False)
                column.add_attribute(view.toggle, "active", 0)
            text = Gtk.CellRendererText()
            column.pack_start(text, True)
            column.add_attribute(text, "text", number + 1)
            column.set_min_width(110)
            view.append_column(column)
        self.column.pack_start(view, False, False, 4)
        self.views.append(view)

    def add_entry(self, state: str, *texts: str) -> None:
        """A line of the list."""
        self.views[-1].get_model().append([state == "1", *texts])

    def add_other(self, kind: str, text: str, value: str) -> None:
        """A widget of no two states."""
        widget = OTHERS[kind](text, int(value))
        widget.set_halign(Gtk.Align.START)
        self.parent.pack_start(widget, False, False, 0)
        self.controls.append((kind, 0, widget, None))

    def toggle(self) -> None:
        """Turn the state of every control."""
        for _, _, widget, row in self.controls:
            if row is not None:
                companion = getattr(widget, "companion", None)
                target = companion if companion and widget.get_active() else widget
                target.set_active(companion is not None or not widget.get_active())
        for view in self.views:
            for row in view.get_model() if view.checkable else []:
                row[0] = not row[0]

    def draw(self) -> Any:
        """The picture, two frames on: styles take effect in the first, sizes in the second."""
        frames: list[Any] = []
        clock = self.window.get_frame_clock()
        signal = clock.connect("after-paint", lambda *_: frames.append(1))
        for count in (1, 2):
            self.window.queue_draw()
            while len(frames) < count:
                Gtk.main_iteration_do(True)
        clock.disconnect(signal)
        return self.window.get_pixbuf()


def icon_label(text: str, value: int) -> Any:
    """A picture before a text."""
    box = Gtk.Box(spacing=6)
    size = Gtk.IconSize.DND if value > 80 else Gtk.IconSize.MENU
    box.pack_start(Gtk.Image.new_from_icon_name(ICONS[value % len(ICONS)], size), False, False, 0)
    box.pack_start(Gtk.Label(label=text), False, False, 0)
    return box


def combo_box(text: str, _: int) -> Any:
    """A closed list of choices."""
    widget = Gtk.ComboBoxText()
    widget.append_text(text)
    widget.set_active(0)
    return widget


def ranged(make: Any) -> Any:
    """Make widgets with a value between two ends."""

    def build(_: str, value: int) -> Any:
        adjustment = Gtk.Adjustment(value=value, lower=0, upper=100, step_increment=1, page_size=0)
        widget = make(adjustment=adjustment)
        widget.set_size_request(120, -1)
        return widget

    return build


OTHERS: dict[str, Any] = {
    "button": lambda text, _: Gtk.Button(label=text),
    "iconbutton": lambda _, value: Gtk.Button.new_from_icon_name(
        ICONS[value % len(ICONS)], Gtk.IconSize.BUTTON
    ),
    "iconlabel": icon_label,
    "entry": lambda text, value: Gtk.Entry(text=text, width_chars=7 if value < 15 else 12),
    "spinbox": ranged(Gtk.SpinButton),
    "combobox": combo_box,
    "slider": ranged(Gtk.Scale),
    "progress": lambda _, value: Gtk.ProgressBar(fraction=value / 100, width_request=120),
    "text": lambda text, _: Gtk.Label(label=text),
    "link": lambda text, _: Gtk.LinkButton(uri="http://x", label=text),
    "scrollbar": ranged(Gtk.Scrollbar),
}


def place(widget: Any, root: Any) -> list[int]:
    """A widget's rectangle in the window."""
    size = widget.get_allocation()
    left, top = widget.translate_coordinates(root, 0, 0)
    return [left, top, left + size.width, top + size.height]


def text_place(label: Any, root: Any) -> list[int]:
    """The rectangle of the text in a label, which may be wider than it."""
    left, top = place(label, root)[:2]
    own = label.get_allocation()
    x, y = label.get_layout_offsets()
    width, height = label.get_layout().get_pixel_size()
    return [left + x - own.x, top + y - own.y, left + x - own.x + width, top + y - own.y + height]


def changes(first: Any, second: Any, area: list[int]) -> list[int] | None:
    """The box around the pixels of an area that differ."""
    one, two = first.get_pixels(), second.get_pixels()
    stride, channels = first.get_rowstride(), first.get_n_channels()
    left, top = max(area[0], 0), max(area[1], 0)
    right, bottom = min(area[2], first.get_width()), min(area[3], first.get_height())
    rows, across = [], []
    for y in range(top, bottom):
        start, end = y * stride + left * channels, y * stride + right * channels
        a, b = one[start:end], two[start:end]
        if a != b:
            rows.append(y)
            spots = [i // channels for i in range(len(a)) if a[i] != b[i]]
            across += [spots[0], spots[-1]]
    if not rows:
        return None
    return [left + min(across), rows[0], left + max(across) + 1, rows[-1] + 1]


class Pictures:
    """A window as it is, with all controls toggled, and with indicators filled in two colors."""

    def __init__(self, plain: Any, toggled: Any, first: Any, second: Any) -> None:
        self.states = (plain, toggled)
        self.fills = (first, second)

    def indicator(self, area: list[int]) -> list[int]:
        """What a fill reaches; where that is much more than what shows the state, the latter.

        Materia's indicators have a wide halo around them, and those in lists take no fill.
        """
        filled, shown = changes(*self.fills, area), changes(*self.states, area)
        if shown is None:
            raise SystemExit("a control shows no state")
        if filled is None or filled[2] - filled[0] > 1.8 * (shown[2] - shown[0]):
            return [shown[0] - 1, shown[1] - 1, shown[2] + 1, shown[3] + 1]
        return filled


def measure(form: Form, pictures: Pictures) -> list[dict[str, Any]]:
    """All controls with their rectangles."""
    found: list[dict[str, Any]] = []
    for kind, state, widget, row in form.controls:
        area = place(widget, form.window)
        if row is None:
            found.append({"kind": kind, "state": 0, "box": area, "content": area})
            continue
        state_now = int(widget.get_active())
        if state_now != state:
            raise SystemExit(f"a {kind} did not take its state")
        box = area if kind == "switch" else pictures.indicator(area)
        content = box
        label = getattr(widget, "label_apart", None) or widget.get_child()
        if label is not None:
            content = united(box, text_place(label, form.window))
        line = place(row, form.window)
        found.append({"kind": kind, "state": state, "box": box, "content": content, "row": line})
    for view in form.views:
        found += measure_view(form, view, pictures)
    return found


def measure_view(form: Form, view: Any, pictures: Pictures) -> list[dict[str, Any]]:
    """The lines of a list."""
    found = []
    left, top, right, _ = place(view, form.window)
    column = view.get_column(0)
    for row in view.get_model():
        area = view.get_background_area(row.path, column)
        x, y = view.convert_bin_window_to_widget_coords(area.x, area.y)
        cell = [left + x, top + y, left + x + area.width, top + y + area.height]
        line = [left, cell[1], right, cell[3]]
        layout = view.create_pango_layout(row[1])
        width = layout.get_pixel_size()[0]
        if not view.checkable:
            content = [cell[0], cell[1], min(cell[0] + width + 6, cell[2]), cell[3]]
            found.append({"kind": "item", "state": 0, "box": content, "content": content})
            continue
        box = pictures.indicator(cell)
        end = min(cell[2], box[2] + width + 8)
        content = [box[0], cell[1], end, cell[3]]
        found.append(
            {"kind": "check", "state": int(row[0]), "box": box, "content": content, "row": line}
        )
    return found


def answer(lines: list[list[str]], path: str) -> dict[str, Any]:
    """Draw one form as it is, and three times more to find the indicators."""
    options = {line[1]: line[2] for line in lines if line[0] == "set"}
    settings = Gtk.Settings.get_default()
    settings.set_property("gtk-enable-animations", False)
    settings.set_property("gtk-theme-name", options["theme"])
    settings.set_property("gtk-font-name", options["font"])
    settings.set_property("gtk-application-prefer-dark-theme", options["dark"] == "1")
    settings.set_property("gtk-xft-antialias", int(options["antialias"] != "none"))
    settings.set_property("gtk-xft-rgba", "rgb" if options["antialias"] == "colored" else "none")
    direction = Gtk.TextDirection.RTL if options["rtl"] == "1" else Gtk.TextDirection.LTR
    Gtk.Widget.set_default_direction(direction)
    form = Form(lines)
    screen = form.window.get_screen()
    own = Gtk.CssProvider()
    own.load_from_data((STILL + options["css"]).encode())
    Gtk.StyleContext.add_provider_for_screen(screen, own, 700)
    form.window.show_all()
    form.draw()
    plain = form.draw()
    plain.savev(path, "png", [], [])
    form.toggle()
    toggled = form.draw()
    toggled.savev(path + ".toggled.png", "png", [], [])
    form.toggle()
    fills = []
    for color in ("#ff00ff", "#00ff00"):
        fill = Gtk.CssProvider()
        fill.load_from_data(FILL.format(color).encode())
        Gtk.StyleContext.add_provider_for_screen(screen, fill, 800)
        form.draw()
        fills.append(form.draw())
        Gtk.StyleContext.remove_provider_for_screen(screen, fill)
    controls = measure(form, Pictures(plain, toggled, *fills))
    Gtk.StyleContext.remove_provider_for_screen(screen, own)
    form.window.destroy()
    return {"picture": path, "toggled": path + ".toggled.png", "controls": controls}


if __name__ == "__main__":
    answer_forms(lambda lines: answer(lines, sys.argv[1]))
