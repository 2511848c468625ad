"""Where shards are scored: processes of this machine, or the nodes of a Ray cluster."""

from __future__ import annotations

import multiprocessing
import os
import platform
import signal
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from functools import lru_cache
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

import checkstate
from checkstate.core.errors import UserError
from checkstate.scale.cluster import ray_cluster
from checkstate.scale.rows import Part, score_shard
from checkstate.scale.shards import Shard


class Pool(NamedTuple):
    """What takes a shard, and how many may wait or be in work at once."""

    submit: Callable[[Shard], Future[Part]]
    window: int


@contextmanager
def local_pool(model: Path, md5: str, workers: int) -> Iterator[Pool]:
    """Processes of one thread each; what has not begun when the block ends never does."""
    context = multiprocessing.get_context("spawn")
    executor = ProcessPoolExecutor(workers, context, initializer=follow_parent)
    try:
        yield Pool(lambda shard: executor.submit(score_shard, model, md5, shard), 2 * workers)
    finally:
        executor.shutdown(cancel_futures=True)


def follow_parent() -> None:
    """End with the parent, also when it is killed; leave the interrupt of a terminal to it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()

    def watch() -> None:
        if parent:
            parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


@contextmanager
def ray_pool(model: Path, md5: str, address: str, workers: int) -> Iterator[Pool]:
    """A task for each shard on the nodes of a Ray cluster, wherever a core is free.

    Ray starts a task anew whose node dies, and keeps the processes, each with its model. They get
    this package and the model from here, so that a node needs the packages of the extra alone, in
    the versions that are here. Raises UserError for a cluster that cannot be reached.
    """
    import ray

    with ray_cluster(address, {"py_modules": [str(Path(checkstate.__file__).parent)]}):
        task = ray.remote(num_cpus=1, max_retries=10)(score_elsewhere)
        content, here = ray.put(model.read_bytes()), versions()
        cores = int(ray.cluster_resources().get("CPU", 1))
        yield Pool(
            lambda shard: task.remote(content, md5, here, shard).future(), workers or 2 * cores
        )


def score_elsewhere(content: bytes, md5: str, expected: dict[str, str], shard: Shard) -> Part:
    """Score a shard on a node; raises UserError where a package would change the scores."""
    if differing := {k: v for k, v in versions().items() if v != expected[k]}:
        host = platform.node()
        raise UserError(f"{host}: has {differing}, but here it is {expected}; install the same")
    return score_shard(model_file(content, md5), md5, shard)


@lru_cache(maxsize=1)
def model_file(content: bytes, md5: str) -> Path:
    """The model as a file of this process."""
    path = Path(tempfile.mkdtemp(prefix="checkstate-"), f"{md5}.onnx")
    path.write_bytes(content)
    return path


def versions() -> dict[str, str]:
    """Of the packages that decide the bits of a score."""
    return {name: metadata.version(name) for name in ("numpy", "onnxruntime", "pillow")}
