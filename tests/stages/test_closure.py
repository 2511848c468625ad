"""dvc.yaml against the code: every module that is imported, every param that is read."""

import ast
import re
from pathlib import Path

import pytest
import yaml

from tests.conftest import ROOT

FILES = {"dvc.yaml": "stages", "render/dvc.yaml": "render"}


def modules_of(file: Path) -> set[Path]:
    """Every file of ours that a script's imports reach, the script and packages included."""
    found: set[Path] = set()
    waiting = [file]
    while waiting:
        current = waiting.pop()
        if current in found:
            continue
        found.add(current)
        waiting += [p for p in [current.parent / "__init__.py"] if p.exists()]
        for node in ast.walk(ast.parse(current.read_text())):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module:
                names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
            for name in names:
                path = ROOT / name.replace(".", "/")
                waiting += [
                    p for p in (path.with_suffix(".py"), path / "__init__.py") if p.exists()
                ]
    return found


def stages() -> list[tuple[str, dict[str, list[object]]]]:
    """Every stage of every dvc.yaml, with what stands under do: or matrix: brought up."""
    found = []
    for file in ("dvc.yaml", "render/dvc.yaml"):
        for name, stage in yaml.safe_load((ROOT / file).read_text())["stages"].items():
            found.append((f"{file}:{name}", stage.get("do", stage)))
    return found


@pytest.mark.parametrize(("name", "stage"), stages())
def test_a_stage_depends_on_exactly_the_modules_that_it_imports(
    name: str, stage: dict[str, list[object]]
) -> None:
    module = re.search(r"python -m ([\w.]+)", str(stage["cmd"]))
    assert module, name
    script = ROOT / (module[1].replace(".", "/") + ".py")
    wanted = {path.relative_to(ROOT).as_posix() for path in modules_of(script)}
    listed = {str(dep) for dep in stage["deps"] if str(dep).endswith(".py")}
    assert listed == wanted


@pytest.mark.parametrize(
    ("name", "stage"), [(n, s) for n, s in stages() if n.startswith("dvc.yaml")]
)
def test_a_stage_lists_exactly_the_params_that_it_reads(
    name: str, stage: dict[str, list[object]]
) -> None:
    script = str(stage["cmd"]).split()[2].replace(".", "/") + ".py"
    tree = ast.parse((ROOT / script).read_text())
    aliases = {"params": ""}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            targets = node.targets[0]
            pairs = (
                zip(targets.elts, node.value.elts, strict=True)
                if isinstance(targets, ast.Tuple) and isinstance(node.value, ast.Tuple)
                else [(targets, node.value)]
            )
            for target, value in pairs:
                text = ast.unparse(value)
                if text.startswith("params.") and isinstance(target, ast.Name):
                    aliases[target.id] = text.removeprefix("params.")
                if text.startswith("load_params()."):
                    aliases[f"={text}"] = text.removeprefix("load_params().")
    read = {value for key, value in aliases.items() if key.startswith("=")}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            text = ast.unparse(node)
            head, _, rest = text.partition(".")
            if head in aliases and re.fullmatch(r"[\w.]+", rest):
                read.add(".".join(part for part in (aliases[head], rest) if part))
    listed = {str(param) for param in stage["params"]}
    sections = {key for key in read if key in aliases.values()}
    for key in read - sections:
        assert any(key == p or key.startswith(f"{p}.") for p in listed), f"{name} reads {key}"
    for param in listed:
        assert any(k == param or k.startswith(f"{param}.") for k in read), f"{name} lists {param}"
