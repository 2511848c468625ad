"""Tiny real inputs: rendered controls from data/starter, and a project folder that holds them."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from checkstate.core.types import Pixels
from checkstate.model.checkpoints import ModelMetadata
from checkstate.model.export import export_fp32
from checkstate.model.networks import IMAGENET, Classifier, build_backbone
from checkstate.runtime.predictor import Predictor

if TYPE_CHECKING:
    from ray.cluster_utils import Cluster

ROOT = Path(__file__).parent.parent
CLASSES = ("checked", "other", "unchecked")
SMALL = ModelMetadata("x", ["a", "b"], (48, 64), "letterbox", *IMAGENET, 2.0, "0" * 32, {"seed": 0})
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chrome")


def copy_data(target: Path, each: int) -> None:
    """Copy a few starter images of every class, each from another library or kind."""
    for name in CLASSES:
        (target / name).mkdir(parents=True)
        images = sorted((ROOT / "data/starter" / name).glob("*.png"))
        for image in images[:: len(images) // each][:each]:
            shutil.copy(image, target / name)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with params.yaml and twelve images a class in data/tiny, as working directory."""
    copy_data(tmp_path / "data/tiny", 12)
    shutil.copy(ROOT / "params.yaml", tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def picture() -> Image.Image:
    """One rendered control."""
    return Image.open(next((ROOT / "tests/controls/checked").glob("bootstrap-checkbox-*.png")))


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small real ONNX model, untrained."""
    torch.manual_seed(0)
    backbone = build_backbone("test_efficientnet", 3, (64, 64), "none")
    path = tmp_path_factory.mktemp("model") / "model.onnx"
    card = ModelMetadata(
        "x", list(CLASSES), (64, 64), "letterbox", *IMAGENET, 1.5, "0" * 32, {"seed": 0}
    )
    export_fp32(path, Classifier(backbone, *IMAGENET), card)
    return path


@pytest.fixture(scope="session")
def predictor(model: Path) -> Predictor:
    """That model, loaded."""
    return Predictor(model, threads=1)


@pytest.fixture(scope="session")
def network() -> Classifier:
    """The default backbone for two classes, its head untrained."""
    torch.manual_seed(0)
    backbone = build_backbone("tf_efficientnet_lite0", 2, SMALL.image_size, "imagenet")
    return Classifier(backbone, *IMAGENET).eval()


@pytest.fixture(scope="session")
def plain(network: Classifier, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """That network in fp32 ONNX."""
    path = tmp_path_factory.mktemp("plain") / "plain.onnx"
    export_fp32(path, network, SMALL)
    return path


@pytest.fixture(scope="session")
def noise() -> Pixels:
    """Seven inputs of that network."""
    return np.random.default_rng(0).integers(0, 256, (7, *SMALL.image_size, 3), dtype=np.uint8)


@pytest.fixture
def crops() -> list[Path]:
    """Nine rendered images, three of each class."""
    return [
        image
        for name in CLASSES
        for image in sorted((ROOT / "data/starter" / name).glob("*.png"))[:300:100]
    ]


@pytest.fixture
def browser() -> Iterator[Browser]:
    """A headless Chromium."""
    if not CHROMIUM:
        pytest.skip("needs Chromium: apt install chromium")
    arguments = ["--no-sandbox", "--disable-gpu"]
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=CHROMIUM, args=arguments) as browser,
    ):
        yield browser


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator["Cluster"]:
    """A head without cores and two nodes of one, each a raylet of its own on this machine."""
    from ray.cluster_utils import Cluster

    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    cluster = Cluster(True, head_node_args={"num_cpus": 0, "include_dashboard": False})
    for _ in range(2):
        cluster.add_node(num_cpus=1)
    yield cluster
    cluster.shutdown()
