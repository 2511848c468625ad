"""Pages without controls in a real Chromium, as the finder's measure reads them."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from PIL import Image
from playwright.sync_api import Browser

from checkstate.core import paths
from checkstate.data.scenes import load_screenshots
from render import bare
from render.cutting import OTHER, Control
from tests.conftest import ROOT
from tests.render.missing import needs_browser
from tests.render.params import write_params

Photograph = tuple[Image.Image, list[Control]]


@needs_browser
def test_no_page_shows_a_control_and_every_library_has_its_turn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_params(tmp_path, libraries=["bootstrap", "native", "nes"], held_out=["nes", "native"])
    find = yaml.safe_load((ROOT / paths.FIND_PARAMS).read_text())
    find["scenes"]["bare"] = 3
    (tmp_path / "find").mkdir()
    (tmp_path / paths.FIND_PARAMS).write_text(yaml.safe_dump(find))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(bare, "STATE", tmp_path / "state")
    drawn = list[str]()
    photograph = bare.photograph

    def seen(chromium: Browser, name: str, *args: Any, **more: Any) -> Photograph:
        drawn.append(name)
        picture, controls = photograph(chromium, name, *args, **more)
        assert {control.label for control in controls} == {OTHER}
        return picture, controls

    monkeypatch.setattr(bare, "photograph", seen)
    bare.main()
    assert drawn == ["nes", "native", "nes"]
    pages = load_screenshots(paths.scenes("bare"))
    assert [page.states for page in pages] == [[], [], []]
    assert len({page.picture().tobytes() for page in pages}) == 3
