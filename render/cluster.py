"""Render on the nodes of a Ray cluster, with the bytes of render.screenshots and render.toolkit.

make render RAY=auto                               # and cut and collect the crops here
python -m render.cluster --ray auto                # the libraries and toolkits that DVC would draw
python -m render.cluster --ray auto bootstrap pdf  # some
"""

from __future__ import annotations

import filecmp
import json
import os
import platform
import shutil
import subprocess
import sys
from concurrent.futures import as_completed
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import typer
from tqdm import tqdm

from checkstate.cli import one_line_errors
from checkstate.core.errors import UserError
from checkstate.core.files import atomic_write, md5_of
from checkstate.core.render_params import load_render_params
from checkstate.scale.cluster import ray_cluster
from render.chromium import browsers
from render.pages import HERE

PAGES = "render.screenshots"
"""The script of a library."""

NOT_SENT = shutil.ignore_patterns("__pycache__", "node_modules", "screenshots", "crops")
"""Of render/: two gigabytes that every node has, and what is made."""


def main(
    names: Annotated[
        list[str] | None, typer.Argument(help="By default those that DVC would draw.")
    ] = None,
    ray: Annotated[str, typer.Option(help="Address of a Ray cluster.")] = "auto",
) -> None:
    """Write the screenshots of libraries, and the crops of toolkits, of render/params.yaml."""
    with one_line_errors("scale"):
        settings = load_render_params()
        scripts = dict.fromkeys(settings.libraries, PAGES)
        scripts |= dict.fromkeys(settings.toolkits, "render.toolkit")
        if unknown := sorted(set(names or []) - scripts.keys()):
            raise UserError(f"{unknown[0]}: neither a library nor a toolkit of render/params.yaml")
        if wanted := {name: scripts[name] for name in names or outdated()}:
            draw_all(wanted, ray)


def draw_all(scripts: dict[str, str], address: str) -> None:
    """Run each set's script as a task; write what comes back, and tell DVC whose it is.

    Ray starts lost tasks anew. Raises UserError when somebody has edited the sources meanwhile.
    """
    import ray

    modules = HERE.resolve() / "node_modules"
    expected = {PAGES: versions(modules)} if PAGES in scripts.values() else {}
    with TemporaryDirectory(prefix="checkstate-") as sources:
        for package in ("checkstate", "render"):
            shutil.copytree(HERE.parent / package, Path(sources, package), ignore=NOT_SENT)
        with ray_cluster(address, {"working_dir": sources}):
            task = ray.remote(num_cpus=1)(draw)
            futures = {
                task.remote(script, name, modules, expected.get(script)).future(): name
                for name, script in scripts.items()
            }
            for future in tqdm(as_completed(futures), total=len(futures), unit="set"):
                name, content = futures[future], future.result()
                if edited := edited_since(Path(sources)):
                    raise UserError(f"{edited}: edited while sets were drawn; run it again")
                with atomic_write(HERE.parent / written_by(scripts[name], name)) as temporary:
                    temporary.write_bytes(content)
                dvc("commit", "--force", f"{scripts[name].removeprefix('render.')}@{name}")


def outdated() -> list[str]:
    """The sets whose archive is missing, or was drawn by other code or params."""
    stages: dict[str, Any] = json.loads(dvc("status", "--json", "screenshots", "toolkit"))
    return [stage.partition("@")[2] for stage in stages]


def dvc(*arguments: str) -> str:
    """What a command of DVC says in weights/; raises UserError with its last line if it fails."""
    command = [sys.executable, "-m", "dvc", "--cd", str(HERE.parent / "weights"), *arguments]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise UserError((done.stderr.splitlines() or ["dvc failed"])[-1])
    return done.stdout


def edited_since(sources: Path) -> Path | None:
    """A file whose copy in `sources` is no longer the same, if any."""
    copies = (path for path in sources.rglob("*") if path.is_file())
    files = ((HERE.parent / path.relative_to(sources), path) for path in copies)
    return next((file for file, copy in files if not filecmp.cmp(file, copy)), None)


def draw(script: str, name: str, modules: Path, expected: dict[str, str] | None) -> bytes:
    """The archive of one set, made on a node from a copy of the driver's sources, its directory.

    Raises UserError, which names the node, for whatever the node lacks, and where its `versions`
    are not those expected.
    """
    try:
        if expected and (found := versions(modules)) != expected:
            raise UserError(f"has {found}, but the driver {expected}; install the same")
        with TemporaryDirectory(prefix="checkstate-") as folder:
            shutil.copytree(Path.cwd(), folder, dirs_exist_ok=True)
            Path(folder, "render/node_modules").symlink_to(modules)
            command = [sys.executable, "-m", script, name]
            environment = {**os.environ, "PYTHONPATH": folder}
            done = subprocess.run(
                command, cwd=folder, env=environment, stderr=subprocess.PIPE, text=True
            )
            if done.returncode:
                raise UserError((done.stderr.splitlines() or [f"{script} failed"])[-1])
            return Path(folder, written_by(script, name)).read_bytes()
    except UserError as error:
        raise UserError(f"{platform.node()}: {name}: {error}") from error


def written_by(script: str, name: str) -> str:
    """What the script of a set writes, below the root."""
    return f"render/{'screenshots' if script == PAGES else 'crops'}/{name}.zip"


def versions(modules: Path) -> dict[str, str]:
    """What decides the pixels of a page, besides fonts; raises UserError for what is missing."""
    lock = modules / ".package-lock.json"
    if not lock.exists():
        raise UserError(f"{modules} is missing: run `npm ci --prefix render`")
    with browsers() as (chromium, _):
        return {"Chromium": chromium.version, "node_modules": md5_of(lock)}


if __name__ == "__main__":
    typer.run(main)
