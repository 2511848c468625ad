import re
import shutil
from pathlib import Path

import pytest
import typer

from checkstate.cli import app
from checkstate.core import paths
from checkstate.core.files import read_json
from scripts.summary import main
from tests.conftest import ROOT


def test_the_end_of_make_repro_has_the_figures_of_the_last_run_and_commands_that_exist(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    main()
    said = capsys.readouterr().out
    shipped = read_json(paths.metrics_folder("quantize_prune") / paths.DETAILS)
    assert f"{paths.SHIPPED} is made: {shipped['bytes'] / 1e6:.2f} MB" in said
    assert f"Right on {100 * shipped['test_top1']['value']:.1f} %" in said
    assert "test images of data/starter, renderings: expect less of screens." in said
    commands = set(re.findall(r"checkstate (\w+)", said))
    assert commands and commands <= set(typer.main.get_command(app).commands)


def test_only_renderings_are_said_to_be_easier_than_screens(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(ROOT / paths.METRICS, project / paths.METRICS)
    params = project / "params.yaml"
    params.write_text(params.read_text().replace("name: starter", "name: mine"))
    main()
    assert "test images of data/mine.\n" in capsys.readouterr().out
