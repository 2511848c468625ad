"""The memory of the finder, measured in a process of its own."""

from checkstate import Finder, Predictor
from checkstate.core import paths
from find.benchmark import SIZE, peak_mb
from tests.conftest import ROOT
from tests.screens import screenshot


def test_finding_on_a_full_screen_takes_less_than_300_megabytes() -> None:
    finder = Finder(ROOT / paths.RELEASED_FINDER, Predictor(ROOT / paths.RELEASED))
    screen = screenshot()[0].resize(SIZE)
    assert 50 < peak_mb(finder, screen) < 300
