"""The rows that a shard becomes, as a Parquet file."""

from __future__ import annotations

import io
from itertools import chain, islice
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from checkstate.runtime.finder import Finder
from checkstate.scale.controls import SCHEMA, found
from checkstate.scale.models import Models, load
from checkstate.scale.predictions import predicted, schema_of
from checkstate.scale.reading import read_shard
from checkstate.scale.shards import Shard

IMAGES = 1000
"""Images whose rows are in memory at once; an archive elsewhere may be one shard of many more."""


class Part(NamedTuple):
    """A scored shard: a Parquet file, and of how many images."""

    content: bytes
    images: int


def score_shard(models: Models, shard: Shard, contents: tuple[bytes, ...] = ()) -> Part:
    """Score every image of a shard; raises UserError when a store fails or a model changed."""
    loaded, images = load(models, contents), read_shard(shard)
    if isinstance(loaded, Finder):
        schema, rows = SCHEMA, found(loaded, images)
    else:
        schema, rows = schema_of(loaded.classes), predicted(loaded, images)
    count = 0
    with pq.ParquetWriter(buffer := io.BytesIO(), schema, compression="zstd") as writer:
        while some := list(islice(rows, IMAGES)):
            written = [row | models.columns() for row in chain.from_iterable(some)]
            writer.write_table(pa.Table.from_pylist(written, schema))
            count += len(some)
    return Part(buffer.getvalue(), count)
