"""Where shards are scored: processes of this machine, or the nodes of a Ray cluster."""

from __future__ import annotations

import multiprocessing
import platform
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np
import onnxruntime as ort
import PIL

import checkstate
from checkstate.core.errors import UserError
from checkstate.core.processes import end_with_parent
from checkstate.scale.cluster import ray_cluster
from checkstate.scale.models import Models
from checkstate.scale.rows import Part, score_shard
from checkstate.scale.shards import Shard


class Pool(NamedTuple):
    """What takes a shard, and how many may wait or be in work at once."""

    submit: Callable[[Shard], Future[Part]]
    window: int


@contextmanager
def local_pool(models: Models, workers: int) -> Iterator[Pool]:
    """Processes of one thread each; what has not begun when the block ends never does."""
    context = multiprocessing.get_context("spawn")
    executor = ProcessPoolExecutor(workers, context, initializer=follow_parent)
    try:
        yield Pool(lambda shard: executor.submit(score_shard, models, shard), 2 * workers)
    finally:
        executor.shutdown(cancel_futures=True)


def follow_parent() -> None:
    """End with the parent, also when it is killed; leave the interrupt of a terminal to it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    end_with_parent()


@contextmanager
def ray_pool(models: Models, address: str, workers: int) -> Iterator[Pool]:
    """A task for each shard on the nodes of a Ray cluster, wherever a core is free.

    Ray starts a task anew whose node dies, and keeps the processes, each with its models. They get
    this package and the models from here, so that a node needs the packages of the extra alone, in
    the versions that are here. Raises UserError for a cluster that cannot be reached.
    """
    import ray

    with ray_cluster(address, {"py_modules": [str(Path(checkstate.__file__).parent)]}):
        task = ray.remote(num_cpus=1, max_retries=10)(score_elsewhere)
        contents, here = ray.put(models.contents()), versions()
        cores = int(ray.cluster_resources().get("CPU", 1))
        yield Pool(
            lambda shard: task.remote(models, shard, contents, here).future(), workers or 2 * cores
        )


def score_elsewhere(
    models: Models, shard: Shard, contents: tuple[bytes, ...], expected: dict[str, str]
) -> Part:
    """Score a shard on a node; raises UserError where a package would change the scores."""
    if differing := {k: v for k, v in versions().items() if v != expected[k]}:
        host = platform.node()
        raise UserError(f"{host}: has {differing}, but here it is {expected}; install the same")
    return score_shard(models, shard, contents)


def versions() -> dict[str, str]:
    """Of the packages that decide the bits of a score."""
    # of the modules: onnxruntime may be installed as onnxruntime-gpu
    return {module.__name__: module.__version__ for module in (np, ort, PIL)}
