"""Forms in PDF files: AcroForm boxes as Poppler shows them, and marks printed on paper forms.

Needs reportlab (`pip install reportlab`) and pdftoppm (`apt install poppler-utils`). The rectangles
are those of the fields in the file.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from random import Random

from PIL import Image

from checkstate.core.errors import UserError
from render.cutting import Box, Control
from render.toolkits import words
from render.toolkits.pixels import Drawn, clear_window, told_apart
from render.toolkits.poppler import rendered

try:
    from reportlab.lib import colors
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont
    from reportlab.pdfgen.canvas import Canvas
except ImportError as error:
    raise UserError("reportlab is missing: `pip install reportlab`") from error

FILES = Path("/usr/share/fonts/truetype")
FONTS = {
    "DejaVu": FILES / "dejavu/DejaVuSans.ttf",
    "DejaVuSerif": FILES / "dejavu/DejaVuSerif.ttf",
    "Liberation": FILES / "liberation/LiberationSans-Regular.ttf",
    "LiberationSerif": FILES / "liberation/LiberationSerif-Regular.ttf",
    "LiberationMono": FILES / "liberation/LiberationMono-Regular.ttf",
}
STYLES = ["check", "check", "cross", "cross", "circle", "diamond", "star"]
BORDERS = ["solid", "solid", "solid", "dashed", "inset", "bevelled"]


def window(random: Random) -> tuple[Image.Image, list[Control]]:
    """Draw a part of a page; give its picture and what stands on it."""
    return clear_window(partial(draw, random))


def draw(random: Random) -> Drawn:
    """Write the page as it is and with all states turned, and render both."""
    seed, resolution = random.random(), random.choice([72, 96, 96, 110, 144, 192])
    with tempfile.TemporaryDirectory() as folder:
        page = Page(Random(seed), Path(folder, "page.pdf"), False)
        turned = Page(Random(seed), Path(folder, "turned.pdf"), True)
        picture, toggled = (rendered(item.path, resolution) for item in (page, turned))
    scale = resolution / 72
    controls = [in_pixels(control, scale) for control in page.controls]
    kept = [c for c in controls if c.content[2] <= picture.width and c.content[0] >= 0]
    clear = [c for c in kept if c.label == "other" or told_apart(picture, toggled, c.box)]
    return picture, clear, len(clear) == len(kept)


def in_pixels(control: Control, scale: float) -> Control:
    """A control on the picture of a page."""

    def scaled(box: Box) -> Box:
        return box[0] * scale, box[1] * scale, box[2] * scale, box[3] * scale

    row = control.row and scaled(control.row)
    return Control(control.kind, control.label, scaled(control.box), scaled(control.content), row)


@cache
def fonts() -> list[str]:
    """The fonts of every PDF reader, and those of the system, which know more letters."""
    for name, path in FONTS.items():
        if not path.exists():
            raise UserError(f"{path} is missing: `apt install fonts-dejavu fonts-liberation`")
        pdfmetrics.registerFont(TTFont(name, str(path)))
    return ["Helvetica", "Times-Roman", "Courier", *FONTS]


class Page:
    """A page, written from top to bottom; distances in points, from the top."""

    def __init__(self, random: Random, path: Path, turned: bool) -> None:
        self.random, self.path, self.turned = random, path, turned
        self.width, self.height = random.randint(240, 520), random.randint(180, 420)
        self.canvas = Canvas(str(path), pagesize=(self.width, self.height), invariant=1)
        self.font = random.choice(fonts())
        self.size = random.choice([7, 8, 9, 10, 11, 12, 14, 18])
        self.ink = random.choice([colors.black, colors.black, colors.HexColor("#1f3864")])
        self.paper = random.choice([None, None, "#f4f4ec", "#e6eef7", "#fff6d8", "#dddddd"])
        self.field = colors.HexColor(random.choice(["#ffffff", "#ffffff", "#dde4ff", "#eeeeee"]))
        self.side = random.choice([7, 9, 10, 12, 14, 18, 22])
        self.style = random.choice(STYLES)
        self.border = random.choice(BORDERS)
        self.thick = min(random.choice([0.5, 1, 1, 2]), self.side / 9)  # leaves room for marks
        self.printed = random.random() < 0.35
        self.controls: list[Control] = []
        if self.paper:
            self.canvas.setFillColor(colors.HexColor(self.paper))
            self.canvas.rect(0, 0, self.width, self.height, stroke=0, fill=1)
        self.fill()
        self.canvas.save()

    def fill(self) -> None:
        """Lines of the form, one below the other."""
        step = max(self.side, self.size) * self.random.choice([1.25, 1.5, 2, 2.5])
        ruled = self.random.random() < 0.3
        y = 14.0
        while y + step < self.height - 6:
            left = self.random.choice([14, 14, 14, 30])
            drawers: list[Callable[[Page, float, float, float], None]] = [
                *[Page.choice_line] * 5,
                *[Page.pair_line] * 2,
                *(heading, bullet, text_field),
            ]
            self.random.choice(drawers)(self, left, y, step)
            if ruled:
                self.canvas.setStrokeColor(colors.grey)
                self.canvas.setLineWidth(0.5)
                self.canvas.line(8, self.height - y - step, self.width - 8, self.height - y - step)
            y += step

    def say(self, draw_text: Callable[[Random], str], room: float) -> str:
        """A text in letters that the font has, no wider than there is room."""
        limit = "\u0500" if self.font in FONTS else "\u0100"
        while max(text := draw_text(self.random)) >= limit:
            pass
        while len(text) > 1 and pdfmetrics.stringWidth(text, self.font, self.size) > room:
            text = text[:-1]
        return text

    def write(self, text: str, x: float, y: float, step: float) -> Box:
        """Write text in the middle of a line; give its box."""
        self.canvas.setFillColor(self.ink)
        self.canvas.setFont(self.font, self.size)
        middle = y + step / 2
        self.canvas.drawString(x, self.height - middle - 0.35 * self.size, text)
        width = pdfmetrics.stringWidth(text, self.font, self.size)
        return x, middle - 0.6 * self.size, x + width, middle + 0.6 * self.size

    def choice_line(self, x: float, y: float, step: float) -> None:
        """A box with its label after it, or at the end of the line."""
        text = self.say(words.label, self.width - x - self.side - 40)
        row = (8.0, y, self.width - 8.0, y + step)
        if self.random.random() < 0.2:
            near = self.write(text, x, y, step)
            self.mark(self.width - 14 - self.side, y, step, near, row)
        else:
            gap = self.random.choice([3, 5, 8])
            near = self.write(text, x + self.side + gap, y, step)
            self.mark(x, y, step, near, row)

    def pair_line(self, x: float, y: float, step: float) -> None:
        """A question with two answers."""
        near = self.write(self.say(words.sentence, self.width / 2), x, y, step)
        for answer in self.random.choice([("Yes", "No"), ("A", "B", "C"), ("Ja", "Nein")]):
            start = near[2] + self.random.choice([10, 20, 30])
            width = pdfmetrics.stringWidth(answer, self.font, self.size)
            if start + self.side + width + 8 > self.width:
                break
            near = self.write(answer, start + self.side + 4, y, step)
            self.mark(start, y, step, near, None)

    def mark(self, x: float, y: float, step: float, near: Box, row: Box | None) -> None:
        """A field, or a box printed on paper, in a random state."""
        state = self.random.random() < 0.5
        top = y + (step - self.side) / 2
        radio = self.random.random() < 0.2
        if radio:
            self.print_circle(x, top, state != self.turned)
        elif self.printed:
            self.print_box(x, top, state != self.turned)
        else:
            self.add_field(x, top, state != self.turned)
        box = (x, top, x + self.side, top + self.side)
        content = (
            min(box[0], near[0]),
            min(box[1], near[1]),
            max(box[2], near[2]),
            max(box[3], near[3]),
        )
        label = "checked" if state else "unchecked"
        self.controls.append(Control("radio" if radio else "checkbox", label, box, content, row))

    def add_field(self, x: float, top: float, state: bool) -> None:
        """An AcroForm check box."""
        self.canvas.acroForm.checkbox(
            name=f"field{len(self.controls)}",
            checked=state,
            shape="square",
            x=x,
            y=self.height - top - self.side,
            size=self.side,
            buttonStyle=self.style,
            borderStyle=self.border,
            borderWidth=self.thick,
            borderColor=self.ink,
            fillColor=self.field,
            textColor=self.ink,
            forceBorder=True,
        )

    def print_circle(self, x: float, top: float, state: bool) -> None:
        """A circle with a disc in it; reportlab's radio fields come out displaced in Poppler."""
        canvas, radius = self.canvas, self.side / 2
        middle = self.height - top - radius
        canvas.setStrokeColor(self.ink)
        canvas.setFillColor(self.field)
        canvas.setLineWidth(self.thick)
        canvas.circle(x + radius, middle, radius - self.thick / 2, stroke=1, fill=1)
        if state:
            canvas.setFillColor(self.ink)
            share = 0.5 if self.style == "circle" else 0.65
            canvas.circle(x + radius, middle, (radius - self.thick) * share, stroke=0, fill=1)

    def print_box(self, x: float, top: float, state: bool) -> None:
        """A square drawn on the page, with a cross or a tick in or over it."""
        canvas, side = self.canvas, self.side
        bottom = self.height - top - side
        canvas.setStrokeColor(self.ink)
        canvas.setFillColor(self.field)
        canvas.setLineWidth(self.thick)
        canvas.rect(x, bottom, side, side, stroke=1, fill=1)
        if not state:
            return
        if self.style in ("check", "star"):
            canvas.setFillColor(self.ink)
            canvas.setFont("DejaVu", side)
            canvas.drawString(x + 0.1 * side, bottom + 0.15 * side, "✔")
        else:
            inset = 0.15 * side
            canvas.setLineWidth(max(1, side / 9))
            canvas.line(x + inset, bottom + inset, x + side - inset, bottom + side - inset)
            canvas.line(x + inset, bottom + side - inset, x + side - inset, bottom + inset)

    def add_other(self, kind: str, box: Box) -> None:
        """Note what is no control of two states."""
        self.controls.append(Control(kind, "other", box, box, None))


