"""What DVC recorded of a commit, sent to MLflow.

No stage talks to MLflow, so stages stay deterministic, and cached stages and old commits can be
sent as well. All of it is read from the commit, never from the workspace.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Any

from dvc.api import DVCFileSystem
from dvc.exceptions import DvcException
from dvc.scm import RevError
from mlflow import MlflowClient
from mlflow.entities import Metric, Param
from mlflow.exceptions import MlflowException
from mlflow.utils.mlflow_tags import MLFLOW_GIT_COMMIT

from checkstate.core import paths
from checkstate.core.errors import UserError
from checkstate.core.files import read_csv, read_json
from checkstate.core.text import first_line
from checkstate.report.provenance import Lock, flatten, git, read_lock

BATCH = 100
"""Params of a request; MLflow takes no more (and 1,000 metrics)."""

CURVES = "/plots/metrics/"
"""Where dvclive puts a table for each metric of a stage."""

SENT = (paths.LOCK, paths.METRICS, paths.MODEL_CARD, paths.SHIPPED)


@dataclass(frozen=True)
class Commit:
    """A commit, when it was made, in milliseconds, and a folder with its SENT."""

    sha: str
    time: int
    folder: Path


def log_commit(uri: str, experiment: str, rev: str) -> tuple[str, bool]:
    """Send a commit's params, curves, metrics and model; the run's id, and whether it is new.

    A run of the same commit that was finished is left as it is; one that was not is made anew.
    Raises UserError for a revision that is none, lacks something, and a server that refuses.
    """
    # the default of 7 waits four minutes for a server that is not there
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")
    os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")
    with tempfile.TemporaryDirectory() as folder:
        commit = fetch(rev, Path(folder))
        try:
            return send(MlflowClient(uri), experiment, commit)
        except MlflowException as error:
            raise UserError(f"{uri}: {first_line(error)}") from error


def fetch(rev: str, folder: Path) -> Commit:
    """Get what is sent of a revision, or the name of an experiment, from git and DVC's cache."""
    try:
        files = DVCFileSystem(rev=rev)
        for path in SENT:
            (folder / path).parent.mkdir(exist_ok=True)
            files.get(path.as_posix(), str(folder / path), recursive=True)
        sha = files.repo.get_rev()
    except (DvcException, RevError) as error:
        raise UserError(f"{rev}: {first_line(error)}") from error
    except OSError as error:
        missing = error.filename or first_line(error)
        raise UserError(f"{rev}: it lacks {missing}; perhaps `dvc fetch` brings it") from error
    return Commit(sha, int(git("show", "-s", "--format=%ct", sha)) * 1000, folder)


def send(client: MlflowClient, experiment: str, commit: Commit) -> tuple[str, bool]:
    """Make the run of a commit unless it is there."""
    found = client.get_experiment_by_name(experiment)
    place = found.experiment_id if found else client.create_experiment(experiment)
    for run in client.search_runs([place], f"tags.`{MLFLOW_GIT_COMMIT}` = '{commit.sha}'"):
        if run.info.status == "FINISHED":
            return str(run.info.run_id), False
        client.delete_run(run.info.run_id)
    lock = read_lock(commit.folder / paths.LOCK)
    tags = {MLFLOW_GIT_COMMIT: commit.sha, **hashes(lock)}
    run_id = client.create_run(place, commit.time, tags, commit.sha[:7]).info.run_id
    params = iter([Param(key, str(value)) for key, value in sorted(lock.params.items())])
    while batch := list(islice(params, BATCH)):
        client.log_batch(run_id, params=batch)
    metrics = iter(metrics_of(commit))
    while some := list(islice(metrics, 10 * BATCH)):
        client.log_batch(run_id, metrics=some)
    client.log_artifacts(run_id, str(commit.folder / paths.METRICS), paths.METRICS.name)
    for path in (paths.SHIPPED, paths.MODEL_CARD):
        client.log_artifact(run_id, str(commit.folder / path), "model")
    client.set_terminated(run_id, "FINISHED", commit.time)
    return str(run_id), True


def hashes(lock: Lock) -> dict[str, str]:
    """The md5 of dvc.lock of all data, models and metrics, as tags."""
    data = {path: md5 for path, md5 in lock.md5s.items() if not path.endswith(".py")}
    return {valid(f"dvc.lock/{path}"): md5 for path, md5 in data.items()}


def valid(key: str) -> str:
    """A key without what MLflow allows in none, for classes may be called anything."""
    return re.sub(r"[^/\w.\- :]", "_", key)


def metrics_of(commit: Commit) -> Iterator[Metric]:
    """Every number of metrics/<stage>/metrics.json, and the curves of dvclive, epoch by epoch."""
    root = commit.folder / paths.METRICS
    for path in sorted(root.rglob("metrics.json")):
        stage = path.parent.relative_to(root).as_posix()
        for key, value in numbers(read_json(path)).items():
            yield Metric(valid(f"{stage}/{key}"), value, commit.time, 0)
    for path in sorted(root.rglob("*.tsv")):
        stage, _, name = path.relative_to(root).with_suffix("").as_posix().partition(CURVES)
        for row in read_csv(path, "\t"):
            value = float(row[PurePosixPath(name).name])
            yield Metric(f"{stage}/curves/{name}", value, commit.time, int(row["step"]))


def numbers(values: Mapping[str, Any]) -> dict[str, float]:
    """Nested numbers by their path, without what is null or a text."""
    flat = flatten(dict(values))
    return {
        key.replace(".", "/"): float(value)
        for key, value in flat.items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }
