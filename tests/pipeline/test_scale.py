"""A thousand, ten thousand and a hundred thousand images: time, memory, and DVC's part.

pytest -m slow -s tests/pipeline/test_scale.py    # add -k 1000- or -k 10000- for the small ones
"""

import os
import resource
import shutil
import subprocess
import sys
import time
import zipfile
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path

import numpy as np
import psutil
import pytest
import yaml
from PIL import Image

from checkstate.core.files import read_csv, write_archive
from checkstate.data.duplicates import near_duplicate_groups
from checkstate.model.checkpoints import ModelMetadata, save_model
from checkstate.model.export import export_fp32
from checkstate.model.networks import IMAGENET, Classifier, build_backbone
from tests.conftest import CLASSES, ROOT
from tests.pipeline.conftest import run

pytestmark = [pytest.mark.slow, pytest.mark.timeout(7200)]

SIZE = (128, 128)
BACKBONE = "mobilenetv3_small_050"
TWINS = 100
"""Every so manieth image is a near-duplicate of the one before."""


@cache
def crops() -> list[Image.Image]:
    """A few rendered controls."""
    paths = sorted((ROOT / "data/starter").rglob("*.png"))[::20]
    return [Image.open(path).convert("RGB").resize((108, 63)) for path in paths]


def draw(number: int) -> tuple[str, bytes]:
    """A rendered control behind colored blocks of its own, as PNG; name and bytes."""
    twin = number % TWINS == 1
    random = np.random.default_rng(number - twin)
    blocks = Image.fromarray(random.integers(0, 256, (6, 10, 3), np.uint8))
    crop = crops()[random.integers(len(crops()))]
    image = Image.blend(blocks.resize(crop.size, Image.Resampling.NEAREST), crop, 0.5)
    if twin:
        image.putpixel((0, 0), (0, 0, 0))
    image.save(png := BytesIO(), "PNG", compress_level=1)
    # the class changes with the pair, so that twins share theirs
    return f"{CLASSES[number // 2 % 3]}/{number:06}.png", png.getvalue()


@dataclass
class Cost:
    """What a command took; the memory is the sum of the peaks of its processes."""

    seconds: float
    cpu_seconds: float
    megabytes: float


def peak(process: psutil.Process) -> int:
    """VmHWM, in kB."""
    for line in Path(f"/proc/{process.pid}/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1])
    return 0


def measure(folder: Path, *command: str) -> Cost:
    """Run a command and see what it costs."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "DVC_NO_ANALYTICS": "1"}
    with (folder / "log").open("ab") as log, (folder / "out").open("wb") as out:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=out, stderr=log)
        peaks: dict[int, int] = {}
        while process.poll() is None:
            with suppress(psutil.NoSuchProcess, FileNotFoundError, ProcessLookupError):
                root = psutil.Process(process.pid)
                for each in [root, *root.children(recursive=True)]:
                    peaks[each.pid] = max(peak(each), peaks.get(each.pid, 0))
            time.sleep(0.1)
    assert process.returncode == 0, (folder / "log").read_text()[-2000:]
    seconds, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(seconds, cpu, sum(peaks.values()) / 1024)


@pytest.fixture(params=[1_000, 10_000, 100_000], ids=lambda count: f"{count}-images")
def many(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, int]:
    """A repository with so many images as data/many.zip and data/many/, and untrained models."""
    count = int(request.param)
    for name in ("checkstate", "stages"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("dvc.yaml", ".dvcignore"):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / "data/curation").mkdir(parents=True)
    (tmp_path / "data/curation/none.csv").write_text("path,decision,reason\n")
    with ProcessPoolExecutor() as pool:
        write_archive(tmp_path / "data/many.zip", pool.map(draw, range(count), chunksize=256))
    with zipfile.ZipFile(tmp_path / "data/many.zip") as archive:
        archive.extractall(tmp_path / "data/many")
    classifier = Classifier(build_backbone(BACKBONE, 3, SIZE, "none"), *IMAGENET)
    card = ModelMetadata(BACKBONE, list(CLASSES), SIZE, "letterbox", *IMAGENET, 1.0, "0" * 32, {})
    save_model(tmp_path / "models/model.safetensors", classifier, card)
    export_fp32(tmp_path / "models/model.onnx", classifier, card)
    run(tmp_path, "git", "init", "-q")
    person = ("-c", "user.email=test@example.org", "-c", "user.name=test")
    run(tmp_path, "git", *person, "commit", "--allow-empty", "-qm", "start")
    run(tmp_path, "dvc", "init", "-q")
    shutil.copy(ROOT / ".dvc/config", tmp_path / ".dvc/config")
    return tmp_path, count


def use(folder: Path, name: str) -> None:
    """Let a data set flow."""
    params = yaml.safe_load((ROOT / "params.yaml").read_text())
    params["data"]["name"] = name
    (folder / "params.yaml").write_text(yaml.safe_dump(params))


def test_many_images(many: tuple[Path, int], capsys: pytest.CaptureFixture[str]) -> None:
    folder, count = many
    python = sys.executable
    costs: dict[str, tuple[int, Cost]] = {}
    for name in ("many", "many.zip"):
        use(folder, name)
        costs[f"curate {name}"] = count, measure(folder, python, "-m", "stages.curate")
        measure(folder, "dvc", "commit", "--force", "curate")
        costs[f"dvc repro of nothing, {name}"] = count, measure(folder, "dvc", "repro", "curate")
        assert b"didn't change" in (folder / "out").read_bytes()
    costs["split"] = count, measure(folder, python, "-m", "stages.split")
    parts = [row["split"] for row in read_csv(folder / "data/split.csv")]
    train, test = parts.count("train"), parts.count("test")
    code = (
        "from checkstate.core import paths; from checkstate.data.datasets import load_split; "
        "load_split(paths.SPLIT, paths.CURATED, 'train', (128, 128), 'letterbox')"
    )
    costs["train input"] = train, measure(folder, python, "-c", code)
    costs["evaluate"] = test, measure(folder, python, "-m", "stages.evaluate")
    command = (python, "-m", "checkstate.cli", "predict", "data/many", "--csv")
    costs["predict"] = count, measure(folder, *command)
    assert len(read_csv(folder / "out")) == count

    rows = read_csv(folder / "data/manifest.csv")
    start, cpu = time.perf_counter(), time.process_time()
    groups = near_duplicate_groups([row["phash"] for row in rows], 8)
    grouping = Cost(time.perf_counter() - start, time.process_time() - cpu, float("nan"))
    costs["grouping (part of curate)"] = count, grouping
    with capsys.disabled():
        print(f"\n{count} images{'':16} images/s  seconds  CPU-seconds    MB")
        for name, (images, cost) in costs.items():
            speed = f"{images / cost.seconds:10,.0f} {cost.seconds:8.1f} {cost.cpu_seconds:12.1f}"
            print(f"{name:29} {speed} {cost.megabytes:5,.0f}", flush=True)

    number = {row["path"].split("/")[1]: g for row, g in zip(rows, groups, strict=True)}
    pairs = [(f"{n:06}.png", f"{n + 1:06}.png") for n in range(0, count, TWINS)]
    assert np.mean([number[a] == number[b] for a, b in pairs]) > 0.99
    assert grouping.cpu_seconds < 60
    pixels = SIZE[0] * SIZE[1] * 3 / 1e6
    assert costs["curate many.zip"][1].megabytes < 1000 + 0.01 * count
    assert costs["train input"][1].megabytes < 1000 + pixels * train
    assert costs["evaluate"][1].megabytes < 1500 + 2 * pixels * test
    assert costs["predict"][1].megabytes < 500
