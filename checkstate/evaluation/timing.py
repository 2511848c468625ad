"""Time several calls side by side, one measurement on a machine at a time."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from timeit import repeat, timeit

import numpy as np
from tqdm import tqdm

from checkstate.core.locks import lock
from checkstate.core.paths import cache_folder


def machine() -> dict[str, object]:
    """What the figures were measured on."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return {"cpu": names[0] if names else platform.processor(), "cores": os.cpu_count()}


@contextmanager
def alone() -> Iterator[None]:
    """Wait until no other process of this user measures: two would time each other."""
    path = cache_folder() / "timing.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        lock(file)
        yield


def interleave(
    rows: Mapping[str, Callable[[], object]], rounds: int
) -> dict[str, dict[str, float]]:
    """Milliseconds a call of every row, in interleaved rounds so that noise hits all alike.

    A round runs each row for a tenth of a second, or once where one call takes longer. Returns
    p50, p95 and p99 over single calls. torch's own Timer warms up twice before each of them, so
    the standard library's takes its place.
    """
    samples: dict[str, list[float]] = {name: [] for name in rows}
    for call in rows.values():
        call()
    with alone():
        for _ in tqdm(range(rounds), "benchmark"):
            for name, call in rows.items():
                spent = 0.0
                while spent < 0.1:
                    taken = timeit(call, number=1)
                    samples[name].append(1000 * taken)
                    spent += taken
    return {
        name: {f"p{q}": float(np.percentile(times, q)) for q in (50, 95, 99)}
        for name, times in samples.items()
    }


COLD = """
import os
import sys
sys.path.insert(0, sys.argv[3])
if sys.argv[1].endswith(".onnx"):
    from checkstate.runtime.predictor import Predictor
    Predictor(sys.argv[1], threads=1)(sys.argv[2])
else:
    from checkstate.model.checkpoints import load_model
    from checkstate.model.networks import predict_logits
    from checkstate.runtime.images import read_image, resize
    model, metadata = load_model(sys.argv[1])
    pixels = resize(read_image(sys.argv[2]), metadata.image_size, metadata.resize)
    predict_logits(model, pixels[None], 1)
if os.path.exists("/proc/self/status"):
    print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""


def cold_start(model: Path, png: bytes, rounds: int) -> dict[str, float]:
    """Seconds from a process's start to its first prediction, and its peak memory in megabytes.

    The best of some rounds, so that the file cache is warm and the machine's noise small. Memory
    is what Linux calls VmHWM, and left out elsewhere; the usual ru_maxrss would carry over from the
    process that starts it.
    """
    with tempfile.NamedTemporaryFile(suffix=".png") as image:
        image.write(png)
        image.flush()
        command = [sys.executable, "-c", COLD, str(model), image.name, str(Path.cwd())]
        runs: list[str] = []
        with alone():
            seconds = min(repeat(lambda: runs.append(output(command)), number=1, repeat=rounds))
    peaks = [int(run) / 1024 for run in runs if run]
    return {"cold_start_s": seconds} | ({"peak_mb": min(peaks)} if peaks else {})


def output(command: list[str]) -> str:
    """What a command writes to standard output."""
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout
