from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from checkstate.data.datasets import Images
from checkstate.evaluation.contact_sheet import draw_mistakes
from checkstate.evaluation.intervals import rate
from checkstate.evaluation.metrics import calibration_error, summarize
from checkstate.evaluation.predictions import coverage_rows, prediction_rows


def sample() -> tuple[np.ndarray, Images]:
    labels = np.array([0, 0, 1, 1, 1, 2, 2, 2, 2, 2])
    probabilities = np.full((10, 3), 0.05, np.float32)
    probabilities[np.arange(10), [0, 0, 1, 1, 2, 2, 2, 2, 2, 0]] = 0.9
    pixels = np.zeros((10, 16, 16, 3), np.uint8)
    return probabilities, Images(pixels, labels, [f"{i}.png" for i in range(10)], list("abc"))


def test_wilson_interval_of_the_figure_of_2024() -> None:
    hits = np.arange(104) < 95
    found = rate(hits)
    assert found["value"] == pytest.approx(0.9135, abs=1e-4)
    assert found["low"] == pytest.approx(0.844, abs=1e-3)
    assert found["high"] == pytest.approx(0.954, abs=1e-3)


def test_summary_counts_what_was_right() -> None:
    probabilities, data = sample()
    summary = summarize(probabilities, data.labels, data.classes, seed=0)
    assert summary["top1"]["value"] == 0.8
    assert summary["classes"]["b"]["recall"]["value"] == pytest.approx(2 / 3)
    assert summary["classes"]["c"]["precision"]["value"] == pytest.approx(4 / 5)
    assert summary["macro_f1"]["low"] <= summary["macro_f1"]["value"] <= summary["macro_f1"]["high"]


def test_calibration_error_is_the_gap_between_confidence_and_accuracy() -> None:
    probabilities = np.tile(np.array([[0.8, 0.2]], np.float32), (10, 1))
    labels = np.array([0] * 5 + [1] * 5)
    assert calibration_error(probabilities, labels) == pytest.approx(0.3, abs=1e-4)


def test_coverage_starts_with_the_surest_answers_and_ends_with_all() -> None:
    probabilities, data = sample()
    rows = coverage_rows(probabilities, data.labels)
    assert rows[-1]["coverage"] == 1
    assert rows[-1]["accuracy"] == 0.8


def test_predictions_name_labels_and_the_picture_of_mistakes_is_drawn(tmp_path: Path) -> None:
    probabilities, data = sample()
    rows = prediction_rows(probabilities, data)
    assert [r.path for r in rows if r.label != r.predicted] == ["4.png", "9.png"]
    draw_mistakes(tmp_path / "mistakes.png", probabilities, data, 24)
    assert Image.open(tmp_path / "mistakes.png").height > 16
