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

EXPORT = FindExport(threshold=0.3, overlap=0.4, kind_temperature=0.5, max_controls=50)
ONE = Boxes(np.array([[16, 20, 40, 44]], np.float32), np.array([1]), np.array([False]))


def test_places_in_the_middle_of_a_control_tell_its_kind_and_box() -> None:
    kinds, corners, weight = targets([ONE], 64, 96)
    assert kinds.shape == (1, 16, 24)
    row, column = 32 // STRIDE, 28 // STRIDE
    middle = (0, slice(row - 1, row + 1), slice(column - 1, column + 1))
    assert (kinds[middle] == 1).all()
    assert (kinds == 1).sum() == 16
    assert (kinds == -1).sum() == 16 * 24 - 16
    assert corners[0, :, row, column].tolist() == [16, 20, 40, 44]
    assert weight.min() == 1


def test_of_two_controls_in_one_place_the_smaller_is_told() -> None:
    both = Boxes(
        np.array([[22, 26, 34, 38], [16, 20, 40, 44]], np.float32),
        np.array([0, 1]),
        np.array([False, False]),
    )
    kinds, corners, _ = targets([both], 64, 96)
    assert kinds[0, 32 // STRIDE, 28 // STRIDE] == 0
    assert corners[0, :, 32 // STRIDE, 28 // STRIDE].tolist() == [22, 26, 34, 38]


def test_what_is_ignored_has_no_weight() -> None:
    hidden = Boxes(ONE.corners, ONE.kinds, np.array([True]))
    kinds, _, weight = targets([hidden], 64, 96)
    assert kinds.max() == -1
    assert weight[0, 32 // STRIDE, 28 // STRIDE] == 0
    assert weight[0, 0, 0] == 1


def test_a_confidence_should_be_the_overlap_of_the_box_that_is_told() -> None:
    wanted = targets([ONE], 64, 96)
    kinds, corners, _ = wanted
    x = STRIDE * (torch.arange(24) + 0.5)
    y = STRIDE * (torch.arange(16) + 0.5)[:, None]
    left, top, right, bottom = corners[0]
    exact = torch.stack([x - left, y - top, right - x, bottom - y])[None]
    logits = torch.full((1, len(KINDS), 16, 24), -12.0)
    logits[0, 1][kinds[0] == 1] = 12
    assert detection_loss((logits, exact), wanted) < 0.01
    # a third of the box alone: as sure as before is a mistake now
    worse = exact.clone()
    worse[:, 2] -= 16
    sure = detection_loss((logits, worse), wanted)
    logits[0, 1][kinds[0] == 1] = torch.logit(torch.tensor(1 / 3))
    assert detection_loss((logits, worse), wanted) < sure - 1


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
        candidates, peaks, places = Candidates(detector, EXPORT.kind_temperature)(images[:1])
        qualities, distances = detector(images[:1])
    best = int(peaks.argmax())
    # the detector that learned, not its other form for time alone
    assert np.abs(boxes[0] - boxes_at(distances).flatten(2)[0, :, best].numpy()).max() < 0.01
    assert scores[0] == pytest.approx(float(qualities.amax(1).sigmoid().max()), abs=1e-4)
    assert scores[0] == pytest.approx(float(peaks.max()), abs=1e-4)
    assert np.abs(boxes[0] - candidates[0, best].numpy()).max() < 0.01
    assert np.abs(kinds[0] - places[best].softmax(0).numpy()).max() < 1e-4
    assert kinds.sum(1) == pytest.approx(1, abs=1e-5)
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
