"""dvc.yaml against the code: every module that is imported, every param that is read."""

import ast
import re
from pathlib import Path

import pytest
import yaml

from tests.conftest import ROOT


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
    for file in ("dvc.yaml", "crossval/dvc.yaml", "pretrain/dvc.yaml", "render/dvc.yaml"):
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


def params_read(script: Path) -> set[str]:
    """The dotted keys of params.yaml that a stage's script reads, through local names as well."""
    tree = ast.parse(script.read_text().replace("load_params()", "params"))
    inner = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    chains = {
        id(node): ast.unparse(node)
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and id(node) not in inner
    }
    names = {"params": ""}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            target, value = node.targets[0], node.value
            tuples = isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple)
            for name, source in (
                zip(target.elts, value.elts, strict=True) if tuples else [(target, value)]
            ):
                text = chains.get(id(source), "")
                if text.startswith("params.") and (ROOT_PARAMS.get(text[7:]) is not None):
                    names[ast.unparse(name)] = f"{text[7:]}."
                    del chains[id(source)]
    found = set()
    for text in chains.values():
        head, _, rest = text.partition(".")
        if head in names:
            parts = (names[head] + rest).split(".")
            while parts and ".".join(parts) not in KEYS:
                parts.pop()
            found.add(".".join(parts))
    return found


ROOT_PARAMS = yaml.safe_load((ROOT / "params.yaml").read_text())


def keys_of(section: dict[str, object], prefix: str = "") -> set[str]:
    """All dotted keys, sections included."""
    found = set()
    for key, value in section.items():
        found |= {prefix + key}
        found |= keys_of(value, f"{prefix}{key}.") if isinstance(value, dict) else set()
    return found


KEYS = keys_of(ROOT_PARAMS)


@pytest.mark.parametrize(
    ("name", "stage"), [(n, s) for n, s in stages() if not n.startswith("render")]
)
def test_a_stage_lists_exactly_the_params_that_it_reads(
    name: str, stage: dict[str, list[object]]
) -> None:
    script = ROOT / (str(stage["cmd"]).split()[2].replace(".", "/") + ".py")
    read = params_read(script)
    listed = {
        str(key)
        for param in stage["params"]
        for key in (param["params.yaml"] if isinstance(param, dict) else [param])
    }
    for key in read:
        assert any(key == p or key.startswith(f"{p}.") for p in listed), f"{name} reads {key}"
    for param in listed:
        assert any(k == param or k.startswith(f"{param}.") for k in read), f"{name} lists {param}"
