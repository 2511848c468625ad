import hashlib
import shutil
from importlib.metadata import version
from pathlib import Path

import httpx

from checkstate.core.find_params import load_find_params
from checkstate.runtime.predictor import Predictor
from tests.conftest import CLASSES, ROOT
from tests.serve.conftest import Start

RELEASED = ROOT / "checkstate/released"


def test_info_says_the_file_the_figures_of_its_card_and_versions(start: Start) -> None:
    said = httpx.get(f"{start(Predictor(RELEASED / 'model.onnx', threads=1))}/info").json()
    content = (RELEASED / "model.onnx").read_bytes()
    assert said["md5"] == hashlib.md5(content, usedforsecurity=False).hexdigest()
    assert said["bytes"] == len(content)
    assert said["classes"] == list(CLASSES)
    assert said["name"] == "tf_efficientnet_lite0"
    card = (RELEASED / "MODEL_CARD.md").read_text()
    assert {"Top1, trained model", "File"} <= {figure["what"] for figure in said["figures"]}
    for figure in said["figures"]:
        assert f"| {figure['what']} | {figure['figure']} |" in card
    assert "On real images" in said["note"]
    finder = (RELEASED / "finder.onnx").read_bytes()
    assert said["finder"] == {
        "file": "finder.onnx",
        "bytes": len(finder),
        "md5": hashlib.md5(finder, usedforsecurity=False).hexdigest(),
        "kinds": ["checkbox", "radio", "switch"],
        "threshold": load_find_params().export.threshold,
    }
    assert said["versions"] == {p: version(p) for p in ("checkstate", "onnxruntime")}
    assert said["token"] is False


def test_a_card_of_another_file_gives_no_figures(start: Start, model: Path, tmp_path: Path) -> None:
    shutil.copy(model, tmp_path / "model.onnx")
    shutil.copy(RELEASED / "MODEL_CARD.md", tmp_path)
    said = httpx.get(f"{start(Predictor(tmp_path / 'model.onnx', threads=1))}/info").json()
    assert said["figures"] == []
    assert said["note"] == ""


def test_a_card_beside_the_folder_of_the_model_is_read(start: Start, tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    shutil.copy(RELEASED / "model.onnx", tmp_path / "models")
    content = (RELEASED / "model.onnx").read_bytes()
    md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()
    card = f"# Model card\n\n`{md5}`\n\nMine.\n\n## Figures\n\nOn 3 images:\n\n| what | figure |\n"
    (tmp_path / "MODEL_CARD.md").write_text(f"{card}|---|---|\n| Top\\_1 | 7 % |\n")
    said = httpx.get(f"{start(Predictor(tmp_path / 'models/model.onnx', threads=1))}/info").json()
    assert said["figures"] == [{"what": "Top_1", "figure": "7 %"}]
    assert said["note"] == "Mine. On 3 images."
