"""Scripts of find/ on one small screenshot: trained, interrupted, gone on from, exported, found."""

import io
import json
import math
from pathlib import Path

import numpy as np
import pytest
import yaml
from PIL import Image

from checkstate import Finder
from checkstate.core import paths
from checkstate.core.errors import UserError
from checkstate.core.files import write_archive
from checkstate.model import detector_training
from checkstate.model.detection import load_detector
from checkstate.runtime.finder import ENLARGED
from find import export, train
from tests.conftest import ROOT

BOXES = [(x, y, x + 20, y + 20) for x in (20, 80) for y in (24, 84)]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with a screenshot of four black boxes to learn from, and few steps."""
    picture = Image.new("RGB", (128, 128), "white")
    for box in BOXES:
        picture.paste("black", box)
    png = io.BytesIO()
    picture.save(png, "PNG")
    picture.save(tmp_path / "shot.png")
    coco = {
        "images": [{"id": 0, "file_name": "a-0.png", "width": 128, "height": 128}],
        "annotations": [
            {"image_id": 0, "bbox": (x, y, 20, 20), "category_id": 0, "iscrowd": 0, "state": "on"}
            for x, y, _, _ in BOXES
        ],
    }
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    members = [("a-0.png", png.getvalue()), (paths.ANNOTATIONS, json.dumps(coco).encode())]
    write_archive(paths.scenes("train"), members)
    (tmp_path / "params.yaml").write_bytes((ROOT / "params.yaml").read_bytes())
    write_params(epochs=2, init_from="")
    return tmp_path


def write_params(**changes: object) -> None:
    """find/params.yaml with tiny tiles and few epochs, and some values more."""
    params = yaml.safe_load((ROOT / "find/params.yaml").read_text())
    params["train"] |= {"side": 64, "screenshots": 1, "tiles": 2, **changes}
    paths.FIND_PARAMS.write_text(yaml.safe_dump(params))


def test_an_interrupted_training_ends_with_the_same_bytes(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train.main()
    whole = paths.DETECTOR.read_bytes()
    loss, calls = detector_training.detection_loss, 0

    def interrupted(*arguments: object) -> object:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise KeyboardInterrupt
        return loss(*arguments)

    paths.DETECTOR.unlink()
    monkeypatch.setattr(detector_training, "detection_loss", interrupted)
    with pytest.raises(KeyboardInterrupt):
        train.main()
    assert not paths.DETECTOR.exists()
    train.main()
    assert calls == 3, "the first epoch was not trained again"
    assert paths.DETECTOR.read_bytes() == whole
    assert (folder / "metrics/find-train/plots/metrics/train_loss.tsv").exists()


def test_a_training_goes_on_from_another_ones_detector(folder: Path) -> None:
    train.main()
    start = folder / "start.safetensors"
    paths.DETECTOR.rename(start)
    write_params(epochs=1, init_from=str(start), lr=1e-12)
    train.main()
    before, after = load_detector(start), load_detector(paths.DETECTOR)
    for (name, old), (_, new) in zip(
        before.named_parameters(), after.named_parameters(), strict=True
    ):
        assert np.allclose(old.detach(), new.detach(), atol=1e-6), name
    write_params(epochs=1, init_from="nowhere.safetensors")
    with pytest.raises(UserError, match=r"nowhere\.safetensors: no such file; train\.init_from"):
        train.main()


def test_what_was_learned_by_heart_is_found_by_the_exported_file(folder: Path) -> None:
    octave = math.log2(ENLARGED)  # the finder sees small screenshots so much larger
    write_params(epochs=240, init_from="", lr=0.01, octaves=[octave, octave])
    train.main()
    export.main()
    finder = Finder(paths.FINDER)
    found = [np.array(each.box) for each in finder(folder / "shot.png", 0.3, keep_other=True)]
    for wanted in BOXES:
        assert any(np.abs(box - wanted).max() <= 3 for box in found), wanted
