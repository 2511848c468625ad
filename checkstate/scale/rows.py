"""The rows that a shard becomes: one for each image, as a Parquet file."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from checkstate.core.errors import UserError
from checkstate.core.files import md5_of
from checkstate.core.text import printable
from checkstate.core.types import Pixels
from checkstate.runtime.images import ImageError
from checkstate.runtime.predictor import Predictor
from checkstate.scale.reading import Named, read_shard
from checkstate.scale.shards import Shard

BATCH = 8
"""Images a run of the model; on one thread more of them leave the processor's cache."""


class Part(NamedTuple):
    """A scored shard: a Parquet file, and how many rows it has."""

    content: bytes
    rows: int


def score_shard(model: Path, md5: str, shard: Shard) -> Part:
    """Score every image of a shard; raises UserError when a store fails or the model changed."""
    predictor = load(model, md5)
    rows = [{**row, "model_md5": md5} for row in scored(predictor, read_shard(shard))]
    table = pa.Table.from_pylist(rows, schema_of(predictor.classes))
    pq.write_table(table, buffer := io.BytesIO(), compression="zstd")
    return Part(buffer.getvalue(), len(rows))


@lru_cache(maxsize=1)
def load(model: Path, md5: str) -> Predictor:
    """The model of this process, on one thread."""
    if md5_of(model) != md5:
        raise UserError(f"{model}: changed meanwhile; run it again")
    warnings.simplefilter("ignore")  # nobody reads what a worker says of odd images
    return Predictor(model, threads=1)


def schema_of(classes: list[str]) -> pa.Schema:
    """The columns; `error` is null where an image was read, the other results where it was not."""
    probabilities = pa.struct([(name, pa.float32()) for name in classes])
    return pa.schema(
        [
            ("path", pa.string()),
            ("label", pa.string()),
            ("confidence", pa.float32()),
            ("probabilities", probabilities),
            ("error", pa.string()),
            ("model_md5", pa.string()),
        ]
    )


def scored(predictor: Predictor, images: Iterator[Named]) -> Iterator[dict[str, Any]]:
    """A row for every image, in order, with one batch of them in memory."""
    while batch := list(islice(images, BATCH)):
        inputs = [prepare(predictor, *image) for image in batch]
        good = [pixels for pixels in inputs if not isinstance(pixels, str)]
        predicted = iter(predictor.predict(good) if good else [])
        for (name, _), pixels in zip(batch, inputs, strict=True):
            row: dict[str, Any] = {"path": name.encode(errors="backslashreplace").decode()}
            if isinstance(pixels, str):
                yield {**row, "error": pixels}
            else:
                yield {**row, **vars(next(predicted))}


def prepare(predictor: Predictor, name: str, content: Path | bytes | ImageError) -> Pixels | str:
    """The model's input, or why there is none."""
    try:
        if isinstance(content, ImageError):
            raise content
        return predictor.preprocess(content)
    except ImageError as error:
        return str(error).removeprefix(f"{printable(name)}: ").removeprefix("image: ")
