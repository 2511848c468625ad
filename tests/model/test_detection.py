"""The detector: what it should give, what it learns, and the file that ships."""

from pathlib import Path

import numpy as np
import onnxruntime as ort
import pytest
import torch

from checkstate.core.errors import UserError
from checkstate.core.find_params import FindExport
from checkstate.core.types import KINDS
from checkstate.data.scenes import Boxes
from checkstate.model.detection import (
    STRIDE,
    Detector,
    boxes_at,
    detection_loss,
    load_detector,
    save_detector,
    targets,
)
from checkstate.model.detector_export import Candidates, FinderMetadata, export_finder

EXPORT = FindExport(threshold=0.3, overlap=0.4, max_controls=50)
ONE = Boxes(np.array([[16, 20, 40, 44]], np.float32), np.array([1]), np.array([False]))


def test_the_center_of_a_control_is_wanted_and_its_box_there() -> None:
    centers, weight, corners, belongs = targets([ONE], 64, 96)
    row, column = 32 // STRIDE, 28 // STRIDE
    assert centers.shape == (1, len(KINDS), 16, 24)
    assert centers[0, 1].argmax() == row * 24 + column
    assert centers[0, 1, row, column] == 1
    assert centers[0, [0, 2]].max() == 0
    assert corners[0, :, row, column].tolist() == [16, 20, 40, 44]
    assert bool(belongs[0, row, column])
    assert belongs.sum() == 9
    assert weight.min() == 1


def test_what_is_ignored_has_no_weight() -> None:
    hidden = Boxes(ONE.corners, ONE.kinds, np.array([True]))
    centers, weight, _, belongs = targets([hidden], 64, 96)
    assert centers.max() == 0
    assert not belongs.any()
    assert weight[0, 0, 32 // STRIDE, 28 // STRIDE] == 0
    assert weight[0, 0, 0, 0] == 1


def test_distances_are_from_the_middle_of_a_place() -> None:
    distances = torch.full((1, 4, 2, 3), 10.0)
    assert boxes_at(distances)[0, :, 1, 2].tolist() == [0.0, -4.0, 20.0, 16.0]


def test_it_learns_one_picture_by_heart_and_the_file_gives_the_same(tmp_path: Path) -> None:
    torch.manual_seed(0)
    images = torch.full((2, 64, 96, 3), 255, dtype=torch.uint8)
    images[:, 20:44, 16:40] = 0
    detector = Detector().train()
    optimizer = torch.optim.Adam(detector.parameters(), 0.01)
    losses = []
    for _ in range(40):
        value = detection_loss(detector(images), targets([ONE, ONE], 64, 96))
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
        losses.append(value.item())
    assert losses[-1] < losses[0] / 4

    path = tmp_path / "detector.safetensors"
    save_detector(path, detector)
    detector = load_detector(path)
    file = tmp_path / "finder.onnx"
    export_finder(file, detector, EXPORT, FinderMetadata(list(KINDS), 16, 0.3, "0" * 32, {}))
    session = ort.InferenceSession(str(file))
    given = {"image": images[:1].numpy(), "threshold": np.array([0.0], np.float32)}
    boxes, scores, kinds = session.run(["boxes", "scores", "kinds"], given)
    with torch.inference_mode():
        candidates, peaks, places = Candidates(detector)(images[:1])
    best = int(peaks.argmax())
    assert scores[0] == pytest.approx(float(peaks.max()), abs=1e-4)
    assert np.abs(boxes[0] - candidates[0, best].numpy()).max() < 0.01
    assert np.abs(kinds[0] - places[best].numpy()).max() < 1e-4
    # another size than that of the export
    wide = np.zeros((1, 32, 256, 3), np.uint8)
    session.run(["boxes"], {"image": wide, "threshold": np.array([0.5], np.float32)})


def test_another_file_is_no_detector(tmp_path: Path) -> None:
    path = tmp_path / "detector.safetensors"
    with pytest.raises(UserError, match="not a trained detector"):
        load_detector(path)
    path.write_bytes(b"nothing")
    with pytest.raises(UserError, match="not a trained detector"):
        load_detector(path)
