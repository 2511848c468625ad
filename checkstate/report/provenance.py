"""What was trained on what: git, dvc.lock, and the images a class and a split."""

from __future__ import annotations

import subprocess
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from checkstate.core import bounds, paths
from checkstate.core.bounds import read_within
from checkstate.core.errors import UserError
from checkstate.core.files import archive_names, md5_of
from checkstate.core.tables import SplitRow, label_of
from checkstate.core.text import first_line
from checkstate.report.hashing import hash_now

Node = dict[str, Any]
WEIGHTS_LOCK = Path("weights/dvc.lock")
"""What ran in the repository of renderings, weights and the finder."""

MAIN = ("origin/HEAD", "origin/main", "origin/master", "main", "master")
"""Where a change of params is headed; the first of these that exists."""


@dataclass(frozen=True)
class Lock:
    """dvc.lock: what ran, on what, and what came of it."""

    params: Node
    md5s: dict[str, str]
    """By path, of every input and output."""
    files: dict[str, int]
    """How many files each folder among them held."""


def read_stages(path: Path) -> Node:
    """What a dvc.lock recorded of each stage.

    DVC keeps the entries of data sets that train.extra no longer names; they are left out. Raises
    UserError for another file, such as one with the marks of a merge.
    """
    try:
        stages: Node = yaml.safe_load(read_within(path, bounds.TABLE))["stages"]
    except (yaml.YAMLError, KeyError, TypeError) as error:
        raise UserError(
            f"{path}: no lock of DVC ({first_line(error)}); `git checkout {path}`"
        ) from error
    params: Node = stages.get("train", {}).get("params", {}).get(str(paths.PARAMS), {})
    joined = {f"extra@{name}" for name in params.get("train", {}).get("extra", [])}
    return {k: v for k, v in stages.items() if not k.startswith("extra@") or k in joined}


def read_lock(path: Path = paths.LOCK) -> Lock:
    """Read what the last run of every stage recorded.

    Stages behind an experiment may not have run since. So the params of train count before theirs,
    and what a stage made before what another one read.
    """
    stages = read_stages(path)
    lock_params: Node = {}
    for stage in (*stages.values(), stages.get("train", {})):
        lock_params |= flatten(stage.get("params", {}).get(str(paths.PARAMS), {}))
    entries = [
        entry
        for kind in ("deps", "outs")
        for stage in stages.values()
        for entry in stage.get(kind, [])
    ]
    return Lock(
        lock_params,
        {entry["path"]: entry["md5"] for entry in entries if "md5" in entry},
        {entry["path"]: entry["nfiles"] for entry in entries if "nfiles" in entry},
    )


def stale_stages() -> dict[str, str]:
    """The stages whose outputs are of another run than what they were made from, and why.

    A stage is current when every input that another stage made is recorded with the hash that
    that stage recorded for it, when those stages are current, and when its metrics, plots and
    tables are what it wrote.
    """
    stages = read_stages(paths.LOCK)
    makers = {
        out["path"]: (name, out.get("md5"))
        for name, stage in stages.items()
        for out in stage.get("outs", [])
    }
    stale: dict[str, str] = {}

    def check(name: str) -> None:
        for dep in stages[name].get("deps", []):
            maker, md5 = makers.get(dep["path"], ("", dep.get("md5")))
            if maker and maker not in stale:
                check(maker)
            if maker in stale or md5 != dep.get("md5"):
                stale[name] = f"{name} has not run since {maker} changed {dep['path']}"
        for out in stages[name].get("outs", []):
            made = Path(out["path"])
            shown = made.is_dir() or made.suffix in {".json", ".csv"}
            if shown and made.exists() and hash_now(str(made.absolute())).value != out.get("md5"):
                stale[name] = f"{made} is not what {name} wrote"

    for name in stages:
        check(name)
    return stale


