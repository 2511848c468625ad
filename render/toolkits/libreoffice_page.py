"""Documents with forms, as flat OpenDocument files.

All is placed by its distance from the page's upper left corner, in pixels of 96 an inch.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from xml.sax.saxutils import quoteattr

from render.cutting import Box
from render.toolkits import words

VARIANTS = ["plain", "turned", "blank", "bare"]
"""A page, with all states turned, without labels and texts, and without all that is an item."""

PIXEL = 0.75
"""Points of a pixel."""

SPACE = "\u00a0"
"""A label that takes its place and shows nothing."""

FILLED = {"button": "button", "text": "field", "listbox": "field"}
"""Styles of the controls that have a ground of their own."""

GLYPHS = [("☐", "☒"), ("☐", "☒"), ("☐", "☑")]
SYMBOLS = "★☎☞➔✂✎☼✉⚙♥"
NAMESPACES = " ".join(
    f'xmlns:{short}="{name}"'
    for short, name in {
        "office": "urn:oasis:names:tc:opendocument:xmlns:office:1.0",
        "style": "urn:oasis:names:tc:opendocument:xmlns:style:1.0",
        "text": "urn:oasis:names:tc:opendocument:xmlns:text:1.0",
        "draw": "urn:oasis:names:tc:opendocument:xmlns:drawing:1.0",
        "fo": "urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0",
        "svg": "urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0",
        "form": "urn:oasis:names:tc:opendocument:xmlns:form:1.0",
        "loext": "urn:org:documentfoundation:names:experimental:office:xmlns:loext:1.0",
    }.items()
)


@dataclass(frozen=True)
class Item:
    """What is cut out of a page; `state` is None for what has no two states.

    `frame` holds the control with its label, `caption` a text that belongs to it and stands apart.
    """

    kind: str
    state: int | None
    frame: Box
    caption: Box | None = None
    row: Box | None = None


class Page:
    """A page in one of its variants; the same Random gives the same page in all of them."""

    def __init__(self, random: Random, variant: str, printed: bool) -> None:
        self.random, self.variant, self.printed = random, variant, printed
        self.items: list[Item] = []
        self.forms: list[str] = []
        self.shapes: list[str] = []
        columns = random.choice([1, 2, 2, 3])
        self.room = random.randint(190, 330)
        self.width, self.height = 24 + columns * (self.room + 14), random.randint(240, 640)
        self.look()
        self.high = max(17, 1.9 * self.size)
        self.step = self.high + random.choice([0, 0, 2, 4, 8, 14])
        self.ruled = random.choice(["", "", "", "lines", "stripes", "grid"])
        for column in range(columns):
            self.fill(14 + column * (self.room + 14))

    def look(self) -> None:
        """Draw fonts and colors."""
        random = self.random
        self.size = random.choice([8, 9, 10, 10, 11, 11, 12, 12, 14, 16])
        self.font, self.bold = words.family(random), random.random() < 0.12
        self.effect = random.choice(["flat", "3d"])
        self.border = random.choice(["none", "0.75pt solid #808080", "0.75pt solid #000000"])
        papers = [
            *[("#ffffff", "#000000")] * 3,
            ("#ffffff", words.color(random, 0.15, 0.35, random.uniform(0.2, 1))),
            (words.color(random, 0.8, 0.97, random.uniform(0.1, 1)), "#000000"),
            (words.color(random, 0.55, 0.8, random.uniform(0.1, 0.7)), "#000000"),
        ]
        if not self.printed:  # a black ring with a black dot, on dark paper, looks empty
            papers.append((words.color(random, 0.1, 0.3, random.uniform(0, 0.6)), "#ffffff"))
        self.paper, self.ink = random.choice(papers)
        self.line = words.mixed(self.paper, self.ink, random.choice([0.2, 0.4, 0.8]))
        self.stripe = words.mixed(self.paper, self.ink, random.choice([0.06, 0.12]))

    def fill(self, x: float) -> None:
        """A column, from top to bottom."""
        y = self.add_group(x) if not self.ruled and self.random.random() < 0.3 else 12.0
        drawers: list[tuple[Callable[[Page, Box], None], int]] = [
            *[(Page.add_choice, 1)] * 6,
            *[(Page.add_row, 1)] * 2,
            *[(Page.add_glyph, 1)] * 2,
            *[(Page.add_text, 1)] * 2,
            (Page.add_symbol, 1),
            (Page.add_button, 1),
            (Page.add_field, 1),
            (Page.add_list, 4),
        ]
        while True:
            drawer, lines = self.random.choice(drawers)
            cell = (x, y, x + self.room, y + lines * self.step)
            if cell[3] > self.height - 8:
                return
            self.add_ground(cell)
            inset = (self.step - self.high) / 2
            drawer(self, (cell[0], cell[1] + inset, cell[2], cell[3] - inset))
            y = cell[3]

    def add_group(self, x: float) -> float:
        """A frame with a title around a column; where the column then begins."""
        box = (x - 8, 4, x + self.room + 4, self.height - 4)
        self.add_form("frame", box, f"form:label={quoteattr(words.title(self.random))}")
        return 8 + self.high

    def add_ground(self, frame: Box) -> None:
        """What a table has around its cell."""
        left, top, right, bottom = frame
        drawn = self.random.random() < 0.5
        if self.ruled == "grid":
            self.add_shape("rect", "ruled", (left - 6, top, right + 6, bottom))
        elif self.ruled == "stripes" and drawn:
            self.add_shape("rect", "striped", (left - 6, top, right + 6, bottom))
        elif self.ruled == "lines":
            self.add_shape("rect", "ruled", (left - 6, bottom, right + 6, bottom + 0.5))

    def add_choice(self, frame: Box) -> None:
        """A control with its label, alone in its line or one of two."""
        if self.random.random() < 0.2:
            middle = (frame[0] + frame[2]) / 2
            self.add_control((frame[0], frame[1], middle - 4, frame[3]), self.say(words.word), None)
            self.add_control((middle, *frame[1:]), self.say(words.word), None)
        else:
            row = frame if self.ruled and self.random.random() < 0.7 else None
            self.add_control(frame, self.say(words.label), row)

    def add_row(self, frame: Box) -> None:
        """A text, and its control at the end of the line."""
        left, top, right, bottom = frame
        caption = (left, top, right - 24, bottom)
        self.write(caption, self.say(words.label, 24))
        self.add_control((right - 20, top, right, bottom), "", frame, caption)

    def add_control(
        self, frame: Box, text: str, row: Box | None, caption: Box | None = None
    ) -> None:
        """A check box, of which a part may be chosen, or a radio button."""
        random = self.random
        kind = random.choice(["checkbox", "checkbox", "radio"])
        state, usable = random.choice([0, 1]), random.random() < 0.9
        partly = random.random() < 0.25 and kind == "checkbox" and state and not self.printed
        now = state != (self.variant == "turned")
        if kind == "radio":
            chosen = f'form:current-selected="{str(now).lower()}"'
        else:
            value = ("unchecked", "unknown" if partly else "checked")[now]
            chosen = f'form:is-tristate="{str(partly).lower()}" form:current-state="{value}"'
        label = SPACE if text and self.variant == "blank" else text
        self.add_form(
            kind,
            frame,
            f'form:label={quoteattr(label)} {chosen} form:visual-effect="{self.effect}"'
            f' form:disabled="{str(not usable).lower()}"',
        )
        self.items.append(Item(kind, state, frame, caption, row))

    def add_glyph(self, frame: Box) -> None:
        """A check box of a text, which is one of two letters."""
        state = self.random.choice([0, 1])
        glyphs = self.random.choice(GLYPHS)
        now = state != (self.variant == "turned")
        text = self.say(lambda random: words.in_letters(random, words.label, "\u0500"), self.high)
        before = (
            f'<loext:content-control loext:checkbox="true" loext:checked="{str(now).lower()}"'
            f' loext:checked-state="{glyphs[1]}" loext:unchecked-state="{glyphs[0]}">{glyphs[now]}'
            f"</loext:content-control>{SPACE}"
        )
        self.write(frame, text, before)
        self.items.append(Item("checkbox", state, frame))

    def add_text(self, frame: Box) -> None:
        """A line of text."""
        self.write(frame, self.say(words.sentence), style=self.random.choice(["text", "head"]))
        self.items.append(Item("text", None, frame))

    def add_symbol(self, frame: Box) -> None:
        """A symbol before a text, as in lists and side notes."""
        self.write(frame, f"{self.random.choice(SYMBOLS)} {self.say(words.word, 20)}")
        self.items.append(Item("bullet", None, frame))

    def add_button(self, frame: Box) -> None:
        """A button that is pressed."""
        left, top, _, bottom = frame
        frame = (left, top + 1, left + self.random.randint(70, 160), bottom - 1)
        label = quoteattr(self.say(words.word, self.room / 2))
        self.add_form("button", frame, f"form:label={label}")
        self.items.append(Item("button", None, frame))

    def add_field(self, frame: Box) -> None:
        """A field to write in."""
        left, top, right, bottom = frame
        frame = (left, top + 1, right - self.random.choice([0, 60, 120]), bottom - 1)
        text = self.say(words.entry) if self.random.random() < 0.7 else ""
        value = f'form:current-value={quoteattr(text)} form:visual-effect="{self.effect}"'
        self.add_form("text", frame, value)
        self.items.append(Item("textfield", None, frame))

    def add_list(self, frame: Box) -> None:
        """A list of choices."""
        left, top, right, bottom = frame
        short = self.random.choice([0, 60, 100])
        frame = (left, top + 2, right - short, bottom - 2)
        chosen = self.random.randrange(3)
        options = "".join(
            f"<form:option form:label={quoteattr(self.say(words.entry, short))}"
            f' form:current-selected="{str(number == chosen).lower()}"/>'
            for number in range(self.random.randint(2, 3))
        )
        self.add_form("listbox", frame, f'form:visual-effect="{self.effect}"', options)
        self.items.append(Item("listbox", None, frame))

    def say(self, draw_text: Callable[[Random], str], taken: float = 0) -> str:
        """A text no longer than there is room, as far as letters are of one width."""
        letters = (self.room - 26 - taken) / self.size
        text = draw_text(self.random)
        while len(text) > 1 and sum(0.8 + 0.6 * (letter > "\u1100") for letter in text) > letters:
            text = text[:-1]
        return text

    def write(self, frame: Box, text: str, before: str = "", style: str = "text") -> None:
        """Text in a frame, behind what is XML already."""
        if self.variant != "bare":
            # the tails of letters hang into the frame below
            said = "" if self.variant == "blank" else quoteattr(text)[1:-1]
            self.shapes.append(
                f'<draw:frame {self.place(frame)} draw:style-name="frame"><draw:text-box>'
                f'<text:p text:style-name="{style}">{before}{said}</text:p>'
                "</draw:text-box></draw:frame>"
            )

    def add_form(self, kind: str, frame: Box, attributes: str, inner: str = "") -> None:
        """A control of LibreOffice's form."""
        if self.variant != "bare" or kind == "frame":
            name = f"control{len(self.forms)}"
            self.forms.append(
                f'<form:{kind} form:name="{name}" form:id="{name}" xml:id="{name}"'
                f" {attributes}>{inner}</form:{kind}>"
            )
            style = FILLED.get(kind, "control")
            self.shapes.append(
                f'<draw:control {self.place(frame)} draw:style-name="{style}"'
                f' draw:control="{name}"/>'
            )

    def add_shape(self, shape: str, style: str, frame: Box) -> None:
        """What is drawn below all else."""
        self.shapes.append(f'<draw:{shape} {self.place(frame)} draw:style-name="{style}"/>')

    def place(self, frame: Box) -> str:
        """Attributes of a shape's place on the page."""
        left, top, right, bottom = (PIXEL * side for side in frame)
        return (
            'text:anchor-type="page" text:anchor-page-number="1"'
            f' svg:x="{left:.3f}pt" svg:y="{top:.3f}pt"'
            f' svg:width="{right - left:.3f}pt" svg:height="{bottom - top:.3f}pt"'
        )

    def document(self) -> str:
        """The page as a file."""
        return f"""<?xml version="1.0" encoding="UTF-8"?>
<office:document {NAMESPACES} office:version="1.3"
 office:mimetype="application/vnd.oasis.opendocument.text">
<office:automatic-styles>{self.styles()}</office:automatic-styles>
<office:master-styles>
<style:master-page style:name="Standard" style:page-layout-name="page"/>
</office:master-styles>
<office:body><office:text>
<office:forms form:apply-design-mode="false"><form:form form:name="form">
{"".join(self.forms)}
</form:form></office:forms>
<text:p text:style-name="text">{"".join(self.shapes)}</text:p>
</office:text></office:body></office:document>
"""

    def styles(self) -> str:
        """The page's own styles: its paper, its texts, its shapes and controls."""
        width, height = PIXEL * self.width, PIXEL * self.height
        frame = f'fo:border="{self.border}"' if self.effect == "flat" else ""
        control = f'draw:textarea-vertical-align="middle" {frame}'
        field = f'{control} fo:background-color="#ffffff"'
        text, head = self.letters(self.ink, self.bold), self.letters(self.ink, True)
        black = self.letters("#000000", self.bold)
        plain = 'draw:fill="none" draw:stroke="none" fo:border="none"'
        ruled = f'draw:fill="none" svg:stroke-color="{self.line}" svg:stroke-width="0.75pt"'
        striped = f'draw:stroke="none" draw:fill="solid" draw:fill-color="{self.stripe}"'
        return (
            '<style:page-layout style:name="page"><style:page-layout-properties'
            f' fo:page-width="{width}pt" fo:page-height="{height}pt" fo:margin="0pt"'
            f' fo:background-color="{self.paper}"/></style:page-layout>'
            f"{self.paragraph('text', text)}{self.paragraph('head', head)}"
            f"{graphic('control', control, text)}"
            f"{graphic('button', control, black)}{graphic('field', field, black)}"
            f"{graphic('frame', plain)}{graphic('ruled', ruled)}{graphic('striped', striped)}"
        )

    def letters(self, color: str, bold: bool) -> str:
        """The page's font in a color."""
        return (
            f'<style:text-properties fo:color="{color}" fo:font-family="{self.font}"'
            f' style:font-family-asian="{self.font}" style:font-family-complex="{self.font}"'
            f' fo:font-size="{self.size}pt" fo:font-weight="{("normal", "bold")[bold]}"/>'
        )

    def paragraph(self, name: str, letters: str) -> str:
        """A style of lines as high as those of the page."""
        return (
            f'<style:style style:name="{name}" style:family="paragraph"><style:paragraph-properties'
            f' fo:line-height="{PIXEL * self.high:.3f}pt"/>{letters}</style:style>'
        )


def graphic(name: str, look: str, letters: str = "") -> str:
    """A style of shapes that stand where the page says, over its text."""
    return (
        f'<style:style style:name="{name}" style:family="graphic"><style:graphic-properties'
        ' style:wrap="run-through" style:number-wrapped-paragraphs="no-limit" fo:padding="0pt"'
        ' style:vertical-pos="from-top" style:vertical-rel="page"'
        ' style:horizontal-pos="from-left" style:horizontal-rel="page"'
        f" {look}/>{letters}</style:style>"
    )
