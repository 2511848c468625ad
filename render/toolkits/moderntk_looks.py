"""Three looks of Tk behind one face: their widgets, and where they draw their indicators.

customtkinter draws on canvases, whose places are the indicators'; the other two are ttk styles, in
which `identify` finds them.
"""

from __future__ import annotations

import tkinter
from abc import ABC, abstractmethod
from collections.abc import Callable
from random import Random
from tkinter import font as tkfont
from tkinter import ttk
from typing import Any, Literal

import customtkinter as ctk
import sv_ttk
import ttkbootstrap

from render.cutting import Box
from render.toolkits import words
from render.toolkits.tk import place, ttk_box

BOOT_COLORS = ["primary", "secondary", "success", "info", "warning", "danger", "light", "dark"]
# a square with a dash or a cross in it looks like a check box elsewhere
BOOT_ICONS = ["alarm", "archive", "bell", "book", "calendar", "camera", "chat", "cloud", "cpu",
              "download", "envelope", "eye", "flag", "folder", "gear", "geo", "heart", "house",
              "image", "info-circle", "lock", "mic", "moon", "music-note", "pencil", "person",
              "printer", "search", "shield", "star", "sun", "trash", "wifi", "x-circle",
              "check-circle", "check-lg", "bookmark", "cart", "clock", "tag",
              "three-dots", "plus-square"]  # fmt: skip
BOOT_SWITCH = 18 / 38
"""Height of a switch's picture as a share of its width."""
SIZES = [10, 11, 12, 12, 13, 13, 14, 14, 15, 16, 18, 20]


class Look(ABC):
    """The face, and what the looks share: a root window in the screen's corner and a font."""

    root: tkinter.Tk
    weight: Literal["normal", "bold"]

    def __init__(self, random: Random) -> None:
        self.random = random
        self.size = random.choice(SIZES)
        self.family = words.family(random)
        self.weight = "bold" if random.random() < 0.08 else "normal"
        self.open()
        self.root.overrideredirect(True)
        self.root.geometry("+0+0")

    @abstractmethod
    def open(self) -> None:
        """Make the root window and set the look."""

    @abstractmethod
    def frame(self, parent: Any, card: bool = False) -> Any:
        """A frame; a card stands out."""

    @abstractmethod
    def label(self, parent: Any, text: str, scale: float = 1, weight: str = "") -> Any:
        """A text."""

    @abstractmethod
    def control(self, parent: Any, kind: str, text: str, variable: Any, usable: bool) -> Any:
        """A control whose state is the variable's."""

    @abstractmethod
    def state(self, widget: Any) -> bool:
        """What a control shows."""

    @abstractmethod
    def touch(self, widget: Any) -> None:
        """Let a control look as with the pointer over it, or with the focus."""

    @abstractmethod
    def box(self, widget: Any) -> Box | None:
        """Where a control has its indicator."""

    @abstractmethod
    def content(self, widget: Any) -> Box:
        """What a control takes of its line, or its text."""

    @abstractmethod
    def others(self) -> dict[str, Callable[[Any], Any]]:
        """Widgets of no two states, by name."""

    @abstractmethod
    def tabs(self, parent: Any, titles: list[str]) -> tuple[Any, Any]:
        """Tabs, and the frame of the first."""

    def entry_text(self) -> str:
        """What stands in a field, at times nothing."""
        return words.entry(self.random) if self.random.random() < 0.7 else ""


