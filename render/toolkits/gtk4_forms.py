"""Builds windows of GTK 4 from lines, for gtk4_program.py."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from render.toolkits.gtk4_widgets import OTHERS, Adw, Gio, GLib, Gtk, margins
from render.toolkits.gtk_shared import Toggles

VERTICAL = Gtk.Orientation.VERTICAL
START, CENTER, END = Gtk.Align.START, Gtk.Align.CENTER, Gtk.Align.END


@dataclass
class Control:
    """A widget with an indicator, its line, and what gives it another state."""

    kind: str
    state: bool
    widget: Any
    line: Any
    turn: Callable[[bool], None]


@dataclass
class Menu:
    """An open menu: what it shows, how many lines above the one pointed at, and its place."""

    popover: Any
    model: Any
    actions: Any
    space: Any
    pointed: int
    items: list[Control] = field(default_factory=list)


class Form(Toggles):
    """One window, built from lines."""

    def __init__(self, lines: list[list[str]]) -> None:
        self.settings = {line[1]: line[2] for line in lines if line[0] == "set"}
        self.controls: list[Control] = []
        self.others: list[tuple[str, Any]] = []
        self.menus: list[Menu] = []
        self.checkable = False
        gap = int(self.settings["gap"])
        self.columns = Gtk.Box(spacing=gap, hexpand=True)
        margins(self.columns, gap)
        self.outer = Gtk.Box(orientation=VERTICAL)
        self.outer.append(self.columns)
        self.window = self.shell()
        self.column: Any = None
        self.put: Callable[[Any], None] = self.columns.append
        for line in lines:
            if line[0] != "set":
                getattr(self, f"add_{line[0]}")(*line[1:])

    def shell(self) -> Any:
        """The window around it all."""
        return Gtk.Window(child=self.outer)

    def add_header(self, title: str) -> None:
        """Begin a header bar."""
        bar = Gtk.HeaderBar(title_widget=Gtk.Label(label=title, css_classes=["title"]))
        self.window.set_titlebar(bar)
        self.put = bar.pack_end

    def add_column(self) -> None:
        """Begin a column."""
        self.column = Gtk.Box(orientation=VERTICAL, spacing=6, hexpand=True)
        self.columns.append(self.column)
        self.put = self.column.append

    def add_group(self, title: str, gap: str) -> None:
        """Begin a group, in a frame if it has a title."""
        box = Gtk.Box(orientation=VERTICAL, spacing=int(gap))
        margins(box, 4)
        self.column.append(Gtk.Frame(label=title, child=box) if title else box)
        self.put = box.append

    def add_tabs(self, *titles: str) -> None:
        """Begin a notebook whose first page is filled."""
        book, box = Gtk.Notebook(), Gtk.Box(orientation=VERTICAL)
        margins(box, 4)
        for page, title in zip([box, Gtk.Box(), Gtk.Box()], titles, strict=False):
            book.append_page(page, Gtk.Label(label=title))
        self.column.append(book)
        self.put = box.append

    def add_buttons(self) -> None:
        """Begin the line of buttons below the columns."""
        box = Gtk.Box(spacing=6, halign=END)
        margins(box, 6)
        self.outer.append(box)
        self.put = box.append

    def add_preferences(self, title: str, said: str) -> None:
        """Begin a list of settings below a title."""
        for text, style in ((title, "heading"), (said, "dim-label")):
            if text:
                self.column.append(Gtk.Label(label=text, xalign=0, css_classes=[style]))
        rows = Gtk.ListBox(selection_mode=Gtk.SelectionMode.NONE)
        self.column.append(Gtk.Frame(child=rows))
        self.put = rows.append

    def add_list(self, columns: str, checkable: str, _: str) -> None:
        """Begin a list, of up to two texts a line, with check buttons or pictures in it."""
        del columns
        self.add_preferences("", "")
        self.checkable = checkable == "1"

    def add_entry(self, state: str, text: str, said: str = "", *_: str) -> None:
        """A line of the list."""
        if self.checkable:
            self.add_setting(self.settings["end"], said, "check", state, "1", text)
        else:
            row = self.line(text, said, OTHERS["icon"]("", len(text)), at_end=False)
            self.others.append(("item", row))
            self.put(row)

    def put_alone(self, _kind: str, _state: str, widget: Any) -> None:
        """A control without a line around it."""
        self.put(widget)

    def add_row(self, kind: str, state: str, usable: str, text: str) -> None:
        """A line with its control at the end."""
        line = Gtk.Box(spacing=12)
        line.append(Gtk.Label(label=text, xalign=0, hexpand=True))
        line.append(self.control(kind, state, usable, ""))
        self.put(line)
        self.controls[-1].line = line

    def add_setting(self, end: str, said: str, kind: str, *values: str) -> None:
        """A line of a list: a title, what is said below it, and a widget at an end."""
        if kind == "other":
            line = self.line(values[1], said, self.other(*values), end == "1")
        else:
            state, usable, title = values
            line = self.line(title, said, self.control(kind, state, usable, ""), end == "1")
            self.controls[-1].line = line
        self.put(line)

    def line(self, title: str, said: str, widget: Any, at_end: bool) -> Any:
        """A line of a list around a widget."""
        box, texts = Gtk.Box(spacing=12), Gtk.Box(orientation=VERTICAL, hexpand=True, valign=CENTER)
        margins(box, int(self.settings["pad"]))
        for text, styles in ((title, []), (said, ["dim-label"])):
            if text:
                texts.append(Gtk.Label(label=text, xalign=0, css_classes=styles))
        for part in (texts, widget) if at_end else (widget, texts):
            box.append(part)
        return Gtk.ListBoxRow(child=box)

    def add_menu(self, pointed: str) -> None:
        """Begin an open menu, with space for it below its button."""
        box, button = Gtk.Box(orientation=VERTICAL, halign=CENTER), Gtk.MenuButton(halign=CENTER)
        button.set_icon_name("open-menu-symbolic")
        space = Gtk.Box()
        box.append(button)
        box.append(space)
        self.column.append(box)
        self.others.append(("iconbutton", button))
        model, actions = Gio.Menu(), Gio.SimpleActionGroup()
        popover = Gtk.PopoverMenu.new_from_model(model)
        popover.set_autohide(False)
        popover.insert_action_group("menu", actions)
        button.set_popover(popover)
        self.menus.append(Menu(popover, model, actions, space, int(pointed)))

    def add_item(self, kind: str, state: str, usable: str, text: str) -> None:
        """A line of the open menu; what has a target is drawn as a radio button."""
        menu = self.menus[-1]
        name, on = f"item{len(menu.items)}", state == "1"
        values = [GLib.Variant("b", value) for value in (False, True)]
        takes, target = None, ""
        if kind == "radio":
            values = [GLib.Variant("s", value) for value in ("off", "on")]
            takes, target = GLib.VariantType("s"), "::on"
        action = Gio.SimpleAction.new_stateful(name, takes, values[on])
        action.set_enabled(usable == "1")
        menu.actions.add_action(action)
        menu.model.append(text, f"menu.{name}{target}")
        menu.items.append(Control(kind, on, None, None, lambda on: action.set_state(values[on])))

    def control(self, kind: str, state: str, usable: str, text: str) -> Any:
        """Make a control in its state."""
        if kind == "switch":
            widget = Gtk.Switch(halign=START, valign=CENTER)
        else:
            widget = Gtk.CheckButton(label=text or None, valign=CENTER)
        if kind == "radio":
            widget.companion = Gtk.CheckButton()
            widget.set_group(widget.companion)
        elif kind == "check" and self.settings["selection"] == "1":
            widget.add_css_class("selection-mode")
        widget.set_active(state == "1")
        widget.set_sensitive(usable == "1")
        self.controls.append(Control(kind, state == "1", widget, widget, widget.set_active))
        return widget

    def add_other(self, kind: str, text: str, value: str) -> None:
        """A widget of no two states."""
        self.put(self.other(kind, text, value))

    def other(self, kind: str, text: str, value: str) -> Any:
        """Make a widget of no two states."""
        widget = OTHERS[kind](text, int(value))
        widget.set_halign(START)
        widget.set_valign(CENTER)
        self.others.append((kind, widget))
        return widget


class AdwForm(Form):
    """A window of libadwaita, whose lists and lines are its own widgets."""

    def shell(self) -> Any:
        """The window around it all; the header bar is a part of its content."""
        return Adw.Window(content=self.outer)

    def add_header(self, title: str) -> None:
        """Begin a header bar."""
        bar = Adw.HeaderBar(title_widget=Adw.WindowTitle(title=title))
        self.outer.prepend(bar)
        self.put = bar.pack_end

    def add_preferences(self, title: str, said: str) -> None:
        """Begin a group of settings."""
        group = Adw.PreferencesGroup(title=GLib.markup_escape_text(title))
        group.set_description(GLib.markup_escape_text(said))
        self.column.append(group)
        self.put = group.add

    def line(self, title: str, said: str, widget: Any, at_end: bool) -> Any:
        """A line of a list around a widget."""
        title, said = (GLib.markup_escape_text(text) for text in (title, said))
        row = Adw.ActionRow(title=title, subtitle=said)
        (row.add_suffix if at_end else row.add_prefix)(widget)
        return row

    def add_expander(self, kind: str, state: str, usable: str, title: str) -> None:
        """Begin a line with a control at its end and further lines below it."""
        row = Adw.ExpanderRow(title=GLib.markup_escape_text(title), expanded=True)
        row.add_action(self.control(kind, state, usable, ""))
        self.put(row)
        self.controls[-1].line = self.controls[-1].widget.get_ancestor(Adw.ActionRow)
        self.put = row.add_row
