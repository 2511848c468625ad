"""One library's pages in a real Chromium, kept as they come."""

from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from checkstate.core.errors import UserError
from checkstate.core.files import archive_names
from render import archives, bare, screenshots
from render.archives import read_screenshots
from tests.render.missing import needs_browser
from tests.render.params import write_params


@pytest.mark.parametrize("stage", [screenshots, bare])
def test_pages_are_not_drawn_without_their_libraries(
    stage: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(screenshots, "HERE", tmp_path)
    monkeypatch.setattr("sys.argv", ["stage", "bootstrap"])
    with pytest.raises(UserError, match=r"render/node_modules is missing: run `npm ci --prefix"):
        stage.main()


@needs_browser
def test_an_interrupted_run_goes_on_with_the_pages_it_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(screenshots, "STATE", tmp_path / "state")
    monkeypatch.setattr(archives, "HERE", tmp_path)
    monkeypatch.setattr("sys.argv", ["screenshots", "bootstrap"])
    write_params(tmp_path, seed=3, pages=9, held_out_pages=2, held_out=["bootstrap"])
    monkeypatch.chdir(tmp_path)
    photograph = screenshots.photograph

    def interrupted(*page: Any, **options: Any) -> Any:
        if list((tmp_path / "state").rglob("0.json")):
            raise KeyboardInterrupt
        assert options == {"deceivers": False}, "the library is held out"
        return photograph(*page, **options)

    monkeypatch.setattr(screenshots, "photograph", interrupted)
    with pytest.raises(KeyboardInterrupt):
        screenshots.main()
    (first,) = (tmp_path / "state").rglob("0.png")
    written = first.stat().st_mtime_ns
    monkeypatch.setattr(screenshots, "photograph", photograph)
    monkeypatch.setattr(screenshots.shutil, "rmtree", lambda _: None)
    screenshots.main()
    assert first.stat().st_mtime_ns == written
    archive = tmp_path / "screenshots/bootstrap.zip"
    assert archive_names(archive) == ["bootstrap-0.png", "bootstrap-1.png", archives.CONTROLS]
    again = archive.read_bytes()
    screenshots.main()
    assert archive.read_bytes() == again
    assert [len(controls) > 3 for _, _, controls in read_screenshots("bootstrap", 2)] == [True] * 2
