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

DESKTOPS = "windows"
"""The set of desktops with windows of toolkits; every other is a web library."""

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
    web = sum((counts for name, counts in sets.items() if name != DESKTOPS), Counts())
    total = web + sets[DESKTOPS]
    states = {name: each.f1(each.right_state) for name, each in sorted(sets.items())}
    worst = min(states, key=states.__getitem__)
    out = paths.metrics_folder("find-evaluate")
    write_metrics(
        out,
        {
            **average_precision(pairs),
            "f1_box": total.f1(total.found),
            "f1_state": total.f1(total.right_state),
            "f1_state_desktops": states[DESKTOPS],
            "f1_state_web": web.f1(web.right_state),
            "worst": worst,
            "worst_f1_state": states[worst],
            "false_alarms_per_screenshot": total.false_alarms / len(pairs),
            "false_alarms_without_controls": sum(alarms) / len(alarms),
        },
    )
    rows = [{"set": name, **vars(sets[name]), "f1_state": f1} for name, f1 in states.items()]
    write_csv(out / "plots/sets.csv", rows)


if __name__ == "__main__":
    run_stage(main)
