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
from pathlib import Path
from typing import IO, Any

import pyarrow.compute as pc
import pyarrow.parquet as pq
from tqdm import tqdm

from checkstate.core.errors import UserError
from checkstate.core.files import md5_of
from checkstate.scale.pools import Pool
from checkstate.scale.rows import Part
from checkstate.scale.shards import TABLE, Shard, find_shards
from checkstate.scale.target import Target

Open = Callable[[Path, str], AbstractContextManager[Pool]]
"""What starts a pool for a model file and its md5."""


def score(source: str, target: str, model: Path, open_pool: Open) -> dict[str, Any]:
    """Score what is missing in a target, and return what its _summary.json says.

    A part is there when its shard is done, so an interrupted run goes on after the last one. Only
    this process writes. Raises UserError for a source without images, for a target of another
    model or source, and when a store or a worker fails.
    """
    md5, out, left_out = md5_of(model), Target(target), Counter[str]()
    with out.locked(), tempfile.TemporaryFile("w+", encoding="ascii") as spool:
        out.claim({"source": source, "model_md5": md5})
        names = write_plan(find_shards(source, left_out), spool)
        done = out.parts()
        if unknown := sorted(done - set(names)):
            raise UserError(
                f"{target}: {unknown[0]} is of no shard of {source}, which has changed since; name "
                "another folder"
            )
        if len(done) < len(names):
            with open_pool(model, md5) as pool, progress(names, done) as bar:
                for name, part in completed(pool, read_plan(spool, names, done)):
                    out.write(name, part.content)
                    bar.update(part.rows)
        counts = count_rows(out, names)
        out.write_summary(
            summary := {
                "source": source,
                "model_md5": md5,
                **counts,
                "passed_over": dict(sorted(left_out.items())),
            }
        )
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


def count_rows(out: Target, names: Collection[str]) -> dict[str, Any]:
    """How many images there are, how many could not be read, and how many have each label."""
    labels = Counter[str | None]()
    for name in names:
        column = pq.read_table(io.BytesIO(out.read(name)), columns=["label"])["label"]
        for entry in pc.value_counts(column).to_pylist():
            labels[entry["values"]] += entry["counts"]
    unreadable = labels.pop(None, 0)
    read = dict(sorted((str(label), count) for label, count in labels.items()))
    return {"images": labels.total() + unreadable, "unreadable": unreadable, "labels": read}
