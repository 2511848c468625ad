"""HTML of pages for firefox.py: old and new forms, settings, tables, and Firefox's own settings.

A control has `data-state`, all that is cut has `data-kind`. Its label is the `.say` of the nearest
`data-holder`, its row the nearest `data-row`; a `data-block` that has no room is taken out.
"""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from random import Random
from typing import TypeVar

from render.toolkits import words

T = TypeVar("T")
NATIVE = ["button", "iconbutton", "text", "password", "search", "number", "date", "time", "color",
          "range", "file", "select", "listbox", "textarea", "progress", "meter", "details", "link",
          "image", "photo", "bullet", "bullet", "icon"]  # fmt: skip
OWN = ["mozbutton", "mozbutton", "mozlink", "mozmessage", "mozbadge", "mozsearch", "mozstars",
       "select", "link", "icon", "range", "progress"]  # fmt: skip
FLAT = {"iconbutton", "button", "link", "icon", "select", "text", "date", "mozbutton", "mozbadge"}
"""What stands in a line with other things."""


class Page:
    """One page: its HTML and CSS, and the settings of Firefox that it is drawn with."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.own = random.random() < 0.3
        self.old = not self.own and random.random() < 0.35
        self.dark = random.random() < (0.1 if self.old else 0.35)
        self.ratio = random.choice([1, 1, 1, 1, 1.25, 1.5, 2])
        self.width = random.choice([400, 520, 640, 760])
        self.height = random.choice([480, 640, 800])
        self.look = draw_look(random)
        self.preferences = {
            "layout.css.devPixelsPerPx": str(self.ratio),
            "ui.systemUsesDarkTheme": int(self.dark),
            "widget.non-native-theme.always-high-contrast": random.random() < 0.07,
            "browser.nova.enabled": random.random() < 0.5,
        }
        self.css = draw_css(self)
        focus = self.maybe(0.3, "data-focus")
        self.html = f"{self.head()}<div id='window' {focus}>{self.fill()}</div>"

    def pick(self, options: list[T]) -> T:
        """Draw one option."""
        return self.random.choice(options)

    def maybe(self, share: float, text: str) -> str:
        """A text, or nothing."""
        return text if self.random.random() < share else ""

    def head(self) -> str:
        """The style sheets of Firefox's own pages."""
        if not self.own:
            return ""
        return "<link rel='stylesheet' href='chrome://global/skin/in-content/common.css'>"

    def fill(self) -> str:
        """Sections, more than there is room for, one below the other."""
        sections: list[Callable[[Page], str]] = [choices, choices, settings, table, answers, cards,
                                                 fields, prose]  # fmt: skip
        return "".join(self.pick(sections)(self) for _ in range(self.random.randint(6, 10)))

    def control(self, kind: str = "") -> str:
        """A control in a random state, without a label."""
        return self.control_of("", kind)[0]

    def control_of(self, text: str, kind: str) -> tuple[str, bool]:
        """A control in a random state, and whether it holds the text: one of Firefox's own does."""
        own = self.own and self.random.random() < 0.85
        kind = kind or self.pick(["checkbox", "checkbox", "radio", *["switch"] * (3 * own)])
        data = f"data-kind='{kind}' data-state='{self.pick([0, 1])}'" + self.maybe(0.1, " disabled")
        if not own:
            return f"<input type='{kind}' data-square='1' {data} style='{self.look}'>", False
        square = "" if kind == "switch" else "data-square='1'"
        label = f"label='{escape(text)}'" if text else ""
        about = f"description='{escape(words.sentence(self.random))}'"
        data = f"{square} {data} {label} {self.maybe(0.15, about) if text else ''}"
        if kind == "radio":
            radio = f"<moz-radio value='1' {data}></moz-radio>"
            return f"<moz-radio-group>{radio}</moz-radio-group>", bool(label)
        name = "moz-toggle" if kind == "switch" else "moz-checkbox"
        return f"<{name} {data}></{name}>", bool(label)

    def labeled(self, kind: str = "") -> str:
        """A control with its label after it, seldom before or below it."""
        text = words.label(self.random)
        control, labeled = self.control_of(text, kind)
        if labeled:
            return f"<span data-holder>{control}</span>"
        said = f"<span class='say'>{escape(text)}</span>"
        parts = self.pick([(control, said)] * 6 + [(said, control), (control, "<br>", said)])
        return f"<label data-holder>{self.pick([' ', '']).join(parts)}</label>"

    def heading(self, draw_text: Callable[[Random], str]) -> str:
        """A text that belongs to no control."""
        kind = self.maybe(0.3, "data-kind='heading'")
        return f"<span {kind}>{escape(draw_text(self.random))}</span>"

    def other(self, kinds: list[str]) -> str:
        """A widget or a picture that has no two states."""
        kind = self.pick([kind for kind in (OWN if self.own else NATIVE) if kind in kinds])
        return other(self, kind)


