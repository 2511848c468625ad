from pathlib import Path

import pytest

from checkstate.core.files import archive_names, write_archive
from render import collect
from tests.render.params import write_params


def test_two_archives_share_no_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    same, own = "other/{}-icon-aaaaaaaaaaaa.png", "checked/{}-radio-{:012x}.png"
    for number, name in enumerate(("plain", "kept")):
        crops = {same.format(name): b"x", own.format(name, number): b"y"}
        write_archive(tmp_path / f"render/crops/{name}.zip", crops.items())
    found = [(own.format("plain", 2), b"z")]
    write_archive(tmp_path / "render/crops/found.zip", found)
    write_params(
        tmp_path, libraries=["plain"], toolkits=["kept"], held_out=[], held_out_toolkits=["kept"]
    )
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    monkeypatch.setattr(collect, "HERE", tmp_path / "render")
    monkeypatch.setattr(collect, "DATA", tmp_path / "data")
    for which in ("rendered", "held-out"):
        monkeypatch.setattr("sys.argv", ["collect", which])
        collect.main()
    held = [archive_names(tmp_path / f"data/{n}.zip") for n in ("rendered", "held-out")]
    assert [len(names) for names in held] == [3, 1]
    assert held[1] == [own.format("kept", 1)]
