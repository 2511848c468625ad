"""Write the figures that README and docs quote from the metrics: `make figures`.

python -m scripts.figures

A figure stands between `<!-- figure KEY -->` and `<!-- / -->`, and KEY is one of `figures`.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from checkstate.core import paths
from checkstate.core.files import read_json, write_text

ROOT = Path(__file__).parent.parent
MARK = re.compile(r"(<!-- figure ([\w.-]+) -->).*?(<!-- / -->)", re.DOTALL)


def main() -> None:
    """Bring every page up to date."""
    values = figures()
    for page in pages():
        text = filled(page.read_text(encoding="utf-8"), values)
        if text != page.read_text(encoding="utf-8"):
            write_text(page, text)
            print(f"wrote {page.relative_to(ROOT)}")


def pages() -> list[Path]:
    """The pages that quote figures."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def filled(text: str, values: dict[str, str]) -> str:
    """A page with its figures; raises KeyError for one that nobody measures."""
    return MARK.sub(lambda found: f"{found[1]}{values[found[2]]}{found[3]}", text)


def figures() -> dict[str, str]:
    """Every figure by key, as text."""
    evaluated, shipped, timed = (
        read_json(ROOT / paths.metrics_folder(stage) / paths.DETAILS)
        for stage in ("evaluate", "quantize_prune", "benchmark")
    )
    held_out = read_json(ROOT / paths.metrics_folder("held_out") / "metrics.json")
    found, find_timed = (
        read_json(ROOT / paths.metrics_folder(stage) / "metrics.json")
        for stage in ("find-evaluate", "find-benchmark")
    )
    real = read_json(ROOT / paths.REAL)
    one = timed["shipped"]
    return {
        **{f"real-{name}": share(entry["top1"]) for name, entry in real.items()},
        **{f"real-{name}-images": str(entry["images"]) for name, entry in real.items()},
        **{f"sure-{name}": share(entry["confident"]["top1"]) for name, entry in real.items()},
        **{f"share-{name}": f"{entry['confident']['share']:.0%}" for name, entry in real.items()},
        "find-precision": f"{found['average_precision']:.3f}",
        "find-box": f"{found['f1_box']:.3f}",
        "find-state": f"{found['f1_state']:.3f}",
        "find-desktops": f"{found['f1_state_desktops']:.3f}",
        "find-web": f"{found['f1_state_web']:.3f}",
        "find-worst": f"{found['worst']}, {found['worst_f1_state']:.2f}",
        "find-alarms": f"{found['false_alarms_per_screenshot']:.2f}",
        "find-bare": f"{found['false_alarms_without_controls']:.2f}",
        "find-milliseconds": f"{find_timed['boxes_and_states']['p50']:.0f} ms",
        "find-peak": f"{find_timed['peak_mb']:.0f} MB",
        "find-megabytes": f"{(ROOT / paths.RELEASED_FINDER).stat().st_size / 1e6:.2f} MB",
        "test-images": str(evaluated["images"]),
        "test-top1": share(evaluated["top1"]),
        "shipped": str(shipped["shipped"]),
        "shipped-top1": share(shipped["test_top1"]),
        "megabytes": f"{shipped['bytes'] / 1e6:.2f} MB",
        "milliseconds": f"{one['p50']:.2f} ms",
        "milliseconds-from-png": f"{timed['shipped_from_png']['p50']:.2f} ms",
        "speedup": f"{one['speedup_vs_baseline']:.0f}",
        "baseline-megabytes": f"{timed['baseline']['bytes'] / 1e6:.0f} MB",
        "baseline-milliseconds": f"{timed['baseline']['p50']:.0f} ms",
        "cold-start": f"{one['cold_start_s']:.2f} s, {one['peak_mb']:.0f} MB",
        "machine": f"{timed['machine']['cores']} cores of {timed['machine']['cpu']}",
        "held-out": f"{100 * held_out['mean']:.1f} %",
        "held-out-worst": f"{held_out['worst']}, {100 * held_out['worst_top1']:.1f} %",
        "held-out-toolkits": f"{100 * held_out['toolkits']:.1f} %",
        "held-out-toolkits-sure": f"{100 * held_out['toolkits_confident']:.1f} %",
        "held-out-toolkits-share": f"{held_out['toolkits_confident_share']:.0%}",
        "pictograms": f"{100 * held_out['pictograms']:.1f} %",
    }


def share(rate: dict[str, Any]) -> str:
    """A rate with its interval."""
    value, low, high = (100 * rate[key] for key in ("value", "low", "high"))
    return f"{value:.1f} % ({low:.1f} to {high:.1f} %)"


if __name__ == "__main__":
    main()
