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


def test_of_a_toolkit_that_is_learned_from_every_second_crop_comes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for first, library in enumerate(("plain", "drawn", "found")):
        pictures = range(6 * first, 6 * first + 6)
        crops = {f"checked/{library}-radio-{number:012x}.png": b"x" for number in pictures}
        write_archive(tmp_path / f"render/crops/{library}.zip", crops.items())
    write_params(
        tmp_path,
        libraries=["plain"],
        toolkits=["drawn"],
        toolkit_every=2,
        held_out=[],
        held_out_toolkits=[],
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(collect, "HERE", tmp_path / "render")
    monkeypatch.setattr(collect, "DATA", tmp_path)
    monkeypatch.setattr("sys.argv", ["collect", "rendered"])
    collect.main()
    names = archive_names(tmp_path / "rendered.zip")
    assert sum("drawn" in name for name in names) == 3
    assert sum("plain" in name for name in names) == 6
