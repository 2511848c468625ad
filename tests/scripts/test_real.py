import json
import shutil
from pathlib import Path

import pytest

from checkstate.core import paths
from checkstate.core.files import md5_of
from scripts import real
from tests.conftest import ROOT


@pytest.fixture
def folder(project: Path, model: Path) -> Path:
    """Labeled crops, the released model and another one, which was trained here."""
    for source, place in ((ROOT / paths.RELEASED, paths.RELEASED), (model, paths.SHIPPED)):
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, place)
    paths.REAL.parent.mkdir()
    return shutil.copytree(ROOT / "tests/controls", project / "mine")


def test_the_released_model_is_measured_and_not_one_that_was_trained_here(folder: Path) -> None:
    real.measure("mine", folder, "crops of mine")
    entry = json.loads(paths.REAL.read_text())["mine"]
    images = len(list(folder.rglob("*.png")))
    assert entry["origin"] == "crops of mine"
    assert entry["model_md5"] == md5_of(paths.RELEASED)
    assert entry["images"] == images
    assert entry["correct"] > 0.9 * images, "an untrained one would guess"


def test_a_folder_with_unreadable_images_is_no_figure(folder: Path) -> None:
    (folder / "checked/broken.png").write_bytes(b"no image")
    with pytest.raises(real.UserError, match=r"1 unreadable, as .*broken\.png"):
        real.measure("mine", folder, "crops of mine")
    assert not paths.REAL.exists()
