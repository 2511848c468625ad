"""What is said of the finder, on a screenshot of which everything is known."""

import io
import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from checkstate import Finder, Predictor
from checkstate.core import paths
from checkstate.core.files import read_csv, write_archive
from find import evaluate
from render.coco import members
from render.cutting import Control
from tests.conftest import ROOT
from tests.screens import screenshot


@pytest.fixture
def found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    """How many controls the finder finds on a screenshot whose truth differs from that in three:
    one has the other state, one is not there, and one is where nothing is. A desktop has just what
    is found, and no page is bare of it.
    """
    monkeypatch.chdir(tmp_path)
    for source, place in ((paths.RELEASED, paths.RELEASED), (paths.RELEASED_FINDER, paths.FINDER)):
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / source, place)
    picture, _ = screenshot()
    png = io.BytesIO()
    picture.save(png, "PNG")
    finds = Finder(paths.FINDER, Predictor(paths.RELEASED))(picture)
    desktop = [Control(f.kind, f.prediction.label, f.box, f.box, None) for f in finds]
    truth = desktop[1:]
    other = {"checked": "unchecked", "unchecked": "checked"}[truth[0].label]
    truth[0] = replace(truth[0], label=other)
    truth.append(
        Control("radio", "checked", (20.0, 20.0, 40.0, 40.0), (20.0, 20.0, 40.0, 40.0), None)
    )
    paths.scenes("bare").parent.mkdir(parents=True)
    page, screen = ((name, png.getvalue()) for name in ("mine-0.png", "windows-0.png"))
    write_archive(paths.scenes("held-out"), members([(*page, truth), (*screen, desktop)]))
    write_archive(paths.scenes("bare"), members([(*page, [])]))
    return len(finds)


def test_a_wrong_state_a_miss_and_a_false_alarm_are_counted(found: int) -> None:
    assert found > 4
    evaluate.main()
    out = paths.metrics_folder("find-evaluate")
    measured = json.loads((out / "metrics.json").read_text())
    row, other = read_csv(out / "plots/sets.csv")
    assert (row["set"], other["set"], other["f1_state"]) == ("mine", "windows", "1.0")
    counts = {key: int(row[key]) for key in ("found", "right_state", "missed", "false_alarms")}
    assert counts == {
        "found": found - 1,
        "right_state": found - 2,
        "missed": 1,
        "false_alarms": 1,
    }
    assert measured["f1_state"] == pytest.approx((2 * found - 2) / (2 * found))
    assert measured["f1_state_web"] == measured["worst_f1_state"] == (found - 2) / found
    assert (measured["f1_state_desktops"], measured["worst"]) == (1, "mine")
    assert measured["false_alarms_without_controls"] == found
