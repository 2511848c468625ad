"""Batch scoring: every image of a source becomes a row of a folder of Parquet files."""

from __future__ import annotations

import io
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager
from typing import IO, Any

from tqdm import tqdm

from checkstate.core.errors import UserError
from checkstate.scale.controls import count_controls
from checkstate.scale.models import Models
from checkstate.scale.pools import Pool
from checkstate.scale.predictions import count_predictions
from checkstate.scale.rows import Part
from checkstate.scale.shards import CROPS, SCREENSHOTS, TABLE, Shard, find_shards
from checkstate.scale.storage import is_read_with
from checkstate.scale.target import Target

Open = Callable[[Models], AbstractContextManager[Pool]]
"""What starts a pool."""


def score(source: str, target: str, models: Models, open_pool: Open) -> dict[str, Any]:
    """Score what is missing in a target, and return what its _summary.json says.

    A part is there when its shard is done, so an interrupted run goes on after the last one. Only
    this process writes. Raises UserError for a source without images, for a target inside of it, or
    of other models or another source, and when a store or a worker fails.
    """
    if is_read_with(target, source):
        raise UserError(
            f"{target}: what is written there would be read with {source}; name another folder"
        )
    made_from = {"source": source, **models.columns()}
    out, left_out = Target(target), Counter[str]()
    shards = find_shards(source, SCREENSHOTS if models.find else CROPS, left_out)
    with out.locked(), tempfile.TemporaryFile("w+", encoding="ascii") as spool:
        is_free = out.is_free(made_from)
        names = write_plan(shards, spool)
        done = out.parts()
        if unknown := sorted(done - set(names)):
            raise UserError(
                f"{target}: {unknown[0]} is of no shard of {source}, which has changed since; name "
                "another folder"
            )
        if len(done) < len(names):
            with open_pool(models) as pool, progress(names, done) as bar:
                if is_free:  # not before: a wrong source or address must not take the folder
                    out.write_summary(made_from)
                for name, part in completed(pool, read_plan(spool, names, done)):
                    out.write(name, part.content)
                    bar.update(part.images)
        parts = (io.BytesIO(out.read(name)) for name in names)
        counts = count_controls(parts) if models.find else count_predictions(parts)
        summary = {**made_from, **counts, "passed_over": dict(sorted(left_out.items()))}
        out.write_summary(summary)
    return summary


def write_plan(shards: Iterator[Shard], spool: IO[str]) -> dict[str, int | None]:
    """Put the shards on the disk, where millions of names cost no memory; images by part name."""
    names = {}
    for number, shard in enumerate(shards):
        spool.write(shard.as_line())
        names[f"part-{number:06}-{shard.digest()}{TABLE}"] = shard.images
    return names


def read_plan(
    spool: IO[str], names: Collection[str], done: Collection[str]
) -> Iterator[tuple[str, Shard]]:
    """The shards that are not done, by the name of their part."""
    spool.seek(0)
    for name, line in zip(names, spool, strict=True):
        if name not in done:
            yield name, Shard.from_line(line)


def progress(names: dict[str, int | None], done: Collection[str]) -> tqdm[Any]:
    """A bar of images, of which those in uncounted archives are known only afterwards."""
    counts = list(names.values())
    total = None if None in counts else sum(count or 0 for count in counts)
    initial = sum(names[name] or 0 for name in done)
    return tqdm(total=total, initial=initial, unit="image", disable=None, file=sys.stderr)


def completed(pool: Pool, shards: Iterator[tuple[str, Shard]]) -> Iterator[tuple[str, Part]]:
    """Yield every part as it is done, with a window of shards in memory."""
    names: dict[Future[Part], str] = {}

    def some_done() -> Iterator[tuple[str, Part]]:
        for future in wait(names, return_when=FIRST_COMPLETED).done:
            yield names.pop(future), future.result()

    try:
        for name, shard in shards:
            names[pool.submit(shard)] = name
            if len(names) == pool.window:
                yield from some_done()
        while names:
            yield from some_done()
    except BrokenProcessPool as error:
        raise UserError(
            "a worker process died, perhaps for want of memory; run it again to go on"
        ) from error
