"""Screens of text mode: whiptail and dialog as they are, and other programs' layouts.

Needs pyte (`pip install pyte`), whiptail, dialog and fonts (`apt install whiptail dialog
fonts-dejavu fonts-liberation fonts-noto-mono fonts-noto-cjk fonts-terminus`).
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from PIL import Image

from render.cutting import Control
from render.toolkits import words
from render.toolkits.terminal_programs import latin, program_screen
from render.toolkits.terminal_screen import Cell, Color, Grid, Range, Span, Theme, columns, picture

SQUARE = [("[x]", "[ ]"), ("[X]", "[ ]"), ("[*]", "[ ]"), ("[✓]", "[ ]"), ("[✔]", "[ ]")]
SQUARE += [("☑", "☐"), ("☒", "☐"), ("◼", "◻"), ("<X>", "< >"), ("[■]", "[ ]"), ("▣", "□")]
ROUND = [("(*)", "( )"), ("(•)", "( )"), ("(x)", "( )"), ("(X)", "( )"), ("(o)", "( )")]
ROUND += [("◉", "○"), ("◉", "◯"), ("●", "○"), ("(●)", "( )"), ("<*>", "< >")]
SWITCH = [("[ON ]", "[OFF]"), ("[ON]", "[OFF]"), ("[On]", "[Off]"), ("[yes]", "[no]")]
SWITCH += [("(━●)", "(●━)"), ("[ ON]", "[OFF]"), ("<ON>", "<OFF>")]
TOKENS = ["[INFO]", "[ OK ]", "[  OK  ]", "[+]", "[-]", "[1]", "[Y/n]", "(y/n)", "[!]", "[i]",
          "(1)", "[WARN]", "[FAILED]", "[a]", "(3)", "[~]", "==>", "├──", "└──", "✓", "✗", "★",
          "->", "x[0]", "f(x)", "[...]", "#1", "* ", "- ", "• ", "[F1]", "^X", "<b>",
          "[|]", "[#### ]", "$", "~>", "\u276f", "[?]", "{ }", "(?)", ":)", "[q]"]  # fmt: skip


def window(random: Random) -> tuple[Image.Image, list[Control]]:
    """Draw one screen; give its picture and what stands on it."""
    scenes = [program_screen] * 6 + [dialog_window] * 3 + [kernel_menu, question, question]
    scenes += [settings_table, notes, output]
    return picture(random.choice(scenes)(random), random)


def blank(random: Random, theme: Theme, cell: Cell | None = None) -> Grid:
    """An empty screen of a usual size."""
    width, height = random.choice([(50, 14), (60, 18), (80, 24), (80, 25), (100, 30)])
    grid = Grid(width, height, theme.ink, theme.ground)
    if cell:
        grid.fill(0, 0, width, height, cell)
    return grid


def draw_marks(random: Random) -> tuple[str, tuple[str, str]]:
    """The kind of a group of controls, and its two marks."""
    pools = {"checkbox": SQUARE, "radio": ROUND, "switch": SWITCH}
    kind = random.choice(["checkbox", "checkbox", "checkbox", "radio", "radio", "switch"])
    return kind, random.choice(pools[kind])


def write_control(
    grid: Grid,
    random: Random,
    place: Range,
    row: Range,
    marks: tuple[str, tuple[str, str]],
    colors: tuple[Color, Color | None],
    apart: int = 0,
) -> None:
    """Write a mark with its label after it, or at column `apart` with the label before it."""
    kind, pair = marks
    state = random.random() < 0.5
    mark, text = pair[0 if state else 1], latin(random, words.label)
    (x, y), (ink, ground) = place, colors
    text = text[: max(4, (apart or row[1]) - x - len(mark) - 2)]
    bold = random.random() < 0.15
    if apart:
        filler = random.choice([" ", ".", ":"])
        end = grid.put(x, y, text + " ", ink, ground, bold)
        grid.put(end, y, filler * (apart - end - 1), ink, ground)
        right = grid.put(apart, y, mark, ink, ground, bold)
        span, content = (apart, right), (x, right)
    else:
        middle = grid.put(x, y, mark, ink, ground, bold)
        gap = 2 if columns(mark[0]) == 2 or random.random() < 0.1 else 1
        end = grid.put(middle + gap, y, text, ink, ground, bold)
        span, content = (x, middle), (x, end)
    label = "checked" if state else "unchecked"
    grid.spans.append(Span(kind, label, y, span, content, row))


def write_other(grid: Grid, kind: str, place: Range, text: str, colors: tuple[Color, ...]) -> int:
    """Write a text that is no control; give the column after it."""
    x, y = place
    end = grid.put(x, y, text, colors[0], colors[1] if len(colors) > 1 else None)
    if end <= grid.width:
        grid.spans.append(Span(kind, "other", y, (x, end), (x, end), None))
    return end


def shades(random: Random, theme: Theme) -> tuple[Color, Color, Color, Color]:
    """Ink and ground of a window, and of its highlighted line."""
    pairs = [("black", "white"), ("white", "blue"), ("brightyellow", "blue"), ("black", "cyan")]
    pairs += [("brightwhite", "black"), ("black", "brightwhite"), ("white", "black")]
    ink, ground = random.choice(pairs)
    strong = random.choice([("brightwhite", "blue"), ("black", "green"), ("black", "cyan")])
    if random.random() < 0.3 or strong[1] == ground:
        strong = (ground, ink)
    names = (ink, ground, *strong)
    first, second, third, fourth = (theme.named(name, theme.ink) for name in names)
    return first, second, third, fourth


def framed(grid: Grid, random: Random, area: tuple[int, int, int, int], ink: Color, ground: Color,
           title: str) -> None:  # fmt: skip
    """Draw a frame with its title and clear what is in it."""
    x, y, width, height = area
    lines = random.choice(["┌─┐│└┘", "┌─┐│└┘", "╔═╗║╚╝", "+-+|++", "╭─╮│╰╯"])
    grid.fill(x, y, width, height, Cell(" ", ink, ground))
    grid.put(x, y, lines[0] + lines[1] * (width - 2) + lines[2], ink, ground)
    for line in range(y + 1, y + height - 1):
        grid.put(x, line, lines[3], ink, ground)
        grid.put(x + width - 1, line, lines[3], ink, ground)
    grid.put(x, y + height - 1, lines[4] + lines[1] * (width - 2) + lines[5], ink, ground)
    name = random.choice([f" {title} ", f"[ {title} ]", f"┤ {title} ├"])
    grid.put(x + random.choice([2, (width - len(name)) // 2]), y, name, ink, ground)


def dialog_window(random: Random) -> Grid:
    """A window on a desktop, with its shadow, as Midnight Commander or Turbo Vision have it."""
    theme = Theme(random)
    desk = Cell(random.choice([" ", " ", "░", "▒"]), *shades(random, theme)[:2])
    grid = blank(random, theme, desk)
    ink, ground, hot, hot_ground = shades(random, theme)
    width, height = random.randint(34, grid.width - 8), random.randint(9, grid.height - 4)
    x, y = (grid.width - width) // 2, (grid.height - height) // 2
    if random.random() < 0.6:
        grid.shade(x + 2, y + 1, width, height, theme.colors[8], theme.colors[0])
    framed(grid, random, (x, y, width, height), ink, ground, words.title(random))
    parts = random.choice([1, 1, 2])
    across = (width - 4) // parts
    for part in range(parts):
        left = x + 2 + part * across
        marks = draw_marks(random)
        apart = left + across - 7 if random.random() < 0.15 else 0
        line = y + 2
        while line < y + height - 3:
            if random.random() < 0.12:
                text = latin(random, words.sentence)[: across - 2]
                write_other(grid, "text", (left, line), text, (ink, ground))
                marks = draw_marks(random)
            else:
                colors = (ink, ground)
                row = (left, left + across - 1)
                if random.random() < 0.15:
                    colors = (hot, hot_ground)
                    grid.fill(*(row[0], line, across - 1, 1), Cell(" ", hot, hot_ground))
                write_control(grid, random, (left, line), row, marks, colors, apart)
            line += random.choice([1, 1, 1, 2])
    place = x + 3
    for form in random.sample(["[ {} ]", "< {} >", "[< {} >]", "  {}  ", "<{}>"], 2):
        text = form.format(random.choice(["OK", "Cancel", "Help", "Yes", "No", "Save"]))
        if place + len(text) < x + width - 1:
            end = write_other(grid, "button", (place, y + height - 2), text, (hot, hot_ground))
            place = end + 2
    return grid


def kernel_menu(random: Random) -> Grid:
    """Options as the kernel's configuration shows them."""
    theme = Theme(random)
    desk = Cell(" ", theme.named("cyan", theme.ink), theme.named("blue", theme.ground))
    grid = blank(random, theme, desk)
    ink, ground = theme.named("black", theme.ink), theme.named("white", theme.ink)
    framed(grid, random, (2, 1, grid.width - 4, grid.height - 2), ink, ground, ".config")
    indent = random.randint(3, 12)
    marks = ("checkbox", random.choice([("[*]", "[ ]"), ("[*]", "[ ]"), ("<*>", "< >")]))
    if random.random() < 0.3:
        marks = ("radio", ("(X)", "( )"))
    current = random.randrange(3, grid.height - 5)
    for y in range(3, grid.height - 4):
        colors = (ink, ground)
        if y == current:
            colors = theme.named("brightwhite", theme.ink), theme.named("blue", theme.ink)
        if random.random() < 0.75:
            nested = indent + random.choice([0, 0, 2])
            row = (4, grid.width - 4)
            write_control(grid, random, (nested, y), row, marks, colors)
        else:
            text = latin(random, words.label)[:30]
            form = random.choice(["    {}  --->", "(64) {}", "-*- {}", "*** {} ***", "    {}"])
            write_other(grid, "menuitem", (indent, y), form.format(text), colors)
    x = grid.width // 4
    for word in ("Select", "Exit", "Help", "Save"):
        x = 3 + write_other(grid, "button", (x, grid.height - 3), f"<{word}>", (ink, ground))
    return grid


