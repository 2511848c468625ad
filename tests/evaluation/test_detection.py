from pathlib import Path

import numpy as np
import pytest

from checkstate.data.scenes import Boxes, Screenshot
from checkstate.evaluation.detection import Counts, average_precision, count
from checkstate.runtime.finder import Box, Control
from checkstate.runtime.predictor import Prediction

SCREEN = Screenshot(
    Path("x.zip"),
    "a-0.png",
    Boxes(
        np.array([[0, 0, 20, 20], [40, 0, 60, 20], [80, 0, 100, 20]], np.float32),
        np.array([0, 1, 2]),
        np.array([False, False, True]),
    ),
    ["checked", "unchecked", "hidden"],
)


def control(box: Box, kind: str, state: str, confidence: float = 0.9) -> Control:
    return Control(box, kind, 1.0, confidence, Prediction(state, 0.9, {state: 0.9}))


FIRST = control((1, 1, 20, 20), "checkbox", "checked")
SECOND = control((40, 0, 60, 21), "radio", "checked")
HIDDEN = control((80, 0, 100, 20), "switch", "checked")
ALARM = control((200, 200, 220, 220), "checkbox", "checked")


def test_a_find_counts_once_and_what_is_hidden_not_at_all() -> None:
    assert count(SCREEN, [FIRST, SECOND, HIDDEN, ALARM]) == Counts(2, 2, 1, 0, 1)
    assert count(SCREEN, [FIRST, FIRST]) == Counts(1, 1, 1, 1, 1)
    assert count(SCREEN, []) == Counts(missed=2)


def test_a_find_that_fits_two_controls_leaves_none_unmatched() -> None:
    """The pairs of most overlap in all, with a find each of 0.45, would count for nothing."""
    close = Screenshot(
        Path("x.zip"),
        "a-0.png",
        Boxes(
            np.array([[0, 0, 20, 20], [12, 0, 32, 20]], np.float32),
            np.array([0, 0]),
            np.array([False, False]),
        ),
        ["checked", "checked"],
    )
    finds = [control((x, 0, x + 20, 20), "checkbox", "checked") for x in (4.6, -7.4)]
    assert count(close, finds) == Counts(1, 1, 1, 1, 1)


def test_f1_of_finds_with_the_right_state() -> None:
    counts = Counts(found=2, right_kind=2, right_state=1, missed=0, false_alarms=1)
    assert counts.f1(counts.found) == pytest.approx(2 * 2 / (2 + 3))
    assert counts.f1(counts.right_state) == pytest.approx(2 * 1 / (2 + 3))
    assert Counts().f1(0) == 1


def test_average_precision_falls_with_a_confident_alarm() -> None:
    perfect = average_precision([(SCREEN, [FIRST, SECOND])])
    assert perfect["average_precision"] == pytest.approx(1)
    alarmed = average_precision(
        [(SCREEN, [FIRST, SECOND, control(ALARM.box, "checkbox", "checked", 0.99)])]
    )
    assert alarmed["average_precision"] < 0.7
    ignored = average_precision([(SCREEN, [FIRST, SECOND, HIDDEN])])
    assert ignored["average_precision"] == pytest.approx(1)
