"""What an image, a class, a split and noise is, by name: for folders, archives and predictions.

<class>/<file> and <split>/<class>/<file> are understood, below folders that hold all of them too.
What could be meant in two ways is refused: no folder becomes a class by accident.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import PurePosixPath
from typing import NamedTuple

from checkstate.core.errors import UserError
from checkstate.core.text import printable

SUFFIXES = frozenset(
    {
        *(".png", ".apng", ".jpg", ".jpeg", ".jpe", ".jfif"),
        *(".webp", ".bmp", ".gif", ".tif", ".tiff"),
    }
)
SIGNATURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF8", b"BM", b"II*\0", b"MM\0*")
HEAD = 12
"""Bytes that tell whether a file without an ending is an image."""

SPLITS = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("val", "valid", "validation"), "val"),
    **dict.fromkeys(("test", "testing"), "test"),
}
"""Folders that are a split, in lower case, and which."""

DOCUMENTS = frozenset({"doc", "docs", "documentation"})
"""Folders whose images illustrate a data set, unless `curate.classes` names them."""

SYSTEM = frozenset(
    {
        *("__macosx", "@eadir", "#recycle", "$recycle.bin", "lost+found"),
        *("system volume information", "thumbs.db", "ehthumbs.db", "desktop.ini", "__pycache__"),
    }
)
"""What operating systems and file servers leave, in lower case."""

MAX_KINDS = 10
"""Kinds of files that a summary names; it counts the rest."""

SPLIT_IN_SPLIT = "{}/: a split in a split; leave one of the two folders out"


class Place(NamedTuple):
    """Where an image belongs: its class, and train, val, test or ''."""

    label: str
    split: str


def noise(name: str) -> str:
    """The kind of noise that a file or folder of this name is, or ''."""
    if name.startswith("."):
        return "hidden"
    return "system file" if name.casefold() in SYSTEM else ""


def noise_within(path: str) -> tuple[str, str]:
    """The outermost part of a POSIX path that is noise, as a path, and its kind; or '' twice."""
    parts = path.split("/")
    for number, part in enumerate(parts, start=1):
        if kind := noise(part):
            return "/".join(parts[:number]), kind
    return "", ""


def not_image(name: str, read_head: Callable[[], bytes]) -> str:
    """The kind of file that a name stands for when it is no image's, or ''.

    The ending decides. A file without one is an image when its first bytes, at most `HEAD` of
    them from `read_head`, are those of a format that is read.
    """
    suffix = PurePosixPath(name).suffix.lower().rstrip(".")
    if suffix:
        return "" if suffix in SUFFIXES else printable(suffix)
    head = read_head()
    webp = head.startswith(b"RIFF") and head[8:12] == b"WEBP"
    return "" if webp or head.startswith(SIGNATURES) else "no ending"


def summarize(left_out: Mapping[str, int]) -> str:
    """What was left out, by kind, the most frequent kinds first: `.txt 3, hidden 1`."""
    kinds = sorted(left_out.items(), key=lambda kind: (-kind[1], kind[0]))
    rest = sum(count for _, count in kinds[MAX_KINDS:])
    named = [f"{kind} {count}" for kind, count in kinds[:MAX_KINDS]]
    return ", ".join(named + [f"others {rest}"] * bool(rest))


def same_name_key(name: str) -> str:
    """Equal for names that a person, macOS or Windows takes for one: case, accents, spaces."""
    return unicodedata.normalize("NFC", " ".join(name.split())).casefold()


def twins(names: Iterable[str]) -> list[tuple[str, str]]:
    """Pairs of different names that are the same to `same_name_key`."""
    first: dict[str, str] = {}
    pairs = []
    for name in sorted(set(names)):
        other = first.setdefault(same_name_key(name), name)
        if other != name:
            pairs.append((other, name))
    return pairs


def without_split(path: str) -> str:
    """A path without its first folder that is a split."""
    parts = path.split("/")
    for number, part in enumerate(parts[:-1]):
        if part.casefold() in SPLITS:
            return "/".join(parts[:number] + parts[number + 1 :])
    return path


def understand(
    counts: Mapping[str, int],
    folders: Iterable[str],
    classes: Collection[str],
    left_out: Counter[str],
) -> tuple[dict[str, Place], set[str]]:
    """Find the place of every folder that holds images, and the names of all class folders.

    `counts` has the number of images that lie directly in each folder, `folders` every folder,
    empty ones too, both as POSIX paths without noise; `classes` names the class folders, or is
    empty. Images that have no class are counted in `left_out`. Raises UserError for a layout
    that could be meant in two ways.
    """
    kept = {}
    for folder, count in counts.items():
        others = [part for part in folder.split("/") if not class_named(part, classes)]
        if any(name.casefold() in DOCUMENTS for name in others):
            left_out["image in a folder of documents"] += count
        elif not folder:
            left_out["image in no class folder"] += count
        else:
            kept[folder] = count
    if classes:
        return by_name(kept, classes, left_out), set(classes)
    return by_position(kept, folders, left_out)


def class_named(folder: str, classes: Collection[str]) -> str:
    """The class that a folder's name stands for, as it is spelled in `classes`, or ''."""
    alike = (name for name in classes if same_name_key(name) == same_name_key(folder))
    return folder if folder in classes else next(alike, "")


