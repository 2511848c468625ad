import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from checkstate.runtime.images import read_image
from checkstate.runtime.predictor import Predictor, softmax
from tests.conftest import CLASSES


def test_paths_bytes_and_images_get_the_same_answer(
    predictor: Predictor, crops: list[Path]
) -> None:
    said = predictor(crops[0])
    assert said == predictor(crops[0].read_bytes()) == predictor(read_image(crops[0]))
    assert list(said.probabilities) == list(CLASSES)
    assert sum(said.probabilities.values()) == pytest.approx(1, abs=1e-5)
    assert said.confidence == max(said.probabilities.values())


def test_below_the_threshold_there_is_no_label(predictor: Predictor, crops: list[Path]) -> None:
    assert predictor(crops[0], threshold=0.999).label is None
    assert predictor(crops[0]).label in CLASSES


def test_a_batch_answers_as_single_images_do(predictor: Predictor, crops: list[Path]) -> None:
    batch = predictor.predict([predictor.preprocess(crop) for crop in crops])
    for crop, said in zip(crops, batch, strict=True):
        alone = predictor(crop)
        assert said.label == alone.label
        assert said.confidence == pytest.approx(alone.confidence, abs=1e-5)


def test_threads_may_share_a_predictor(predictor: Predictor, crops: list[Path]) -> None:
    expected = [predictor(crop) for crop in crops]
    with ThreadPoolExecutor(8) as pool:
        for _ in range(5):
            assert list(pool.map(predictor, crops)) == expected


def test_softmax_of_large_numbers() -> None:
    rows = softmax(np.array([[1000.0, 1000.0], [-1000.0, 1000.0]], np.float32))
    assert rows.tolist() == [[0.5, 0.5], [0.0, 1.0]]


def test_the_runtime_imports_no_torch_and_nothing_of_training() -> None:
    code = (
        "import sys, checkstate, checkstate.cli, checkstate.runtime.explain; "
        "print(sorted({'torch', 'timm', 'dvc', 'sklearn', 'scipy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
