"""The rows of crops: one for each, with its prediction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import IO, Any

import pyarrow as pa
import pyarrow.compute as pc

from checkstate.core.types import Pixels
from checkstate.runtime.images import ImageError
from checkstate.runtime.predictor import Predictor
from checkstate.scale.reading import Named, as_text, reason
from checkstate.scale.storage import read_columns

BATCH = 8
"""Images a run of the model; on one thread more of them leave the processor's cache."""


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


def predicted(predictor: Predictor, images: Iterator[Named]) -> Iterator[list[dict[str, Any]]]:
    """The row of every image, in order, with one batch of them in memory."""
    while batch := list(islice(images, BATCH)):
        inputs = [prepare(predictor, *image) for image in batch]
        good = [pixels for pixels in inputs if not isinstance(pixels, str)]
        predictions = iter(predictor.predict(good) if good else [])
        for (name, _), pixels in zip(batch, inputs, strict=True):
            failed = isinstance(pixels, str)
            yield [
                {"path": as_text(name)} | ({"error": pixels} if failed else vars(next(predictions)))
            ]


def prepare(predictor: Predictor, name: str, content: Path | bytes | ImageError) -> Pixels | str:
    """The model's input, or why there is none."""
    try:
        if isinstance(content, ImageError):
            raise content
        return predictor.preprocess(content)
    except ImageError as error:
        return reason(name, error)


def count_predictions(parts: Iterable[IO[bytes]]) -> dict[str, Any]:
    """How many images there are, how many could not be read, and how many have each label."""
    labels = Counter[str | None]()
    for part in parts:
        table = read_columns(part, ["label"])
        for entry in pc.value_counts(table["label"]).to_pylist():
            labels[entry["values"]] += entry["counts"]
    unreadable = labels.pop(None, 0)
    read = dict(sorted((str(label), count) for label, count in labels.items()))
    return {"images": labels.total() + unreadable, "unreadable": unreadable, "labels": read}
