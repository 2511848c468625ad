"""Measure `score` beside `predict`: images per second, and what the start of a run costs.

python -m scripts.scale      # about five minutes on a machine that does nothing else

Ray is measured on a cluster of this machine, two nodes of one core each, that runs already.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle, islice
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from timeit import repeat

from checkstate.evaluation.timing import alone, machine

FEW, MANY = 1_000, 10_000
ROUNDS = 3
"""Runs of which the fastest counts, so that the file cache is warm and the noise small."""

SCORE = ["score", "{source}", "{target}", "--workers"]


def main() -> None:
    """Print a line for each way to predict the same images."""
    with TemporaryDirectory(prefix="checkstate-") as name, ray_nodes() as address, alone():
        folder = Path(name)
        few, many = (copy_images(folder / str(count), count) for count in (FEW, MANY))
        ways = {
            "predict": ["predict", "{source}", "--csv", "--output", "{target}"],
            "score, 1 worker": [*SCORE, "1"],
            "score, 2 workers": [*SCORE, "2"],
            "score on Ray, 1 worker": [*SCORE, "1", "--ray", address],
            "score on Ray, 2 workers": [*SCORE, "2", "--ray", address],
        }
        print(machine())
        print(f"{'':24}{'images/s':>10}{f's for {FEW}':>12}{'of which start':>16}")
        for way, arguments in ways.items():
            short, long = (fastest(arguments, source, folder) for source in (few, many))
            each = (long - short) / (MANY - FEW)
            print(f"{way:24}{1 / each:10.0f}{short:12.1f}{short - FEW * each:16.1f}", flush=True)


def copy_images(folder: Path, count: int) -> Path:
    """The starter images, over and over, as so many files."""
    folder.mkdir()
    images = sorted(Path("data/starter").rglob("*.png"))
    for number, image in enumerate(islice(cycle(images), count)):
        shutil.copyfile(image, folder / f"{number:05}.png")
    return folder


def fastest(arguments: list[str], source: Path, folder: Path) -> float:
    """Seconds of a command, from the start of its process to its end."""

    def call() -> None:
        target = Path(mkdtemp(dir=folder), "out")
        filled = (each.format(source=source, target=target) for each in arguments)
        command = [sys.executable, "-m", "checkstate.cli", *filled]
        subprocess.run(command, check=True, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)

    return min(repeat(call, number=1, repeat=ROUNDS))


@contextmanager
def ray_nodes() -> Iterator[str]:
    """The address of a cluster whose head has no core, and two nodes one each."""
    from ray.cluster_utils import Cluster

    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    cluster = Cluster(True, head_node_args={"num_cpus": 0, "include_dashboard": False})
    try:
        for _ in range(2):
            cluster.add_node(num_cpus=1)
        yield cluster.address
    finally:
        cluster.shutdown()


if __name__ == "__main__":
    main()
