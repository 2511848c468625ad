"""Tiny real inputs: rendered controls from data/starter, and a project folder that holds them."""

import shutil
from pathlib import Path

import pytest
from PIL import Image

ROOT = Path(__file__).parent.parent
CLASSES = ("checked", "other", "unchecked")


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
    return Image.open(sorted((ROOT / "data/starter/checked").glob("bootstrap-checkbox-*.png"))[0])