class CustomTk(Look):
    """customtkinter, at times in a color theme of a program's own."""

    def open(self) -> None:
        """Set mode, theme and scaling before there is a widget."""
        mode = self.random.choice(["light", "dark"])
        ctk.set_appearance_mode(mode)
        ctk.set_default_color_theme(self.random.choice(["blue", "dark-blue", "green", "gold"]))
        ctk.set_widget_scaling(self.random.choice([0.75, 0.9, 1, 1, 1, 1, 1.1, 1.25, 1.5, 2]))
        if self.random.random() < 0.5:
            recolor(self.random, ctk.ThemeManager.theme)
        if self.random.random() < 0.5:
            reshape(self.random, ctk.ThemeManager.theme)
        self.family = self.random.choice([self.family, "Roboto"])
        self.sides = {
            "check": self.random.choice([14, 16, 18, 20, 24, 24, 24, 30]),
            "radio": self.random.choice([14, 16, 18, 20, 22, 22, 22, 28]),
            "switch": self.random.choice([12, 14, 18, 18, 18, 22, 26]),
        }
        self.stretch = self.random.choice([1.7, 2, 2, 2, 2.5])
        self.root = tkinter.Tk()
        ground = ctk.ThemeManager.theme["CTkFrame"]["fg_color"][mode == "dark"]
        self.root.configure(background=ground)

    def font(self, scale: float = 1, weight: str = "") -> tuple[str, int, str]:
        """The window's font in a size."""
        return self.family, -round(self.size * scale), weight or self.weight

    def frame(self, parent: Any, card: bool = False) -> Any:
        """A frame; a card has the theme's second color."""
        if parent is self.root:
            return ctk.CTkFrame(parent, corner_radius=0, border_width=0)
        if card:
            raised = ctk.ThemeManager.theme["CTkFrame"]["top_fg_color"]
            return ctk.CTkFrame(parent, fg_color=raised)
        return ctk.CTkFrame(parent, fg_color="transparent", border_width=0)

    def label(self, parent: Any, text: str, scale: float = 1, weight: str = "") -> Any:
        """A text."""
        return ctk.CTkLabel(
            parent, text=text, font=self.font(scale, weight), justify="left", anchor="w"
        )

    def control(self, parent: Any, kind: str, text: str, variable: Any, usable: bool) -> Any:
        """A control whose state is the variable's."""
        side = self.sides[kind]
        options = {"text": text, "variable": variable, "font": self.font(), "width": 0}
        options["state"] = "normal" if usable else "disabled"
        if kind == "radio":
            return ctk.CTkRadioButton(
                parent, value=True, radiobutton_width=side, radiobutton_height=side, **options
            )
        options |= {"onvalue": True, "offvalue": False}
        if kind == "switch":
            wide = round(side * self.stretch)
            return ctk.CTkSwitch(parent, switch_width=wide, switch_height=side, **options)
        return ctk.CTkCheckBox(parent, checkbox_width=side, checkbox_height=side, **options)

    def state(self, widget: Any) -> bool:
        """What a control shows; radio buttons have no public name for it."""
        return bool(widget._check_state)

    def touch(self, widget: Any) -> None:
        """Let the pointer be over a switch; the others then take the color of checked ones."""
        if isinstance(widget, ctk.CTkSwitch):
            widget._on_enter()

    def box(self, widget: Any) -> Box | None:
        """The canvas of a control."""
        return place(widget._canvas)

    def content(self, widget: Any) -> Box:
        """The text of a control."""
        return place(widget._text_label if widget.cget("text") else widget._canvas)

    def others(self) -> dict[str, Callable[[Any], Any]]:
        """Widgets of no two states, by name."""
        pick, font = self.random.choice, self.font()

        def entry(parent: Any) -> Any:
            widget = ctk.CTkEntry(parent, font=font, width=pick([80, 140, 200]))
            widget.insert(0, self.entry_text())
            return widget

        def combo_box(parent: Any) -> Any:
            widget = pick([ctk.CTkComboBox, ctk.CTkOptionMenu])(parent, values=["a"], font=font)
            widget.set(words.entry(self.random))
            return widget

        def ranged(name: str) -> Callable[[Any], Any]:
            def make(parent: Any) -> Any:
                widget = getattr(ctk, name)(parent, width=pick([80, 140, 200]))
                widget.set(self.random.random())
                return widget

            return make

        def segmented(parent: Any) -> Any:
            values = sorted({words.word(self.random) for _ in range(pick([2, 3, 4]))})
            widget = ctk.CTkSegmentedButton(parent, values=values, font=font)
            widget.set(pick(values))
            return widget

        def scroll_bar(parent: Any) -> Any:
            widget = ctk.CTkScrollbar(parent, orientation="horizontal", width=160)
            start = self.random.uniform(0, 0.6)
            widget.set(start, start + 0.3)
            return widget

        def button(parent: Any, text: str = "") -> Any:
            options = pick([{}, {"fg_color": "transparent", "border_width": 2}])
            if options:
                options["text_color"] = ctk.ThemeManager.theme["CTkLabel"]["text_color"]
            text = text or words.word(self.random)
            return ctk.CTkButton(parent, text=text, font=font, width=40, **options)

        return {
            "button": button,
            "iconbutton": lambda parent: button(parent, words.pictogram(self.random)),
            "iconlabel": lambda parent: self.label(parent, icon_text(self.random)),
            "entry": entry,
            "combobox": combo_box,
            "slider": ranged("CTkSlider"),
            "progress": ranged("CTkProgressBar"),
            "segmented": segmented,
            "scrollbar": scroll_bar,
            "text": lambda parent: self.label(parent, words.sentence(self.random)),
        }

    def tabs(self, parent: Any, titles: list[str]) -> tuple[Any, Any]:
        """Tabs, and the frame of the first."""
        book = ctk.CTkTabview(parent, height=60)
        pages = [book.add(title) for title in titles]
        return book, pages[0]


