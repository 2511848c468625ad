"""Time and memory of the finder on a screenshot of 1920x1080 pixels with some twenty controls.

python -m find.benchmark
"""

import sys
import tempfile
from collections.abc import Callable
from functools import partial

from PIL import Image

from checkstate.core import paths
from checkstate.core.find_params import load_find_params
from checkstate.data.scenes import load_screenshots
from checkstate.evaluation.timing import interleave, machine, output
from checkstate.runtime.finder import Finder
from checkstate.runtime.predictor import Predictor
from checkstate.stage.live import write_metrics
from checkstate.stage.runner import run_stage

SIZE, CONTROLS = (1920, 1080), 20

FIND = """
import sys
from checkstate.runtime.finder import Finder
from checkstate.runtime.predictor import Predictor
finder, model, screenshot = sys.argv[1:]
Finder(finder, Predictor(model, threads=1), threads=1)(screenshot)
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""


def main() -> None:
    """Read the finder, the released classifier and find/data/held-out.zip; write metrics."""
    settings = load_find_params().benchmark
    finder = Finder(paths.FINDER, Predictor(paths.RELEASED, threads=1), threads=1)
    picture = full_screen(finder)
    controls = finder.find(picture)
    rows: dict[str, Callable[[], object]] = {
        "boxes": lambda: finder.boxes(picture, finder.threshold),
        "boxes_and_states": partial(finder.find, picture),
    }
    times = interleave(rows, settings.rounds)
    out = paths.metrics_folder("find-benchmark")
    peak = {"peak_mb": peak_mb(finder, picture)} if sys.platform == "linux" else {}
    write_metrics(out, {"machine": machine(), "controls": len(controls), **times, **peak})


def peak_mb(finder: Finder, picture: Image.Image) -> float:
    """Peak memory, in megabytes, of a process that finds the controls of a screenshot once.

    A process of its own, for this one holds all the others; VmHWM is Linux's.
    """
    with tempfile.NamedTemporaryFile(suffix=".png") as file:
        picture.save(file, "PNG")
        file.flush()
        files = [str(finder.path), str(finder.predictor.path), file.name]
        return int(output([sys.executable, "-c", FIND, *files])) / 1024


def full_screen(finder: Finder) -> Image.Image:
    """Of the ten held-out screenshots with the number of controls nearest to twenty the one on
    which most are found, on a full screen."""
    screenshots = load_screenshots(paths.scenes("held-out"))
    screenshots.sort(key=lambda each: abs(len(each.states) - CONTROLS))
    canvases = []
    for screenshot in screenshots[:10]:
        canvases.append(Image.new("RGB", SIZE, "white"))
        canvases[-1].paste(screenshot.picture())
    return max(canvases, key=lambda canvas: len(finder.find(canvas)))


if __name__ == "__main__":
    run_stage(main)