def draw_look(random: Random) -> str:
    """The size of a page's controls, mostly Firefox's own."""
    side = random.choice([10, 11, 16, 18, 20, 24, 32, 40])
    factor = side / 13
    ways = [
        f"width:{side}px;height:{side}px",
        f"zoom:{factor:.2f}",
        f"transform:scale({factor:.2f});margin:{round(side - 9)}px",
        f"width:{side + 8}px;height:{side}px",
        "margin:0",
        "vertical-align:middle",
    ]
    return random.choice(["", "", "", *ways])


def draw_css(page: Page) -> str:
    """What all parts of a page share."""
    random = page.random
    low, high = (0.04, 0.2) if page.dark else (0.85, 0.99)
    plain = page.pick(["#1c1b22", "#000000"] if page.dark else ["#ffffff", "#ffffff", "#f9f9fb"])
    tint = words.color(random, low, high, random.uniform(0, 0.6))
    ground = page.pick([plain, plain, tint])
    ink = page.pick(["#fbfbfe", "#dddddd"] if page.dark else ["#000000", "#15141a", "#333333"])
    scheme = "dark" if page.dark else "light"
    font = page.pick(["system-ui", f"'{words.family(random)}'", f"'{words.family(random)}'"])
    size = page.pick([10, 12, 13, 14, 15, 16, 16, 18, 20, 24])
    accent = words.color(random, 0.25, 0.7, random.uniform(0.4, 1))
    rules = [
        f":root {{ color-scheme: {scheme}; }} body {{ margin: 0; }}",
        f"#window {{ box-sizing: border-box; width: {page.width}px; height: {page.height}px;"
        f" overflow: hidden; padding: {page.pick([4, 8, 16])}px; background: {ground};"
        f" color: {ink}; position: relative; }}",
        f".line {{ margin: {page.pick([0, 2, 4, 8, 12])}px 0; }} ul, ol {{ margin: 4px 0; }}"
        " ul, ol { list-style-position: inside; padding: 0; } li, summary { width: fit-content; }",
        ".setting { display: flex; justify-content: space-between; align-items: center; gap: 12px;"
        f" padding: {page.pick([2, 6, 12])}px 8px;"
        f" {page.maybe(0.5, 'border-bottom: 1px solid #8886;')} }}",
        f".cards {{ display: grid; grid-template-columns: repeat({page.pick([1, 2, 2, 3])}, 1fr);"
        " gap: 10px; } .card { border: 1px solid #8888; padding: 8px; "
        f"border-radius: {page.pick([0, 4, 10])}px;"
        f" {page.maybe(0.5, 'box-shadow: 0 1px 4px #0005;')} }}",
        f"table {{ border-collapse: {page.pick(['collapse', 'separate'])}; }}"
        f" td, th {{ padding: {page.pick([1, 3, 6, 10])}px; text-align: left; }}"
        + page.maybe(0.3, " tr:nth-child(even) { background: #8882; }"),
        ".field { display: inline-block; min-width: 6em; }"
        " moz-five-star, moz-button, label > * { display: inline-block; vertical-align: middle; }",
    ]
    if not page.old:
        rules.append(f"body {{ font: {size}px {font}, sans-serif; }}")
        rules.append(page.maybe(0.5, "input, button, select { font: inherit; }"))
    elif random.random() < 0.5:
        rules.append(f"body {{ font-size: {size}px; }}")
    if page.own:  # its controls are higher than small letters, and reach over lines of these
        rules.append("#window { line-height: max(1.2em, 26px); }")
    if not page.own and random.random() < 0.35:
        rules.append(f":root {{ accent-color: {accent}; }}")
    return "\n".join(rules)