def question(random: Random) -> Grid:
    """A question of a command-line program with a list of answers, below other output."""
    theme = Theme(random)
    grid = blank(random, theme)
    y = random.randint(0, 4)
    for line in range(y):
        text = f"{random.choice(TOKENS)} {latin(random, words.sentence)}"
        write_other(grid, "text", (0, line), text[: grid.width - 1], (theme.ink,))
    grid.put(0, y, f"? {latin(random, words.sentence)}", theme.ink, bold=True)
    marks = draw_marks(random)
    count = random.randint(3, min(9, grid.height - y - 2))
    chosen = random.randrange(count)
    pointer = random.choice(["\u276f ", "> ", "  ", "→ ", "* "])
    accent = theme.named(random.choice(["cyan", "green", "brightblue", "magenta"]), theme.ink)
    for number in range(count):
        line = y + 1 + number
        here = number == chosen
        grid.put(0, line, pointer if here else "  ", accent)
        ink = accent if here else theme.ink
        write_control(grid, random, (2, line), (0, grid.width), marks, (ink, None))
    hint = "(Press <space> to select, <enter> to proceed)"
    write_other(grid, "text", (0, y + count + 1), hint[: grid.width - 1], (theme.colors[8],))
    return grid


def settings_table(random: Random) -> Grid:
    """Lines of settings with the states at one column, at times in zebra stripes."""
    theme = Theme(random)
    ink, ground, hot, hot_ground = shades(random, theme)
    grid = blank(random, theme, Cell(" ", ink, ground))
    grid.fill(0, 0, grid.width, 1, Cell(" ", hot, hot_ground))
    grid.put(1, 0, words.title(random), hot, hot_ground, bold=True)
    apart = random.choice([30, 36, grid.width - 8])
    marks = draw_marks(random)
    current = random.randrange(2, grid.height - 2)
    for y in range(2, grid.height - 2):
        colors = (hot, hot_ground) if y == current else (ink, ground)
        grid.fill(0, y, grid.width, 1, Cell(" ", *colors))
        if random.random() < 0.8:
            write_control(grid, random, (2, y), (0, grid.width), marks, colors, apart)
        else:
            text = f"{latin(random, words.label)[: apart - 8]}: {random.choice(['80', 'auto'])}"
            write_other(grid, "text", (2, y), text, colors)
    x = 1
    for key in ("F1 Help", "F2 Save", "F10 Quit", "^X Exit"):
        x = 2 + write_other(grid, "key", (x, grid.height - 1), key, (hot, hot_ground))
    return grid


