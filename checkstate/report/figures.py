"""The report's plots as SVG whose colors come from the page's CSS, the same bytes every time."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal, cast

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter
from numpy.typing import NDArray

from checkstate.evaluation.intervals import wilson

INK, MUTED, GRID, FIRST, SECOND = "#010101", "#020202", "#030303", "#040404", "#050505"
"""Stand-ins that `svg` turns into the CSS variables of the same order."""

VARIABLES = dict(
    zip((INK, MUTED, GRID, FIRST, SECOND), ("ink", "muted", "line", "first", "second"), strict=True)
)
STYLE: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "checkstate",
    "font.size": 10,
    "text.color": INK,
    "axes.labelcolor": MUTED,
    "axes.edgecolor": GRID,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "grid.color": GRID,
    "grid.linewidth": 0.6,
    "xtick.color": GRID,
    "ytick.color": GRID,
    "xtick.labelcolor": MUTED,
    "ytick.labelcolor": MUTED,
    "lines.linewidth": 1.8,
}
BINS = 10
"""Of confidence, in the plot of reliability."""

FEWEST = 10
"""Images that a share is drawn of; of fewer, one mistake is all that shows."""

Rows = Sequence[dict[str, str]]
Floats = NDArray[np.float64]


def new_axes(x_label: str, y_label: str, height: float = 3.0) -> Axes:
    """Axes of a figure of its own, small enough to be read on a phone."""
    with rc_context(STYLE):
        axes: Axes = Figure(figsize=(4.6, height), layout="constrained").add_subplot()
    axes.set(xlabel=x_label, ylabel=y_label)
    return axes


def svg(axes: Axes) -> str:
    """The figure as an `<svg>` element for a page."""
    buffer = io.StringIO()
    with rc_context(STYLE):
        figure = cast(Figure, axes.figure)
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r'<g id="[^"]*"', "<g", text)  # the same in every figure, and never referred to
    for color, name in VARIABLES.items():
        text = text.replace(color, f"var(--{name})")
    return text


def column(rows: Rows, name: str) -> Floats:
    """One column as numbers."""
    return np.array([float(row[name]) for row in rows])


def losses(lines: Mapping[str, Rows], best: int) -> str:
    """A loss a line, over epochs; a line's name is its column."""
    axes = new_axes("epoch", "loss")
    for (key, rows), color in zip(lines.items(), (FIRST, SECOND), strict=True):
        axes.plot(column(rows, "step") + 1, column(rows, key), color=color, label=key)
    axes.legend(frameon=False, labelcolor=INK)
    mark_epoch(axes, best)
    return svg(axes)


def accuracies(rows: Rows, name: str, best: int) -> str:
    """Accuracy over epochs; `name` is its column."""
    axes = new_axes("epoch", "validation top1")
    top1 = column(rows, name)
    axes.plot(column(rows, "step") + 1, top1, "-" if len(rows) > 1 else "o", color=FIRST)
    mark_epoch(axes, best)
    accuracy_axis(axes, top1)
    return svg(axes)


def mark_epoch(axes: Axes, best: int) -> None:
    """A line at the epoch, from 0 on, whose weights were kept; epochs are whole."""
    axes.axvline(best + 1, color=MUTED, linewidth=1, linestyle="--")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))


def accuracy_axis(axes: Axes, shown: Floats) -> None:
    """Up to 100 % and 20 points high at least: on fewer, one image looks like a collapse."""
    bottom = max(0.0, min(0.8, float(shown.min()) - 0.05))
    axes.set_ylim(bottom, 1 + 0.05 * (1 - bottom))
    percent(axes, "y")


def reliability(confidence: Floats, right: NDArray[np.bool_]) -> str:
    """How often predictions of about one confidence are right, with 95 % intervals."""
    axes = new_axes("confidence", "share that is right")
    number = np.minimum((confidence * BINS).astype(int), BINS - 1)
    for place in np.unique(number):
        here = number == place
        hits, images = int(right[here].sum()), int(here.sum())
        low, high = wilson(hits, images)
        x = float(confidence[here].mean())
        axes.plot([x, x], [low, high], color=FIRST, linewidth=1.2)
        axes.plot(x, hits / images, "o", color=FIRST, markersize=5)
        note(axes, str(images), (x, hits / images), (-5, -4), color=MUTED, ha="right")
    axes.plot([0, 1], [0, 1], color=MUTED, linewidth=1, linestyle="--")
    axes.set(xlim=(max(0, confidence.min() - 0.05), 1.02), ylim=(-0.04, 1.04))
    percent(axes, "xy")
    return svg(axes)