def pictured(room: Box | None, wide: float, high: float) -> Box | None:
    """The picture of an indicator: at the left of its room, in the middle of the height."""
    if room is None:
        return None
    left, top, _, bottom = room
    top += max(0, (bottom - top - high) // 2)
    return left, top, left + wide, min(bottom, top + high)


def icon_text(random: Random) -> str:
    """A symbol before a word."""
    return f"{words.pictogram(random)} {words.word(random)}"


def recolor(random: Random, theme: dict[str, Any]) -> None:
    """Give a theme of customtkinter another accent, and at times other grounds."""
    accent = words.color(random, 0.25, 0.65, random.uniform(0.2, 1))
    bright = words.luminance(accent) > 150
    on_accent = "#101010" if bright else "#ffffff"
    for name, keys in {
        "CTkCheckBox": ["fg_color", "hover_color"],
        "CTkRadioButton": ["fg_color", "hover_color"],
        "CTkSwitch": ["progress_color"],
        "CTkButton": ["fg_color"],
        "CTkSlider": ["button_color"],
        "CTkProgressBar": ["progress_color"],
        "CTkSegmentedButton": ["selected_color"],
    }.items():
        theme[name] |= {key: [accent, accent] for key in keys}
    theme["CTkCheckBox"]["checkmark_color"] = theme["CTkButton"]["text_color"] = on_accent
    if random.random() < 0.5:
        pale = words.color(random, 0.88, 0.98, random.uniform(0, 0.6))
        deep = words.color(random, 0.06, 0.2, random.uniform(0, 0.6))
        grounds = [pale, deep]
        raised = [words.mixed(pale, "#ffffff", 0.7), words.mixed(deep, "#ffffff", 0.07)]
        theme["CTkFrame"] |= {"fg_color": grounds, "top_fg_color": raised}


def reshape(random: Random, theme: dict[str, Any]) -> None:
    """Give a theme of customtkinter other corners and borders."""
    theme["CTkFrame"]["corner_radius"] = random.choice([0, 4, 12, 20])
    theme["CTkFrame"]["border_width"] = random.choice([0, 1, 2])
    theme["CTkCheckBox"]["corner_radius"] = random.choice([0, 2, 4, 8, 1000])
    theme["CTkCheckBox"]["border_width"] = random.choice([1, 2, 3, 4])
    theme["CTkRadioButton"]["border_width_unchecked"] = random.choice([1, 2, 3])
    theme["CTkRadioButton"]["border_width_checked"] = random.choice([6, 7, 8])
    radius, length = random.choice([(1000, 0), (1000, 0), (1000, 4), (2, 8), (4, 8), (6, 6)])
    theme["CTkSwitch"] |= {"corner_radius": radius, "button_length": length}
    theme["CTkSwitch"]["border_width"] = random.choice([0, 1, 2, 3, 5])
    for name in ("CTkButton", "CTkEntry", "CTkComboBox", "CTkOptionMenu"):
        theme[name]["corner_radius"] = random.choice([0, 3, 8, 16])


class Themed(Look):
    """What the two ttk looks share; `maker` is the module of their widgets."""

    maker: Any = ttk

    def styled(self, name: str, parent: Any, style: str = "", **options: Any) -> Any:
        """A widget in a style of the look."""
        return getattr(self.maker, name)(parent, **self.style(style), **options)

    def style(self, name: str) -> dict[str, str]:
        """The option that sets a style."""
        return {"style": name} if name else {}

    def set_font(self, names: list[str]) -> None:
        """Set named fonts of Tk."""
        for name in names:
            named = tkfont.nametofont(name, self.root)
            named.configure(family=self.family, size=-self.size, weight=self.weight)

    def label(self, parent: Any, text: str, scale: float = 1, weight: str = "") -> Any:
        """A text."""
        font = (self.family, -round(self.size * scale), weight or self.weight)
        return self.styled("Label", parent, self.plain(), text=text, font=font)

    def plain(self) -> str:
        """The style of a text."""
        return ""

    def state(self, widget: Any) -> bool:
        """What a control shows."""
        return bool(widget.instate(["selected"]))

    def touch(self, widget: Any) -> None:
        """Let a control have the focus or the pointer over it."""
        widget.state([self.random.choice(["focus", "active"])])

    def box(self, widget: Any) -> Box | None:
        """Where ttk says that the indicator is."""
        return ttk_box(widget)

    def content(self, widget: Any) -> Box:
        """What a control takes of its line."""
        left, top, right, bottom = place(widget)
        return left, top, min(right, left + widget.winfo_reqwidth()), bottom

    def others(self) -> dict[str, Callable[[Any], Any]]:
        """Widgets of no two states, by name."""
        pick, styled = self.random.choice, self.styled

        def entry(parent: Any) -> Any:
            widget = styled("Entry", parent, self.accent(), width=pick([8, 12, 20]))
            widget.insert(0, self.entry_text())
            return widget

        def combo_box(parent: Any) -> Any:
            widget = styled("Combobox", parent, self.accent(), values=["a"], width=14)
            widget.set(words.entry(self.random))
            return widget

        def spin_box(parent: Any) -> Any:
            widget = styled("Spinbox", parent, self.accent(), from_=0, to=9999, width=6)
            widget.set(pick([1, 64, 8080]))
            return widget

        def scroll_bar(parent: Any) -> Any:
            widget = styled("Scrollbar", parent, self.accent(), orient="horizontal")
            start = self.random.uniform(0, 0.6)
            widget.set(start, start + 0.3)
            # it has hardly a length of its own, which shows where its line is not filled
            widget.pack_configure(fill="x", ipadx=60)
            return widget

        def value() -> int:
            return self.random.randint(0, 100)

        def text() -> str:
            return words.word(self.random)

        return {
            "button": lambda p: styled("Button", p, self.push(), text=text()),
            "iconbutton": self.icon_button,
            "iconlabel": self.icon_label,
            "entry": entry,
            "combobox": combo_box,
            "spinbox": spin_box,
            "slider": lambda p: styled("Scale", p, self.accent(), value=value(), to=100),
            "progress": lambda p: styled(
                "Progressbar", p, self.accent(), value=value(), length=pick([80, 140, 220])
            ),
            "menubutton": lambda p: styled("Menubutton", p, self.accent(), text=text()),
            "scrollbar": scroll_bar,
            "text": lambda p: self.label(p, words.sentence(self.random)),
        }

    def accent(self) -> str:
        """A style of a widget of no two states."""
        return ""

    def push(self) -> str:
        """A style of a button."""
        return ""

    def icon_button(self, parent: Any) -> Any:
        """A button with a symbol."""
        return self.styled("Button", parent, self.push(), text=words.pictogram(self.random))

    def icon_label(self, parent: Any) -> Any:
        """A symbol before a word."""
        return self.label(parent, icon_text(self.random))

    def tabs(self, parent: Any, titles: list[str]) -> tuple[Any, Any]:
        """Tabs, and the frame of the first."""
        book = self.styled("Notebook", parent)
        pages = [self.frame(book) for _ in titles]
        for page, title in zip(pages, titles, strict=True):
            book.add(page, text=title)
        return book, pages[0]


class SunValley(Themed):
    """sv-ttk, which looks like Windows 11."""

    def open(self) -> None:
        """Make a root in one of the two themes."""
        self.root = tkinter.Tk()
        sv_ttk.set_theme(self.random.choice(["dark", "light"]), self.root)
        self.set_font(["SunValleyBodyFont"])

    def frame(self, parent: Any, card: bool = False) -> Any:
        """A frame; a card has an edge."""
        return self.styled("Frame", parent, "Card.TFrame" if card else "")

    def push(self) -> str:
        """A style of a button."""
        return self.random.choice(["", "", "Accent.TButton"])

    def box(self, widget: Any) -> Box | None:
        """The picture of a control; its room has a gap before the label, and the label's height."""
        wide = 40 if str(widget.cget("style")).startswith("Switch") else 20
        return pictured(super().box(widget), wide, 20)

    def control(self, parent: Any, kind: str, text: str, variable: Any, usable: bool) -> Any:
        """A control whose state is the variable's."""
        options = {"text": text, "variable": variable}
        options["state"] = "normal" if usable else "disabled"
        if kind == "radio":
            return ttk.Radiobutton(parent, value=True, **options)
        style = "Switch.TCheckbutton" if kind == "switch" else "TCheckbutton"
        return ttk.Checkbutton(parent, style=style, **options)


class Bootstrap(Themed):
    """ttkbootstrap in its own themes and those of its first version."""

    maker = ttkbootstrap

    def open(self) -> None:
        """Make a root in one of the themes."""
        scaling = self.random.choice([1, 1, 1, 1.25, 1.5, 2]) * 4 / 3
        app = ttkbootstrap.App(scaling=scaling)
        ttkbootstrap.install_legacy_themes()
        app.theme_use(self.random.choice(sorted(app.theme_names())))
        self.root, self.size = app, round(self.size * scaling * 3 / 4)
        self.set_font(["TkDefaultFont", "TkTextFont"])
        self.toggle = self.random.choice(["round-toggle", "square-toggle"])
        self.color = self.random.choice([*["primary"] * 6, *BOOT_COLORS])
        self.colorful = self.random.random() < 0.3

    def frame(self, parent: Any, card: bool = False) -> Any:
        """A frame; a card has an edge."""
        if card:
            return ttkbootstrap.Frame(parent, relief="solid", borderwidth=1)
        return ttkbootstrap.Frame(parent)

    def style(self, name: str) -> dict[str, str]:
        """The option that sets a style."""
        return {"bootstyle": name} if name else {}

    def accent(self) -> str:
        """The window's color, in colorful ones any."""
        return self.random.choice(BOOT_COLORS) if self.colorful else self.color

    def push(self) -> str:
        """A button's color and form."""
        return self.accent() + self.random.choice(["", "", "-outline", "-link"])

    def control(self, parent: Any, kind: str, text: str, variable: Any, usable: bool) -> Any:
        """A control whose state is the variable's."""
        options = {"text": text, "variable": variable, "bootstyle": self.accent()}
        options["state"] = "normal" if usable else "disabled"
        if kind == "radio":
            return ttkbootstrap.Radiobutton(parent, value=True, **options)
        if kind == "switch":
            options["bootstyle"] += f"-{self.toggle}"
        return ttkbootstrap.Checkbutton(parent, **options)

    def box(self, widget: Any) -> Box | None:
        """The picture of a control; the room of a switch has the height of its label."""
        room = super().box(widget)
        if room is None or "Toggle" not in str(widget.cget("style")):
            return room
        wide = room[2] - room[0]
        return pictured(room, wide, round(wide * BOOT_SWITCH))

    def icon_button(self, parent: Any) -> Any:
        """A button with one of the package's icons."""
        icon = self.random.choice(BOOT_ICONS)
        return self.styled("Button", parent, self.push(), icon=icon, icon_only=True)

    def icon_label(self, parent: Any) -> Any:
        """One of the package's icons before a word."""
        icon, text = self.random.choice(BOOT_ICONS), " " + words.word(self.random)
        return ttkbootstrap.Label(parent, icon=icon, text=text, compound="left")

    def others(self) -> dict[str, Callable[[Any], Any]]:
        """Widgets of no two states, by name."""

        def meter(parent: Any) -> Any:
            return ttkbootstrap.Meter(
                parent,
                meter_size=self.random.choice([110, 140, 180]),
                text_font=f"-size {round(self.size * 0.9)} -weight bold",
                subtext_font=f"-size {round(self.size * 0.55)}",
                amount_used=self.random.randint(0, 100),
                meter_type=self.random.choice(["full", "semi"]),
                subtext=words.word(self.random),
                bootstyle=self.accent(),
                stripe_thickness=self.random.choice([0, 0, 6]),
            )

        return super().others() | {"meter": meter}
