"""The images of a shard, by name, one after the other."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from functools import lru_cache
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow.fs import LocalFileSystem, copy_files

from checkstate.core import bounds
from checkstate.core.bounds import excess
from checkstate.core.errors import UserError
from checkstate.core.text import first_line, printable
from checkstate.data.members import Members, open_members
from checkstate.runtime.images import ImageError
from checkstate.scale.shards import Shard
from checkstate.scale.storage import File, arrives, filesystem, storage_errors

Named = tuple[str, Path | bytes | ImageError]
"""What an image is called, and what read_image takes, or why there is no such thing."""

ROWS = 64
"""Rows of a Parquet file in memory at once."""

NAMES = ("path", "name", "filename", "file_name", "key", "__key__", "id")
CONTENTS = ("bytes", "image", "content", "data")


def read_shard(shard: Shard) -> Iterator[Named]:
    """Yield every image of a shard once; raises UserError when a store elsewhere fails."""
    if shard.kind == "images":
        yield from (read_file(shard.source, file) for file in shard.files)
        return
    name = public_name(shard.source, shard.files[0].path)
    try:
        reader = read_table if shard.kind == "table" else read_members
        for inner, content in reader(shard):
            yield f"{name}/{inner}", content
    except DamagedError as error:
        yield name, ImageError(str(error))


def as_text(name: str) -> str:
    """A name as the text of a row; a file's need not be valid Unicode."""
    return name.encode(errors="backslashreplace").decode()


def reason(name: str, error: ImageError) -> str:
    """Why an image cannot be read, without its name."""
    return str(error).removeprefix(f"{printable(name)}: ").removeprefix("image: ")


class DamagedError(Exception):
    """An archive or table that cannot be read at all; the message says why in one line."""


def public_name(source: str, path: str) -> str:
    """A local path as it is, and of another filesystem the URI, without its options."""
    return f"{source.partition('://')[0]}://{path}" if source else path


def read_file(source: str, file: File) -> Named:
    """A local file stays closed: it is read as `predict` reads it."""
    if not source:
        return file.path, Path(file.path)
    name = public_name(source, file.path)
    if file.size < 0:
        return name, ImageError("not a regular file")
    if reason := excess(file.size, bounds.IMAGE):
        return name, ImageError(reason)
    system, _ = filesystem(source)
    with storage_errors(name):
        try:
            with system.open_input_stream(file.path) as stream:
                return name, stream.read()
        except FileNotFoundError:
            return name, ImageError("no such file or directory")


def read_members(shard: Shard) -> Iterator[Named]:
    """The images of an archive that belong to the shard."""
    _, members = open_archive(shard.source, shard.files[0])
    for path in islice(members.images, shard.start, shard.stop):
        try:
            yield path, members.read(path)
        except UserError as error:
            yield path, ImageError(cause(error, members.source))


def cause(error: UserError, archive: Path) -> str:
    """What is wrong in an archive, without its path: the row has the name of a temporary copy."""
    return str(error).removeprefix(f"{archive}: ")


@lru_cache(maxsize=1)
def open_archive(source: str, file: File) -> tuple[ExitStack, Members]:
    """List an archive, from elsewhere a temporary copy of it; the next one closes it.

    Its shards come one after the other, and listing one of 100,000 members takes seconds. Raises
    DamagedError for a damaged one, and UserError where it cannot be copied.
    """
    with ExitStack() as stack:
        place = Path(file.path)
        if source:
            place = copy_of(source, file, stack.enter_context(tempfile.TemporaryDirectory()))
        try:
            members = stack.enter_context(open_members(place))
        except UserError as error:
            raise DamagedError(cause(error, place)) from error
        return stack.pop_all(), members  # the copy stays: its members are read later


def copy_of(source: str, file: File, folder: str) -> Path:
    """Copy a file from elsewhere into a folder; raises UserError when that fails."""
    system, _ = filesystem(source)
    copy = Path(folder, Path(file.path).name)
    with storage_errors(public_name(source, file.path)):
        copy_files(file.path, str(copy), system, LocalFileSystem())
    return copy


def read_table(shard: Shard) -> Iterator[Named]:
    """The images in some row groups of a Parquet file; one without a name has its row's number."""
    system, _ = filesystem(shard.source)
    path = shard.files[0].path
    with storage_errors(public_name(shard.source, path)):
        try:
            with system.open_input_file(path) as stream:
                yield from table_rows(pq.ParquetFile(stream, buffer_size=2**20), shard)
        except (pa.ArrowException, UnicodeDecodeError) as error:
            raise DamagedError(first_line(error)) from error
        except OSError as error:
            if shard.source and not arrives(shard.source, shard.files[0]):
                raise
            raise DamagedError(first_line(error)) from error


def table_rows(table: pq.ParquetFile, shard: Shard) -> Iterator[Named]:
    """The rows of some row groups."""
    name, content = columns_of(table.schema_arrow)
    groups = range(table.num_row_groups)
    number = sum(table.metadata.row_group(n).num_rows for n in groups[: shard.start])
    selected = list(groups[shard.start : shard.stop])
    for batch in table.iter_batches(ROWS, selected, [c for c in (name, content) if c]):
        names = batch.column(name).to_pylist() if name else [None] * len(batch)
        for called, value in zip(names, batch.column(content).to_pylist(), strict=True):
            if isinstance(value, dict):
                called = value.get("path") if called is None else called
                value = value["bytes"]
            yield (
                str(number if called is None else called),
                ImageError("no bytes") if value is None else value,
            )
            number += 1


def columns_of(schema: pa.Schema) -> tuple[str, str]:
    """The columns of names ('' for none) and contents, which are binary or a struct with `bytes`.

    datasets of Hugging Face writes `image` as such a struct. Raises DamagedError for no contents,
    and for two columns of a name.
    """

    def is_content(kind: pa.DataType) -> bool:
        if pa.types.is_struct(kind):
            index = kind.get_field_index("bytes")
            # text there would be read as the path of a file here
            return bool(index >= 0 and is_content(kind.field(index).type))
        return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind))

    contents = [field.name for field in schema if is_content(field.type)]
    chosen = [name for name in CONTENTS if name in contents] or contents
    if not chosen:
        raise DamagedError("no column of image bytes (binary, or a struct with the field bytes)")
    names = [name for name in NAMES if name in schema.names and name not in contents]
    name, content = next(iter(names), ""), chosen[0]
    if doubled := next((each for each in (name, content) if schema.names.count(each) > 1), None):
        raise DamagedError(f"two columns are named {printable(doubled)}")
    return name, content
