"""Look at every image of a data set once: what it is, what it resembles, whether it stays."""

from __future__ import annotations

import hashlib
import os
import sys
import tarfile
import zipfile
import zlib
from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from itertools import islice
from multiprocessing import parent_process
from pathlib import Path, PurePosixPath
from threading import Thread

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.fft import dct
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from tqdm import tqdm

from checkstate.errors import UserError
from checkstate.files import read_csv
from checkstate.images import SUFFIXES, ImageError, Pixels, read_image, shown

SPLITS = frozenset({"train", "val", "test"})
BLOCK = 64
"""Images that one process inspects at a time."""

HASH_SIZE = 16
NEIGHBOURS = 8
"""Entries that each hash is compared with in every sorted table."""

COLUMNS = (
    *("path", "label", "predefined", "width", "height", "md5", "pixels", "phash"),
    *("group", "conflict", "decision", "kept", "error"),
)

Row = dict[str, object]


def find_data(name: str) -> Path:
    """Return data/<name>, a folder or one .zip or .tar archive; raises UserError."""
    source = Path("data", name)
    if not source.is_dir() and (source.suffix not in {".zip", ".tar"} or not source.is_file()):
        raise UserError(f"{source}: no such folder, .zip or .tar file")
    return source


def read_members(source: Path) -> Iterator[tuple[str, bytes]]:
    """Yield (relative POSIX path, bytes) of every file of a folder, .zip or .tar, unsorted."""
    if source.is_dir():
        for path in sorted(p for p in source.rglob("*") if p.is_file()):
            yield path.relative_to(source).as_posix(), path.read_bytes()
        return
    read = read_zip if source.suffix == ".zip" else read_tar
    try:
        yield from read(source)
    except (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError) as error:
        raise UserError(f"{source}: damaged archive ({error}); fetch or make it again") from error
    except RuntimeError as error:  # zipfile's, of a password or a compression that it lacks
        raise UserError(f"{source}: {error}; make it without") from error