def choices(page: Page) -> str:
    """Controls with their labels, one below the other, with other things between them."""
    kind = page.pick(["", "", "checkbox", "radio"])
    lines = []
    for _ in range(page.random.randint(2, 7)):
        inside = page.labeled(kind) if page.random.random() < 0.75 else page.other(NATIVE + OWN)
        lines.append(f"<div class='line' data-block data-row>{inside}</div>")
    body, title = "".join(lines), escape(words.title(page.random))
    if page.own:
        return page.pick([f"<moz-card>{body}</moz-card>", f"<h2>{title}</h2>{body}", body])
    return page.pick(
        [f"<fieldset><legend>{title}</legend>{body}</fieldset>", f"<h3>{title}</h3>{body}", body]
    )


def settings(page: Page) -> str:
    """Lines with a text at the left and mostly a control at the right."""
    lines = []
    for _ in range(page.random.randint(2, 6)):
        said = f"<span class='say'>{escape(words.label(page.random))}</span>"
        control = page.control() if page.random.random() < 0.75 else page.other(sorted(FLAT))
        ends = page.pick([said + control] * 4 + [control + said])
        lines.append(f"<div class='setting' data-block data-row data-holder>{ends}</div>")
    return "".join(lines)


def table(page: Page) -> str:
    """A table with a control or another widget in most lines."""
    columns = page.random.randint(1, 3)
    old = (
        f" border={page.pick([0, 1, 1, 2])} cellspacing={page.pick([0, 2, 4])}" if page.old else ""
    )
    wide = page.maybe(0.6, " style='width:100%'")
    lines = [
        "<tr data-block><th></th>"
        + "".join(f"<th>{page.heading(words.word)}</th>" for _ in range(columns))
        + "</tr>"
    ]
    for _ in range(page.random.randint(2, 8)):
        first = (
            page.control() if page.random.random() < 0.8 else page.other(["icon", "button", "link"])
        )
        cells = "".join(f"<td>{escape(words.entry(page.random))}</td>" for _ in range(columns))
        lines.append(f"<tr data-block data-row><td>{first}</td>{cells}</tr>")
    return f"<table{old}{wide}>{''.join(lines)}</table>"


def answers(page: Page) -> str:
    """A question with its answers in one line."""
    kind = page.pick(["radio", "radio", "checkbox"])
    parts = []
    for answer in page.pick([("Yes", "No"), ("A", "B", "C"), ("1", "2", "3", "4"), ("Ja", "Nein")]):
        said = f"<span class='say'>{answer}</span>"
        parts.append(f"<label data-holder>{page.control(kind)}{page.pick([' ', ''])}{said}</label>")
    line = page.pick(["&nbsp; ", " ", "&emsp;"]).join(parts)
    flow = " style='display:flex;flex-wrap:wrap;gap:10px'" if page.own else ""
    say = escape(words.sentence(page.random))
    return f"<div data-block><p>{say}</p><div class='line'{flow}>{line}</div></div>"


def cards(page: Page) -> str:
    """Boxes side by side, each with a title and a control."""
    boxes = []
    for _ in range(page.random.randint(2, 5)):
        title = f"<b>{page.heading(words.title)}</b>"
        more = page.maybe(0.4, f"<div>{page.other(sorted(FLAT))}</div>")
        boxes.append(
            f"<div class='card' data-block>{title}<div data-row>{page.labeled()}</div>{more}</div>"
        )
    return f"<div class='cards'>{''.join(boxes)}</div>"


