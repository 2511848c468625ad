import pytest

from scripts import scale
from tests.conftest import ROOT


@pytest.mark.slow
def test_every_way_is_measured(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(scale, "FEW", 4)
    monkeypatch.setattr(scale, "MANY", 2000)
    monkeypatch.setattr(scale, "ROUNDS", 1)
    scale.main()
    _, _, *lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 5
    for line in lines:
        assert all(float(number) for number in line[24:].split())
