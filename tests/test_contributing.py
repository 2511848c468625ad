"""Sizes that CONTRIBUTING.md promises."""

import ast
from pathlib import Path

import pytest

from tests.conftest import ROOT

SCRIPTS = ("stages", "crossval", "find", "pretrain", "render", "scripts")
ROOMS = sorted(path.name for path in (ROOT / "checkstate").iterdir() if any(path.glob("*.py")))


def lengths(folder: Path) -> dict[str, int]:
    """The lines of every function below a folder, by file and name."""
    return {
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}": node.end_lineno - node.lineno + 1
        for path in folder.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno
    }


@pytest.mark.parametrize("folder", [*SCRIPTS, "checkstate", *(f"checkstate/{r}" for r in ROOMS)])
def test_no_function_is_above_sixty_lines_and_no_main_of_a_stage_above_forty(folder: str) -> None:
    found = lengths(ROOT / folder)
    assert found
    assert not {name: size for name, size in found.items() if size > 60}
    if folder in SCRIPTS:
        mains = {name: size for name, size in found.items() if name.endswith(" main")}
        assert mains
        assert not {name: size for name, size in mains.items() if size >= 40}


def test_the_readme_is_read_in_one_go() -> None:
    assert len((ROOT / "README.md").read_text().splitlines()) < 130
