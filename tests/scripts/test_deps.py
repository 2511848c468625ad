"""dvc.yaml against the code: every module that is imported, every param that is read."""

import ast
import re
from pathlib import Path

import pytest
import yaml

from scripts.deps import PIPELINES, modules_of, script_of, with_modules
from tests.conftest import ROOT


def stages() -> list[tuple[str, dict[str, list[object]]]]:
    """Every stage of every dvc.yaml, with what stands under do: or matrix: brought up."""
    found = []
    for file in PIPELINES:
        for name, stage in yaml.safe_load((ROOT / file).read_text())["stages"].items():
            found.append((f"{file}:{name}", stage.get("do", stage)))
    return found


@pytest.mark.parametrize("pipeline", PIPELINES)
def test_a_stage_depends_on_exactly_the_modules_that_it_imports(pipeline: str) -> None:
    text = (ROOT / pipeline).read_text()
    assert with_modules(text) == text, "run `make deps`"


def test_pages_depend_on_the_templates_that_theirs_import() -> None:
    stages = yaml.safe_load((ROOT / "weights/dvc.yaml").read_text())["stages"]
    own = (ROOT / "render/page.html.j2", ROOT / "render/libraries/common.html.j2")
    folders = (ROOT / "render", ROOT / "render/libraries")
    imported = {
        next(folder / name for folder in folders if (folder / name).exists())
        for template in own
        for name in re.findall(r'{% import "(.+?)"', template.read_text())
    }
    assert imported
    deps = {(ROOT / "weights" / dep).resolve() for dep in stages["screenshots"]["deps"]}
    assert {*own, *imported} <= deps


def params_read(script: Path) -> set[str]:
    """The dotted keys of its params.yaml that a stage reads, in library functions as well."""
    text = re.sub(r"load_(find_|render_)?params\(\)", "params", script.read_text())
    params = params_of(script)
    found = keys_read(ast.parse(text), params)
    for module in modules_of(script) - {script}:
        for node in ast.walk(ast.parse(module.read_text())):
            if isinstance(node, ast.FunctionDef) and any(
                ast.unparse(argument.annotation or node) == "Params" for argument in node.args.args
            ):
                found |= keys_read(node, params)
    return found


def params_of(script: Path) -> dict[str, object]:
    """The params of a stage: detector and renderings have files of their own."""
    other = re.search(r"load_(find|render)_params\(\)", script.read_text())
    file = f"{other[1]}/params.yaml" if other else "params.yaml"
    params: dict[str, object] = yaml.safe_load((ROOT / file).read_text())
    return params


def keys_read(tree: ast.AST, params: dict[str, object]) -> set[str]:
    """The dotted keys that a piece of code reads of `params`, through local names as well."""
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
                if text.startswith("params.") and params.get(text[7:]) is not None:
                    names[ast.unparse(name)] = f"{text[7:]}."
                    del chains[id(source)]
    found = set()
    known = keys_of(params)
    for text in chains.values():
        head, _, rest = text.partition(".")
        if head in names:
            parts = (names[head] + rest).split(".")
            while parts and ".".join(parts) not in known:
                parts.pop()
            found |= {".".join(parts)} - {""}
    return found


def keys_of(section: dict[str, object], prefix: str = "") -> set[str]:
    """All dotted keys, sections included."""
    found = set()
    for key, value in section.items():
        found |= {prefix + key}
        found |= keys_of(value, f"{prefix}{key}.") if isinstance(value, dict) else set()
    return found


@pytest.mark.parametrize(
    ("name", "stage"), [(n, s) for n, s in stages() if "python -m render." not in str(s["cmd"])]
)
def test_a_stage_lists_exactly_the_params_that_it_reads(
    name: str, stage: dict[str, list[object]]
) -> None:
    script = script_of(str(stage["cmd"]))
    read = params_read(script)
    listed = {
        str(key)
        for param in stage.get("params", [])
        for key in (next(iter(param.values())) if isinstance(param, dict) else [param])
    }
    for key in read:
        assert any(key == p or key.startswith(f"{p}.") for p in listed), f"{name} reads {key}"
    for param in listed:
        assert any(k == param or k.startswith(f"{param}.") for k in read), f"{name} lists {param}"