def read_zip(source: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the files of a .zip."""
    with zipfile.ZipFile(source) as archive:
        for info in archive.infolist():
            if not info.is_dir():
                yield info.filename, archive.read(info)


def read_tar(source: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the files of a .tar."""
    with tarfile.open(source) as tar:
        for member in tar:
            content = tar.extractfile(member) if member.isfile() else None
            if content:
                yield member.name.removeprefix("./"), content.read()


def place(path: str) -> tuple[str, str] | None:
    """Return (label, predefined split or '') of a path, or None for what is no labelled image.

    Both layouts are read: <class>/<file> and <train|val|test>/<class>/<file>.
    """
    pure = PurePosixPath(path)
    if pure.suffix.lower() not in SUFFIXES or any(part.startswith(".") for part in pure.parts):
        return None
    folders = pure.parts[:-1]
    if len(folders) > 1 and folders[0] in SPLITS:
        return folders[1], folders[0]
    return (folders[0], "") if folders and folders[0] not in SPLITS else None


def inspect(items: list[tuple[str, bytes]]) -> list[Row]:
    """Decode images: size, md5 of the pixels and of the file, 256-bit perceptual hash."""
    rows: list[Row] = []
    greys: dict[int, Pixels] = {}
    for number, (path, content) in enumerate(items):
        label, split = place(path) or ("", "")
        rows.append({"path": path, "label": label, "predefined": split})
        try:
            image = read_image(content)
        except ImageError as error:
            rows[-1]["error"] = str(error).removeprefix("image: ")
            continue
        pixels = hashlib.md5(repr(image.size).encode() + image.tobytes(), usedforsecurity=False)
        rows[-1] |= {
            "width": image.width,
            "height": image.height,
            "md5": hashlib.md5(content, usedforsecurity=False).hexdigest(),
            "pixels": pixels.hexdigest(),
        }
        greys[number] = shrink(image)
    for number, phash in zip(greys, perceptual_hashes(list(greys.values())), strict=True):
        rows[number]["phash"] = phash
    return rows


def shrink(image: Image.Image) -> Pixels:
    """What the perceptual hash looks at: uint8 [64, 64], grey."""
    small = image.resize((128, 128), Image.Resampling.BILINEAR, reducing_gap=2.0)
    side = 4 * HASH_SIZE
    return np.asarray(small.convert("L").resize((side, side), Image.Resampling.LANCZOS))


def perceptual_hashes(greys: list[Pixels]) -> list[str]:
    """Hash shrunk images: bits of `imagehash.phash(hash_size=16)`, a whole block in one DCT."""
    if not greys:
        return []
    rows = dct(np.stack(greys), axis=1)[:, :HASH_SIZE]
    low = dct(rows, axis=2)[:, :, :HASH_SIZE].reshape(len(greys), -1)
    bits = np.packbits(low > np.median(low, axis=1, keepdims=True), axis=1)
    return [row.tobytes().hex() for row in bits]


def inspect_all(members: Iterable[tuple[str, bytes]]) -> list[Row]:
    """Inspect every labelled image on all cores; sorted by path; says what it skips."""
    skipped = Counter[str]()
    items = labelled(members, skipped)
    blocks = iter(lambda: list(islice(items, BLOCK)), [])
    with tqdm(desc="curate", unit="image") as bar:
        rows: list[Row] = []
        for block in inspect_blocks(blocks):
            rows += block
            bar.update(len(block))
    if skipped:
        kinds = ", ".join(f"{kind or 'no suffix'} {n}" for kind, n in sorted(skipped.items()))
        tqdm.write(f"warning: files that are no images in class folders: {kinds}", sys.stderr)
    return sorted(rows, key=lambda row: str(row["path"]))


def labelled(
    members: Iterable[tuple[str, bytes]], skipped: Counter[str]
) -> Iterator[tuple[str, bytes]]:
    """Yield labelled images; count the others by suffix, but for hidden files."""
    for path, content in members:
        if place(path):
            try:
                path.encode()
            except UnicodeEncodeError as error:
                raise UserError(f"{shown(path)}: its name is no valid UTF-8; rename it") from error
            yield path, content
        elif not any(part.startswith(".") for part in PurePosixPath(path).parts):
            skipped[PurePosixPath(path).suffix.lower()] += 1


def inspect_blocks(blocks: Iterable[list[tuple[str, bytes]]]) -> Iterator[list[Row]]:
    """Inspect blocks in order, with a few in memory; `pool.map` would read all of them first."""
    cores = os.cpu_count() or 1
    waiting: deque[Future[list[Row]]] = deque()
    with ProcessPoolExecutor(cores, initializer=end_with_parent) as pool:
        for block in blocks:
            waiting.append(pool.submit(inspect, block))
            if len(waiting) > 4 * cores:
                yield waiting.popleft().result()
        yield from (future.result() for future in waiting)


def end_with_parent() -> None:
    """End this worker when its parent is killed; it would wait for work for ever."""

    def wait() -> None:
        if parent := parent_process():
            parent.join()
            os._exit(1)

    Thread(target=wait, daemon=True).start()


def near_duplicate_groups(hashes: list[str], distance: int) -> NDArray[np.int64]:
    """Number the groups of images whose hashes lie within `distance` bits, through chains.

    Sorted-neighbourhood method (Hernandez and Stolfo 1995) over rotations of the hash, as in
    Manku et al. 2007: a hash is compared with its neighbours in 16 sorted tables, which takes
    n log n time where all pairs would take n squared. Returns int64 [images].
    """
    if not hashes:
        return np.empty(0, np.int64)
    unique, inverse = np.unique(hashes, return_inverse=True)
    bits = np.array([bytearray.fromhex(h) for h in unique], dtype=np.uint8)
    edges = []
    for band in range(0, bits.shape[1], 2):
        order = np.lexsort(np.roll(bits, -band, axis=1).T[::-1])
        for step in range(1, min(NEIGHBOURS, len(order) - 1) + 1):
            left, right = order[:-step], order[step:]
            differing = np.bitwise_count(bits[left] ^ bits[right]).sum(axis=1, dtype=np.int64)
            near = differing <= distance
            edges.append(np.stack([left[near], right[near]]))
    pairs = np.concatenate(edges, axis=1) if edges else np.empty((2, 0), np.int64)
    graph = coo_matrix((np.ones(pairs.shape[1]), pairs), shape=(len(unique), len(unique)))
    groups: NDArray[np.int64] = connected_components(graph, directed=False)[1].astype(np.int64)
    return groups[inverse]


def near_any(hashes: list[str], held: list[str], distance: int) -> set[str]:
    """Those of `hashes` that share a near-duplicate group with one of `held`."""
    groups = near_duplicate_groups([*hashes, *held], distance) if held else np.empty(0, np.int64)
    taken = set(groups[len(hashes) :].tolist())
    return {name for name, group in zip(hashes, groups, strict=False) if group in taken}


def read_decisions(path: Path, known: list[str]) -> dict[str, str]:
    """Read a curation list (path, decision, reason); raises UserError for what it cannot mean.

    A decision is `keep`, `exclude`, `ambiguous` or `label=<class>`. A path may leave out the
    folder of a predefined split. A listed image that is not there is named on stderr: lists
    outlive the part of a data set that one user has.
    """
    if not path.exists():
        return {}
    decisions: dict[str, str] = {}
    names = {name.split("/", 1)[1]: name for name in known if name.split("/")[0] in SPLITS}
    names |= {name: name for name in known}
    try:
        rows = read_csv(path)
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: save it as UTF-8 ({error.reason} at {error.start})") from error
    for line, row in enumerate(rows, start=2):
        if not {"path", "decision"} <= row.keys():
            raise UserError(
                f"{path}: its columns are {', '.join(map(str, row))}; use path,decision,reason"
            )
        name, decision = row["path"], row["decision"] or ""
        relabelled = decision.startswith("label=") and decision != "label="
        if decision not in {"keep", "exclude", "ambiguous"} and not relabelled:
            raise UserError(
                f"{path}:{line}: decision {decision!r}: use keep, exclude, ambiguous or label=CLASS"
            )
        if name in names:
            decisions[names[name]] = decision
        else:
            tqdm.write(f"warning: {path}:{line}: {name}: no such image", sys.stderr)
    return decisions


def curate(rows: list[Row], decisions: Mapping[str, str], *, drop: bool, distance: int) -> None:
    """Complete the manifest in place: group, conflict, decision, and whether the image stays.

    `kept` is 1 or 0. An unreadable image is left out and named by the caller; the same pixels
    under two labels are kept and flagged in `conflict` with the other label's path.
    """
    for row in rows:
        decision = decisions.get(str(row["path"]), "")
        if decision.startswith("label="):
            row["label"] = decision.removeprefix("label=")
        dropped = "error" in row or decision == "exclude" or (decision == "ambiguous" and drop)
        row |= {"decision": decision, "kept": int(not dropped), "error": row.get("error", "")}
    readable = [row for row in rows if not row["error"]]
    groups = near_duplicate_groups([str(row["phash"]) for row in readable], distance)
    twins = defaultdict(list)
    for row, group in zip(readable, groups, strict=True):
        row["group"] = int(group)
        twins[row["pixels"]].append(row)
    for row in readable:
        others = (t["path"] for t in twins[row["pixels"]] if t["label"] != row["label"])
        row["conflict"] = next(others, "")


def curate_source(source: Path, *, drop: bool, distance: int) -> list[Row]:
    """Inspect a data set, apply its curation list, and return its complete manifest.

    What is left out or contradicts itself is said on stderr, one line an image.
    """
    rows = inspect_all(read_members(source))
    empty_folders = class_folders(source) - {str(row["label"]) for row in rows}
    name = source.name if source.is_dir() else source.stem
    listed = Path("data/curation", f"{name}.csv")
    decisions = read_decisions(listed, [str(row["path"]) for row in rows])
    curate(rows, decisions, drop=drop, distance=distance)
    check_classes(empty_folders, rows)
    for row in rows:
        if row["error"]:
            tqdm.write(f"warning: {shown(str(row['path']))}: {row['error']}; left out", sys.stderr)
        if row.get("conflict"):
            twin = f"{row['path']} has the pixels of {row['conflict']}"
            tqdm.write(f"warning: {shown(twin)}, under another label", sys.stderr)
    return [{key: row.get(key, "") for key in COLUMNS} for row in rows]


def check_classes(empty_folders: set[str], rows: list[Row]) -> None:
    """Refuse a data set with fewer than two classes, or with a class left without images.

    `empty_folders` had none to begin with; a class that decisions relabel as a whole is no class.
    """
    kept = {str(row["label"]) for row in rows if row["kept"]}
    empty = sorted(empty_folders | {str(row["label"]) for row in rows} - kept)
    if empty:
        raise UserError(f"class {', '.join(empty)}: no readable image is left in it")
    if len(kept) < 2:
        raise UserError("found fewer than two classes; put images into data/<name>/<class>/")


def class_folders(source: Path) -> set[str]:
    """Class folders of a data folder, empty ones too."""
    if not source.is_dir():
        return set()
    tops = [p for p in source.iterdir() if p.is_dir() and not p.name.startswith(".")]
    nested = [c for p in tops if p.name in SPLITS for c in p.iterdir() if c.is_dir()]
    return {p.name for p in [*(p for p in tops if p.name not in SPLITS), *nested]}


def kept_members(source: Path, rows: list[Row]) -> Iterator[tuple[str, bytes]]:
    """Yield the kept images' files; a folder comes sorted, an archive in its own order."""
    kept = {str(row["path"]) for row in rows if row["kept"]}
    return ((name, content) for name, content in read_members(source) if name in kept)
