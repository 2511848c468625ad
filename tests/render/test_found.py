"""Crops where the released finder finds something on a screenshot of real controls."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from checkstate.core import paths
from checkstate.core.files import archive_names, write_archive
from checkstate.core.tables import label_of as class_of
from checkstate.data.scenes import Boxes, Screenshot
from checkstate.runtime.finder import Finder
from render import found
from render.archives import keep
from render.cutting import HIDDEN, OTHER, Control
from render.found import label_of
from render.scenes import members
from tests.conftest import ROOT
from tests.screens import screenshot


def test_what_the_finder_finds_is_cut_and_labelled_by_what_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    finder = Finder(ROOT / paths.RELEASED_FINDER, threads=1)
    picture, _ = screenshot()
    boxes = [box for box, _, score in finder.boxes(picture, 0.5) if score >= 0.5]
    assert len(boxes) >= 6
    labels = ["checked", "unchecked", HIDDEN, *["unchecked"] * (len(boxes) - 4)]
    controls = [Control("radio", s, b, b, None) for s, b in zip(labels, boxes[:-1], strict=True)]
    keep(tmp_path / "0", picture, controls)  # of the last box nothing is known: no control is there
    png = (tmp_path / "0.png").read_bytes()
    monkeypatch.chdir(tmp_path)
    write_archive(paths.scenes("train"), members([("plain-107.png", png, controls)]))
    monkeypatch.setattr(found, "HERE", tmp_path)
    monkeypatch.setattr(found, "Finder", lambda _: finder)
    monkeypatch.setattr(found, "LEAST", 0.5)
    found.main()
    names = archive_names(tmp_path / "crops/found.zip")
    assert Counter(map(class_of, names)) == {
        "checked": 1,
        "unchecked": min(len(boxes) - 3, found.EACH),
        OTHER: 1,
    }
    assert all(name.split("/")[1].startswith("plain-found-07") for name in names)


def test_a_part_of_a_control_or_two_that_contradict_have_no_label() -> None:
    corners = np.array([[10, 10, 30, 30], [40, 10, 60, 30]], np.float32)
    boxes = Boxes(corners, np.zeros(2, np.int64), np.zeros(2, bool))
    shot = Screenshot(Path("x.zip"), "x-0.png", boxes, ["checked", "unchecked"])
    first, part, between = (10, 10, 30, 30), (10, 10, 18, 30), (80, 10, 90, 30)
    assert label_of(first, (8, 8, 36, 32), shot) == "checked"
    assert label_of(first, (8, 8, 60, 32), shot) is None
    assert label_of(part, (8, 8, 20, 32), shot) is None
    assert label_of(between, (78, 8, 92, 32), shot) == OTHER
    assert label_of(between, (44, 8, 92, 32), shot) is None