def notes(random: Random) -> Grid:
    """A list of things to do in an editor, with line numbers at times."""
    theme = Theme(random)
    grid = blank(random, theme)
    marks = ("checkbox", random.choice([("[x]", "[ ]"), ("[X]", "[ ]"), ("☑", "☐"), ("☒", "☐")]))
    numbers = random.random() < 0.5
    for y in range(grid.height - 1):
        x = grid.put(0, y, f"{y + 1:4} ", theme.colors[8]) if numbers else 0
        if random.random() < 0.65:
            bullet = random.choice(["- ", "- ", "* ", "  - ", "1. "])
            x = grid.put(x, y, bullet, theme.ink)
            write_control(grid, random, (x, y), (0, grid.width), marks, (theme.ink, None))
        else:
            form = random.choice(["# {}", "## {}", "- {}", "{}", "> {}", "[{}](http://x)"])
            text = form.format(latin(random, words.sentence))[: grid.width - x - 1]
            write_other(grid, "text", (x, y), text, (theme.ink,))
    return grid


def output(random: Random) -> Grid:
    """What programs print: brackets and symbols that are no states."""
    theme = Theme(random)
    grid = blank(random, theme)
    draws: list[Callable[[Random], str]] = [words.sentence, words.label, words.entry, words.word]
    for y in range(grid.height - 1):
        x = random.choice([0, 0, 0, 2, 4])
        for _ in range(random.choice([1, 1, 2, 3])):
            name = random.choice(["green", "red", "brown", "cyan", "white", "brightblue"])
            ink = random.choice([theme.ink, theme.named(name, theme.ink)])
            text = latin(random, random.choice(draws))
            form = random.choice(["{0} {1}", "{0} {1}", "{1} {0}", "{0}", "{1}"])
            line = form.format(random.choice(TOKENS), text)
            if x + len(line) < grid.width:
                x = 3 + write_other(grid, "text", (x, y), line, (ink,))
    return grid
