"""Measure the finder on screenshots of libraries and toolkits that nothing learned from.

python -m find.evaluate
"""

from collections import defaultdict

from tqdm import tqdm

from checkstate.core import paths
from checkstate.core.files import write_csv
from checkstate.data.scenes import Screenshot, load_screenshots
from checkstate.evaluation.detection import Counts, average_precision, count
from checkstate.runtime.finder import OTHER, Control, Finder
from checkstate.runtime.predictor import Predictor
from checkstate.stage.live import write_metrics
from checkstate.stage.runner import run_stage

LEAST = 0.05
"""Confidence from where on finds count for the average precision, which asks for all of them."""


def main() -> None:
    """Read the finder, the released classifier and the screenshots of find/data; write metrics."""
    finder = Finder(paths.FINDER, Predictor(paths.RELEASED, threads=1), threads=1)
    pairs: list[tuple[Screenshot, list[Control]]] = []
    sets: dict[str, Counts] = defaultdict(Counts)
    for screenshot in tqdm(load_screenshots(paths.scenes("held-out")), unit="screenshot"):
        everything = finder(screenshot.picture(), LEAST, keep_other=True)
        pairs.append((screenshot, everything))
        shown = [
            each
            for each in everything
            if each.confidence >= finder.threshold and each.prediction.label != OTHER
        ]
        sets[screenshot.name.rpartition("-")[0]] += count(screenshot, shown)
    bare_pages = load_screenshots(paths.scenes("bare"))
    alarms = [len(finder(page.picture())) for page in tqdm(bare_pages, unit="bare page")]
    total = sum(sets.values(), Counts())
    out = paths.metrics_folder("find-evaluate")
    write_metrics(
        out,
        {
            **average_precision(pairs),
            "f1_box": total.f1(total.found),
            "f1_state": total.f1(total.right_state),
            "false_alarms_per_screenshot": total.false_alarms / len(pairs),
            "false_alarms_without_controls": sum(alarms) / len(alarms),
        },
    )
    rows = [
        {"set": name, **vars(each), "f1_state": each.f1(each.right_state)}
        for name, each in sorted(sets.items())
    ]
    write_csv(out / "plots/sets.csv", rows)


if __name__ == "__main__":
    run_stage(main)
