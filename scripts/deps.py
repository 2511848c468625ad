"""Write into every dvc.yaml the modules that its stages import: `make deps`.

python -m scripts.deps

Other dependencies, which are data, stay as they are, behind the modules.
"""

from __future__ import annotations

import ast
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

ROOT = Path(__file__).parent.parent
PIPELINES = ("dvc.yaml", "crossval/dvc.yaml", "weights/dvc.yaml")
UP = "cd .. && "
"""How a command of a pipeline begins whose folder is a DVC repository of its own."""


def main() -> None:
    """Rewrite the files whose lists are not those of the imports."""
    for pipeline in PIPELINES:
        path = ROOT / pipeline
        text = with_modules(path.read_text(encoding="utf-8"))
        if text != path.read_text(encoding="utf-8"):
            path.write_text(text, encoding="utf-8")
            print(f"wrote {pipeline}")


def with_modules(text: str) -> str:
    """A dvc.yaml with the module lists of its stages brought up to date."""
    yaml = YAML()
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.width = 200
    document = yaml.load(text)
    for stage in document["stages"].values():
        body: Any = stage.get("do", stage)
        prefix = "../" if body["cmd"].startswith(UP) else ""
        modules = [
            prefix + path.relative_to(ROOT).as_posix()
            for path in modules_of(script_of(body["cmd"]))
        ]
        data = [dep for dep in body["deps"] if not str(dep).endswith(".py")]
        body["deps"][:] = sorted(modules) + data
    buffer = io.StringIO()
    yaml.dump(document, buffer)
    return buffer.getvalue()


def script_of(command: str) -> Path:
    """The script that `python -m <module>` runs."""
    module = re.search(r"python -m ([\w.]+)", command)
    if not module:
        raise SystemExit(f"{command}: a stage runs `python -m <module>`")
    return ROOT / (module[1].replace(".", "/") + ".py")


def modules_of(script: Path) -> set[Path]:
    """Every file of ours that a script's imports reach, the script and packages included."""
    found: set[Path] = set()
    waiting = [script]
    while waiting:
        current = waiting.pop()
        if current in found:
            continue
        found.add(current)
        packages = [folder / "__init__.py" for folder in current.parents if folder != ROOT]
        # an empty one holds nothing that could change
        waiting += [
            p for p in packages if p.is_relative_to(ROOT) and p.exists() and p.stat().st_size
        ]
        waiting += imported(ast.parse(current.read_text(encoding="utf-8")))
    return found


def imported(tree: ast.AST) -> Iterator[Path]:
    """The files of ours that a module imports, but for type checkers."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif package := re.match(r"importlib\.import_module\(f'([\w.]+)\.{", ast.unparse(node)):
            yield from (ROOT / package[1].replace(".", "/")).glob("*.py")
        for name in names:
            path = ROOT / name.replace(".", "/")
            files = (path.with_suffix(".py"), path / "__init__.py")
            yield from (p for p in files if p.exists() and p.stat().st_size)
        yield from imported(node)


if __name__ == "__main__":
    main()