def is_measured(finder_md5: str, metrics: Mapping[str, Path]) -> bool:
    """Whether stages of weights/ wrote these metrics, by stage, of the finder of this md5."""
    stages = read_stages(WEIGHTS_LOCK)

    def recorded(stage: str, kind: str, path: Path) -> str | None:
        entries = stages.get(stage, {}).get(kind, [])
        return next((e["md5"] for e in entries if e["path"] == f"../{path.as_posix()}"), None)

    return all(
        recorded(stage, "deps", paths.FINDER) == finder_md5
        and recorded(stage, "outs", path) == md5_of(path)
        for stage, path in metrics.items()
    )


def stale_outs(stale: dict[str, str]) -> dict[str, str]:
    """Why an output is of another run than its inputs, and what to run, by its path."""
    stages = read_stages(paths.LOCK)
    return {
        out["path"]: f"{why}: run `dvc repro {name}`"
        for name, why in stale.items()
        for out in stages[name].get("outs", [])
    }


def flatten(node: Node, prefix: str = "") -> Node:
    """Nested sections as dotted keys."""
    flat: Node = {}
    for key, value in node.items():
        if isinstance(value, dict):
            flat |= flatten(value, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = value
    return flat


def git(*command: str) -> str:
    """The output of a git command, empty when it fails."""
    done = subprocess.run(["git", *command], capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else ""


def revision(ignored: tuple[str, ...]) -> Node:
    """The commit, its date, and the tracked files that are not as it has them."""
    changed = git("diff", "--name-only", "HEAD").splitlines()
    return {
        "commit": git("rev-parse", "HEAD"),
        "date": git("show", "-s", "--format=%cs", "HEAD"),
        "changed": [path for path in changed if path not in ignored],
    }


def changed_params(lock: Lock) -> Node:
    """The params that ran and differ from params.yaml on the main branch.

    On a branch that is its state where the branch left, on the main branch its last commit, so
    that a pull request shows what it changes, and an experiment what was set for it.
    """
    base = next((found for ref in MAIN if (found := git("merge-base", "HEAD", ref))), "HEAD")
    text = git("show", f"{base}:{paths.PARAMS}")
    default = flatten(yaml.safe_load(text)) if text else {}
    return {
        "base": git("rev-parse", "--short", base),
        "rows": [
            {"key": key, "default": default.get(key, "not there"), "value": value}
            for key, value in sorted(lock.params.items())
            if default.get(key) != value
        ],
    }


def image_counts(lock: Lock) -> Node:
    """How many images of each class each split holds, and what train.extra adds."""
    rows = SplitRow.read(paths.SPLIT)
    counts = Counter((row.label, row.split) for row in rows)
    for name in extra_archives(lock):
        counts.update((label_of(path), "extra") for path in archive_names(name))
    splits = [
        s for s in ("train", "extra", "val", "test", "dropped") if s in {k[1] for k in counts}
    ]
    classes = sorted({row.label for row in rows})
    return {
        "splits": splits,
        "rows": [
            {"name": name, "counts": [counts[name, split] for split in splits]} for name in classes
        ],
        "total": [sum(counts[name, split] for name in classes) for split in splits],
    }


def extra_archives(lock: Lock) -> list[Path]:
    """The archives of train.extra."""
    names = lock.params.get("train.extra") or []
    return [paths.extra_archive(str(name)) for name in names]


def sources(lock: Lock, stale: dict[str, str]) -> list[Node]:
    """The files that made the model, and the model's: path, role and md5, or why it has none.

    `stale` says by path why an output is of another run.
    """
    data = paths.data_source(str(lock.params.get("data.name"))).as_posix()
    start = str(lock.params.get("train.init_from") or "")
    weights = start if start in lock.md5s else str(Path(start).parent)  # DVC may know the folder
    made = {
        data: "data set",
        paths.CURATED.as_posix(): "curated images",
        paths.SPLIT.as_posix(): "split",
        **{p.as_posix(): "joins the training split" for p in extra_archives(lock)},
        **({weights: "initial weights"} if start else {}),
        paths.MODEL.as_posix(): "trained model",
        paths.SHIPPED.as_posix(): "shipped model",
    }
    return [
        {
            "path": path,
            "role": role,
            "md5": lock.md5s.get(path, ""),
            "missing": stale.get(path, "" if path in lock.md5s else "not in dvc.lock"),
            "files": lock.files.get(path),
        }
        for path, role in made.items()
    ]
