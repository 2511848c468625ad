"""Summaries of labeled images as text for a terminal."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from checkstate.core.text import printable


def summary_text(summary: Mapping[str, Any], classes: Sequence[str]) -> str:
    """Accuracy, confusion, calibration and mistakes, a line each."""
    sure = summary["confident"]
    lines = [
        f"  {summary['correct']} of {summary['images']} right: {interval(summary['top1'])}",
        f"  mean confidence {summary['mean_confidence']:.1%}, expected calibration error "
        f"{summary['calibration_error']:.1%}",
        f"  at 0.9 and above, which is {sure['share']:.1%} of the images, "
        f"{interval(sure['top1'])} right",
        "  label \\ predicted",
    ]
    counts = {(c["label"], c["predicted"]): c["images"] for c in summary["confusion"]}
    labels = sorted({label for label, _ in counts})
    width = max(len(name) for name in [*labels, *classes])
    lines.append("  " + " " * width + "".join(f"  {name:>{width}}" for name in classes))
    for label in labels:
        cells = "".join(f"  {counts.get((label, name), 0):>{width}}" for name in classes)
        lines.append(f"  {label:<{width}}{cells}")
    lines += [
        f"  {printable(row['path'])}: predicted {row['predicted']}, {row['confidence']:.0%}"
        for row in summary["mistakes"]
    ]
    return "\n".join(lines)


def comparison_text(compared: Mapping[str, Any]) -> str:
    """Who is better, and whether that may be chance."""
    found = compared["difference"]
    verdict = "within noise" if compared["within_noise"] else "more than noise"
    return (
        f"the second is right on {compared['gained']} that the first has wrong, and wrong on "
        f"{compared['lost']} that it has right: {100 * found['value']:+.1f} points "
        f"({100 * found['low']:+.1f} to {100 * found['high']:+.1f}), McNemar p = "
        f"{compared['p_value']:.2g}, {verdict}"
    )


def interval(rate: Mapping[str, float]) -> str:
    """A share with its 95 % interval; there is none of nothing."""
    if math.isnan(rate["value"]):
        return "n/a"
    return f"{rate['value']:.1%} ({rate['low']:.1%} to {rate['high']:.1%})"
