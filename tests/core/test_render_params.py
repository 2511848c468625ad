from pathlib import Path

import pytest

from checkstate.core.errors import UserError
from checkstate.core.render_params import load_render_params
from checkstate.core.tables import PAGES
from tests.conftest import ROOT
from tests.render.params import write_params


def test_the_shipped_params_are_valid(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert "bootstrap" in load_render_params().libraries


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("page", 26, "page: unknown key"),
        ("pages", PAGES + 1, f"pages: input should be less than or equal to {PAGES} (got 101)"),
        ("held_out_pages", 0, "held_out_pages: input should be greater than or equal to 1"),
        ("crops", "many", "crops: input should be a valid integer"),
        ("toolkits", "gtk", "toolkits: input should be a valid list"),
        ("libraries", ["../elsewhere"], "libraries.0: string should match pattern"),
        ("held_out", ["arcco"], "held_out: value error, arcco is not one of libraries"),
        ("held_out", ["gtk"], "held_out: value error, gtk is not one of libraries"),
        ("held_out_toolkits", ["gtk5"], "held_out_toolkits: value error, gtk5 is not one of"),
    ],
)
def test_a_wrong_value_is_one_line_that_names_its_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str, value: object, message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    write_params(tmp_path, **{key: value})
    with pytest.raises(UserError) as caught:
        load_render_params()
    assert str(caught.value).startswith(f"render/params.yaml: {message}")
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match=r"render/params\.yaml: No such file"):
        load_render_params()
