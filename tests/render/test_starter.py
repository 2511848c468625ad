from pathlib import Path
from zipfile import ZipFile, ZipInfo

import pytest

from checkstate.core.errors import UserError
from checkstate.core.render_params import load_render_params
from checkstate.data.datasets import HOLDOUT_SHARE, holdout
from render import starter
from render.starter import MAX_BYTES, choose
from tests.conftest import ROOT


def names_of(pages: int) -> list[str]:
    """Two crops of every page."""
    labels = ("checked", "other")
    return [f"{label}/a-box-{i:02d}{i:010x}.png" for label in labels for i in range(pages)]


def test_the_starter_is_what_pretraining_holds_out_less_the_large_files() -> None:
    names = names_of(90)
    members = [ZipInfo(name) for name in names]
    for i, member in enumerate(members):
        member.file_size = MAX_BYTES + i % 2
    learned, held = holdout(names, HOLDOUT_SHARE)
    chosen = {member.filename for member in choose(members)}
    assert chosen == {names[i] for i in held if i % 2 == 0}
    assert len({names[i][-16:-14] for i in held}) == len(held) / 2, "whole pages are held out"
    assert chosen.isdisjoint(names[i] for i in learned)


def test_of_the_pages_that_are_drawn_two_are_held_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    pages = load_render_params().pages
    names = names_of(pages)
    held = {names[i][-16:-14] for i in holdout(names, HOLDOUT_SHARE)[1]}
    assert held == {f"{pages - 2:02d}", f"{pages - 1:02d}"}


def test_a_starter_stays_until_the_next_one_is_there(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(starter, "HERE", project / "render")
    old = project / "data/starter/checked/old.png"
    old.parent.mkdir(parents=True)
    old.touch()
    with pytest.raises(UserError, match="make render"):
        starter.main()
    assert old.exists()
    names = names_of(40)
    with ZipFile(project / "data/rendered.zip", "w") as archive:
        for name in names:
            archive.writestr(name, name)
    starter.main()
    found = list((project / "data/starter").rglob("*.png"))
    assert len(found) == 6
    assert {p.relative_to(project / "data/starter").as_posix() for p in found} <= set(names)