def coverage(rows: Rows) -> str:
    """Accuracy of the most confident predictions, by their share, with the 95 % interval."""
    axes = new_axes("share of images, the most confident first", "accuracy")
    first = min(FEWEST, len(rows)) - 1
    shown = np.unique(np.linspace(first, len(rows) - 1, 400).astype(int))
    covered, accuracy = shown + 1, column(rows, "accuracy")[shown]
    hits = np.rint(accuracy * covered).astype(int)
    low, high = np.transpose([wilson(int(k), int(n)) for k, n in zip(hits, covered, strict=True)])
    axes.fill_between(covered / len(rows), low, high, color=FIRST, alpha=0.15, linewidth=0)
    axes.plot(covered / len(rows), accuracy, color=FIRST)
    axes.set_xlim(0, 1.01)
    percent(axes, "x")
    accuracy_axis(axes, accuracy)
    return svg(axes)


def pareto(rows: Rows, cost: Floats, label: str, shipped: str) -> str:
    """Every candidate's accuracy over what it costs; a line joins those that none beats."""
    axes = new_axes(label, "validation top1")
    top1 = column(rows, "top1")
    order = np.lexsort((-top1, cost))
    front = [i for n, i in enumerate(order) if n == 0 or top1[i] > top1[order[:n]].max()]
    axes.step(cost[front], top1[front], where="post", color=MUTED, linewidth=1, linestyle="--")
    for place, n in enumerate(order):
        row, x, y = rows[n], cost[n], top1[n]
        chosen, holds = row["candidate"] == shipped, row["holds"] == "1"
        color = SECOND if chosen else FIRST
        axes.plot(x, y, "o", color=color, fillstyle="full" if holds else "none", markersize=7)
        # neighbors in cost lie near each other: one label above, the next below
        offset = (0, -16 if place % 2 else 9)
        note(axes, row["candidate"], (x, y), offset, color=SECOND if chosen else MUTED)
    axes.margins(x=0.2)
    accuracy_axis(axes, top1)
    return svg(axes)


def bars(values: dict[str, float], unit: str) -> str:
    """One bar a row on a logarithmic axis, its value behind it."""
    axes = bar_axes(values, unit, "{:.3g}")
    axes.set(xscale="log", xlim=(min(values.values()) / 3, max(values.values()) * 4))
    axes.xaxis.set_major_formatter("{x:g}")
    return svg(axes)


def shares(values: dict[str, float]) -> str:
    """One bar a row up to 100 %, its value behind it."""
    axes = bar_axes(values, "answers that stay the same", "{:.1%}")
    axes.set(xlim=(0, 1.2))
    axes.set_xticks([0, 0.25, 0.5, 0.75, 1])
    percent(axes, "x")
    return svg(axes)


def bar_axes(values: dict[str, float], unit: str, label: str) -> Axes:
    """One bar a row, the first on top, its value as `label` formats it behind it."""
    axes = new_axes(unit, "", height=0.7 + 0.38 * len(values))
    names = list(values)[::-1]
    colors = [SECOND if name == "shipped" else FIRST for name in names]
    drawn = axes.barh(names, [values[name] for name in names], color=colors, height=0.62)
    axes.bar_label(drawn, [label.format(values[name]) for name in names], padding=4, color=INK)
    axes.grid(visible=False, axis="y")
    axes.tick_params("y", length=0, labelcolor=INK)
    return axes


def note(
    axes: Axes,
    text: str,
    at: tuple[float, float],
    offset: tuple[int, int],
    color: str,
    ha: Literal["center", "right"] = "center",
) -> None:
    """Write beside a point."""
    axes.annotate(text, at, offset, textcoords="offset points", color=color, ha=ha, fontsize=9)


def percent(axes: Axes, which: str) -> None:
    """Label axes in percent."""
    for axis in which:
        (axes.xaxis if axis == "x" else axes.yaxis).set_major_formatter(PercentFormatter(1))