def heading(page: Page, x: float, y: float, step: float) -> None:
    """A line of text."""
    text = page.say(words.sentence, page.width - x - 20)
    page.add_other("text", page.write(text, x, y, step))


def bullet(page: Page, x: float, y: float, step: float) -> None:
    """A symbol before a text, as in lists and side notes."""
    symbol = page.random.choice("✔★☎☞➔✂✖✎☼")
    page.canvas.setFillColor(page.ink)
    page.canvas.setFont("DejaVu", page.size)
    page.canvas.drawString(x, page.height - y - step / 2 - 0.35 * page.size, symbol)
    near = page.write(page.say(words.word, 150), x + 1.5 * page.size, y, step)
    page.add_other("bullet", (x, near[1], near[2], near[3]))


def text_field(page: Page, x: float, y: float, step: float) -> None:
    """A caption and a field to write in."""
    near = page.write(page.say(words.word, page.width / 2 - x - 20), x, y, step)
    left, width = page.width / 2, page.random.choice([60, 90, page.width / 2 - 16])
    height = min(max(page.size + 4, step - 4), step - 2)
    top, edge = y + (step - height) / 2, min(page.thick, height / 14)
    page.canvas.acroForm.textfield(
        name=f"text{len(page.controls)}", x=left, y=page.height - top - height, width=width,
        height=height, value=page.say(words.entry, width) if page.random.random() < 0.7 else "",
        fontSize=min(page.size, (height - 4 * edge) / 1.25), borderWidth=edge,
        fillColor=page.field,
    )  # fmt: skip
    page.add_other("textfield", (left, top, left + width, top + height))
    page.add_other("text", near)
