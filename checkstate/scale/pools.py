"""Where shards are scored: processes of this machine, or the nodes of a Ray cluster."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

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