def by_name(
    counts: Mapping[str, int], classes: Collection[str], left_out: Counter[str]
) -> dict[str, Place]:
    """Places where the class folders are known by name, wherever they lie."""
    places = {}
    for folder, count in counts.items():
        parts = folder.split("/")
        named = [class_named(part, classes) for part in parts]
        labels = set(filter(None, named))
        others = [part.casefold() for part, label in zip(parts, named, strict=True) if not label]
        splits = [SPLITS[part] for part in others if part in SPLITS]
        if len(labels) > 1:
            raise UserError(f"{printable(folder)}/: lies in two class folders; move it")
        if labels and len(splits) > 1:
            raise UserError(SPLIT_IN_SPLIT.format(printable(folder)))
        if labels:
            places[folder] = Place(labels.pop(), next(iter(splits), ""))
        else:
            left_out["image of no known class"] += count
    refuse_mixture({folder: place.split for folder, place in places.items()}, counts)
    return places


def by_position(
    counts: Mapping[str, int], folders: Iterable[str], left_out: Counter[str]
) -> tuple[dict[str, Place], set[str]]:
    """Places where a class is the folder below the split or, without splits, the outermost one."""
    found = {folder: below_split(folder) for folder in counts}
    refuse_mixture({folder: split for folder, (split, _) in found.items()}, counts)
    refuse_no_class(found, counts)
    for folder in [folder for folder, (_, below) in found.items() if not below]:
        left_out["image in no class folder"] += counts[folder]
        del found[folder]
    around = shared_start([below for _, below in found.values()])
    inner = {folder: below[len(around) :] for folder, (_, below) in found.items()}
    refuse_depth(inner, counts)
    places = {folder: Place(inner[folder][0], found[folder][0]) for folder in found}
    has_splits = any(place.split for place in places.values())
    named = {
        below[-1]
        for split, below in map(below_split, folders)
        if below and below[:-1] == around and bool(split) >= has_splits
        if below[-1].casefold() not in DOCUMENTS
    }
    return places, named | {place.label for place in places.values()}


def below_split(folder: str) -> tuple[str, tuple[str, ...]]:
    """The split that a folder lies in, or '', and the folders from there on."""
    parts = tuple(folder.split("/"))
    for number, part in enumerate(parts):
        if split := SPLITS.get(part.casefold()):
            return split, parts[number + 1 :]
    return "", parts


def shared_start(paths: list[tuple[str, ...]]) -> tuple[str, ...]:
    """The folders that all paths begin with, short of the last one of any."""
    start: tuple[str, ...] = ()
    while paths and all(len(path) > len(start) + 1 for path in paths):
        first = {path[len(start)] for path in paths}
        if len(first) > 1:
            break
        start += (first.pop(),)
    return start


def refuse_mixture(splits: Mapping[str, str], counts: Mapping[str, int]) -> None:
    """Refuse images outside the splits of a data set that has some."""
    inside = sorted(folder for folder, split in splits.items() if split)
    outside = sorted(folder for folder, split in splits.items() if not split)
    if inside and outside:
        folder = outside[0]
        raise UserError(
            f"{printable(folder)}/: {counts[folder]} images beside the split "
            f"{printable(inside[0])}/; a data set has train, val and test folders or none: move "
            "it into one of them, or away"
        )


def refuse_no_class(
    found: Mapping[str, tuple[str, tuple[str, ...]]], counts: Mapping[str, int]
) -> None:
    """Refuse a split without class folders, which may be a class itself, and one in another."""
    sorted_ones = {split for split, below in found.values() if below}
    for folder, (split, below) in sorted(found.items()):
        if below and below[0].casefold() in SPLITS:
            raise UserError(SPLIT_IN_SPLIT.format(printable(folder)))
        if not below and split not in sorted_ones:
            raise UserError(
                f"{printable(folder)}/: {counts[folder]} images and no class folder; sort them "
                "into <class>/ there, or, if it is a class and no split, rename it"
            )


def refuse_depth(inner: Mapping[str, tuple[str, ...]], counts: Mapping[str, int]) -> None:
    """Refuse an outer folder whose images lie mostly in further folders: either may be the class.

    An image or two that lie loose in it do not make it one.
    """
    deeper = Counter[str]()
    for folder, below in inner.items():
        deeper[below[0]] += counts[folder] if len(below) > 1 else -counts[folder]
    for folder, below in sorted(inner.items()):
        if len(below) > 1 and deeper[below[0]] > 0:
            raise UserError(
                f"{printable(folder)}/: is its class {printable(below[0])} or "
                f"{printable(below[1])}? Name the class folders in curate.classes, or move the "
                "images into <class>/"
            )
