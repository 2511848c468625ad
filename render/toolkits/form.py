"""A form as plain lines, for toolkits whose programs run apart from this Python.

A line is a word and its values, with tabs between them. `column`, `group` and `list` open a part;
controls are `check`, `radio` and `switch`, `row` puts one at the end of a line behind its label.
"""

from __future__ import annotations

from random import Random

from render.toolkits import words

OTHERS = ["button", "button", "iconbutton", "iconbutton", "iconlabel", "iconlabel", "iconlabel",
          "entry", "spinbox", "spinbox", "combobox", "slider", "progress", "text", "link",
          "scrollbar"]  # fmt: skip


def draw_form(random: Random, kinds: list[str]) -> list[str]:
    """Columns of groups, lines and lists, with buttons at the end."""
    lines = []
    for _ in range(random.choice([1, 2, 2, 3])):
        lines.append("column")
        for _ in range(random.choice([1, 2, 3])):
            lines += random.choice([group, group, rows, rows, entries, tabs])(random, kinds)
    lines.append("buttons")
    lines += [f"other\tbutton\t{words.word(random)}\t0" for _ in range(random.randint(0, 3))]
    return lines


def group(random: Random, kinds: list[str]) -> list[str]:
    """A frame with a title, with controls and other widgets in it."""
    lines = [f"group\t{words.title(random)}\t{random.choice([0, 0, 2, 6])}"]
    for _ in range(random.randint(1, 6)):
        lines.append(control(random, kinds) if random.random() < 0.7 else other(random))
    return lines


def tabs(random: Random, kinds: list[str]) -> list[str]:
    """Tabs with controls on the first."""
    titles = [words.title(random) for _ in range(random.randint(2, 3))]
    count = random.randint(1, 4)
    return ["tabs\t" + "\t".join(titles), *(control(random, kinds) for _ in range(count))]


def rows(random: Random, kinds: list[str]) -> list[str]:
    """Lines of settings."""
    lines = [f"group\t\t{random.choice([0, 2, 6])}"]
    for _ in range(random.randint(2, 6)):
        lines.append(f"row\t{control(random, kinds)}")
    return lines


def entries(random: Random, kinds: list[str]) -> list[str]:
    """A list of one to three columns whose lines mostly have a state."""
    del kinds
    columns = random.choice([1, 2, 3])
    checkable = random.random() < 0.8
    lines = [f"list\t{columns}\t{int(checkable)}\t{int(random.random() < 0.5)}"]
    for _ in range(random.randint(3, 8)):
        texts = "\t".join(words.entry(random) for _ in range(columns))
        lines.append(f"entry\t{random.choice([0, 1])}\t{texts}")
    return lines


def control(random: Random, kinds: list[str]) -> str:
    """One control: kind, state, whether it can be used, and its label."""
    state, usable = random.choice([0, 1]), int(random.random() < 0.9)
    return f"{random.choice(kinds)}\t{state}\t{usable}\t{words.label(random)}"


def other(random: Random) -> str:
    """A widget of no two states: kind, text and a number from 0 to 99."""
    kind = random.choice(OTHERS)
    say = {"text": words.sentence, "entry": words.entry, "combobox": words.entry}
    text = say.get(kind, words.word)(random)
    return f"other\t{kind}\t{text}\t{random.randrange(100)}"