def fields(page: Page) -> str:
    """Captions with fields, and buttons below."""
    lines = []
    for _ in range(page.random.randint(1, 4)):
        caption = f"<span class='field'>{escape(words.word(page.random))}:</span>"
        lines.append(f"<div class='line' data-block>{caption} {page.other(NATIVE + OWN)}</div>")
    buttons = " ".join(page.other(["button", "mozbutton", "iconbutton"]) for _ in range(2))
    return f"{''.join(lines)}<div class='line' data-block>{buttons}</div>"


def prose(page: Page) -> str:
    """A title, text with links, a list, and controls in the middle of lines."""
    say = escape(words.sentence(page.random))
    items = "".join(other(page, "bullet") for _ in range(page.random.randint(1, 4)))
    number = page.pick(["disc", "square", "decimal", "disclosure-closed"])
    parts = [
        f"<h2 data-block>{page.heading(words.title)}</h2>",
        f"<p data-block>{say} {other(page, 'link')}</p>",
        f"<ul style='list-style-type:{number}'>{items}</ul>",
        f"<div class='line' data-block>{page.labeled()}</div>",
        *["<hr>"] * page.old,
    ]
    return "".join(parts)


def other(page: Page, kind: str) -> str:
    """The HTML of one widget that has no two states."""
    random = page.random
    word, say, entry = (escape(draw(random)) for draw in (words.word, words.sentence, words.entry))
    share = random.random()
    sign = escape(words.pictogram(random))
    data = f"data-kind='{kind}'" + page.maybe(0.1, " disabled")
    color = words.color(random, 0.3, 0.7, 0.6)
    options = f"<option>{entry}<option>{word}"
    snippets = {
        "button": f"<button {data}>{word}</button>",
        "iconbutton": f"<button {data}>{sign}</button>",
        "range": f"<input type='range' max='1' step='0.01' value='{share}' {data}>",
        "number": f"<input type='number' value='{round(99 * share)}' style='width:5em' {data}>",
        "date": f"<input type='date' value='{page.pick(['', '2024-05-17', '1999-12-31'])}' {data}>",
        "time": f"<input type='time' value='{page.pick(['', '09:30', '23:59'])}' {data}>",
        "color": f"<input type='color' value='{color}' {data}>",
        "file": f"<input type='file' {data}>",
        "select": f"<select {data}>{options}</select>",
        "listbox": f"<select size='3' {data}>{options}<option selected>{entry}</select>",
        "textarea": f"<textarea rows='2' {data}>{say}</textarea>",
        "progress": f"<progress value='{share}' {data}></progress>",
        "meter": f"<meter value='{share}' low='0.3' high='0.8' optimum='1' {data}></meter>",
        "details": f"<details {page.maybe(0.4, 'open')}><summary {data}>{word}</summary></details>",
        "link": f"<a href='#' {data}>{word}</a>",
        "image": f"<img src='data:,' alt='{word}' {data}>",
        "photo": f"<div {data} style='width:{60 + round(80 * share)}px;height:50px;"
        f"background:linear-gradient({round(360 * share)}deg,{color},#8888)'></div>",
        "icon": f"<span {data}>{sign}</span>",
        "bullet": f"<li data-block {data} {page.maybe(0.5, 'data-part=18')}>{entry}</li>",
        "mozbutton": f"<moz-button label='{word}' {data}"
        f" type='{page.pick(['default', 'primary', 'ghost'])}'></moz-button>",
        "mozlink": f"<moz-box-link label='{word}' {data}></moz-box-link>",
        "mozmessage": f"<moz-message-bar message='{say}' type="
        f"'{page.pick(['info', 'warning', 'error', 'success'])}' {data}></moz-message-bar>",
        "mozbadge": f"<moz-badge label='{word}' {data}></moz-badge>",
        "mozsearch": f"<moz-input-search placeholder='{word}' {data}></moz-input-search>",
        "mozstars": f"<moz-five-star rating='{round(5 * share, 1)}' {data}></moz-five-star>",
    }
    field = f"<input type='{kind}' value='{page.pick([entry, ''])}' placeholder='{word}' {data}>"
    return snippets.get(kind, field)
