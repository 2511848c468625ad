"""What stays in a data set: people's decisions, contradictions, classes that are left."""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from tqdm import tqdm

from checkstate.core.errors import UserError
from checkstate.core.layout import Place, summarize, twins
from checkstate.core.params import Curate
from checkstate.core.tables import ManifestRow
from checkstate.core.text import printable
from checkstate.data.decisions import read_decisions
from checkstate.data.duplicates import near_duplicate_groups
from checkstate.data.inspection import inspect_all
from checkstate.data.members import Members, open_members


def curate_source(
    source: Path, listed: Path, settings: Curate, *, complete: bool = True
) -> list[ManifestRow]:
    """Inspect a data set, apply its curation list `listed`, and return its complete manifest.

    Names and sizes decide what is read. What is left out or contradicts itself is said on
    stderr: other files by kind, images in one line each. Raises UserError for a layout that
    could be meant in two ways, an archive with one name twice, too large a data set, or, where it
    has to be complete, fewer than two classes or one without images.
    """
    with open_members(source) as members:
        places, classes = find_places(members, settings)
        rows = inspect_members(members, sorted(places), settings)
    for row in rows:
        row.label, row.predefined = places[row.path]
    empty_folders = classes - {row.label for row in rows}
    decisions = read_decisions(listed, [row.path for row in rows])
    curate(
        rows,
        decisions,
        drop=settings.exclude_ambiguous,
        distance=settings.near_duplicate_distance,
    )
    check_names(rows)
    if complete:
        check_complete(empty_folders, rows)
    warn_of_rows(rows)
    kept = Counter(row.label for row in rows if row.kept)
    counts = ", ".join(f"{printable(label)} {count}" for label, count in sorted(kept.items()))
    tqdm.write(f"{source}: {counts}", sys.stderr)
    return rows


def find_places(members: Members, settings: Curate) -> tuple[dict[str, Place], set[str]]:
    """The place of every labeled image, and the class folders; says what is left out."""
    left_out = Counter[str]()
    labeled, classes = members.places(settings.classes, left_out)
    if left_out:
        tqdm.write(f"warning: {members.source}: left out: {summarize(left_out)}", sys.stderr)
    if alike := twins(labeled):
        some = " and ".join(map(printable, alike[0]))
        tqdm.write(
            f"warning: {len(alike)} pairs of names differ in case, accents or spaces alone, "
            f"as {some}; macOS and Windows may take them for one",
            sys.stderr,
        )
    return labeled, classes


def inspect_members(members: Members, paths: list[str], settings: Curate) -> list[ManifestRow]:
    """Inspect images in the order of `paths`; one that is too large is not read."""
    limit = settings.max_file_mb * 1e6
    total = sum(size for path in paths if (size := members.images[path]) <= limit)
    if total > settings.max_total_gb * 1e9:
        raise UserError(
            f"{members.source}: {total / 1e9:.3g} GB of images are more than "
            f"curate.max_total_gb, {settings.max_total_gb:g}"
        )
    small = (path for path in paths if members.images[path] <= limit)
    rows = {row.path: row for row in inspect_all((path, members.read(path)) for path in small)}
    for path in paths:
        megabytes = members.images[path] / 1e6
        reason = f"{megabytes:,.0f} MB are more than curate.max_file_mb, {settings.max_file_mb:g}"
        rows.setdefault(path, ManifestRow(path=path, error=reason))
    return [rows[path] for path in paths]


def curate(
    rows: list[ManifestRow], decisions: Mapping[str, str], *, drop: bool, distance: int
) -> None:
    """Complete the manifest in place: group, conflict, decision, and whether the image stays.

    An unreadable image is left out and named by the caller; the same pixels under two labels are
    kept and flagged in `conflict` with the other label's path.
    """
    for row in rows:
        row.decision = decisions.get(row.path, "")
        if row.decision.startswith("label="):
            row.label = row.decision.removeprefix("label=")
        ambiguous = row.decision == "ambiguous" and drop
        row.kept = not (row.error or row.decision == "exclude" or ambiguous)
    readable = [row for row in rows if not row.error]
    groups = near_duplicate_groups([row.phash for row in readable], distance)
    same = defaultdict(list)
    for row, group in zip(readable, groups, strict=True):
        row.group = int(group)
        if row.kept:
            same[row.pixels].append(row)
    for alike in same.values():
        for row in alike:
            others = (twin.path for twin in alike if twin.label != row.label)
            row.conflict = next(others, "")


def warn_of_rows(rows: Iterable[ManifestRow]) -> None:
    """Say on stderr which images are left out as unreadable, and which contradict each other."""
    for row in rows:
        if row.error:
            tqdm.write(f"warning: {printable(row.path)}: {row.error}; left out", sys.stderr)
        if row.conflict:
            twin = f"{row.path} has the pixels of {row.conflict}"
            tqdm.write(f"warning: {printable(twin)}, under another label", sys.stderr)


def check_names(rows: list[ManifestRow]) -> None:
    """Refuse two classes that a person takes for one."""
    if alike := twins({row.label for row in rows if row.kept}):
        raise UserError(
            f"classes {alike[0][0]!r} and {alike[0][1]!r} differ in case, accents or spaces "
            "alone; give them one name"
        )


def check_complete(empty_folders: set[str], rows: list[ManifestRow]) -> None:
    """Refuse fewer than two classes, and one without images.

    `empty_folders` had none to begin with, but decisions may have filled them; a class that they
    relabel as a whole is no class.
    """
    kept = {row.label for row in rows if row.kept}
    empty = sorted((empty_folders | {row.label for row in rows}) - kept)
    if empty:
        names = ", ".join(map(printable, empty))
        raise UserError(f"class {names}: no readable image is left in it; fill or remove it")
    if len(kept) < 2:
        found = ", ".join(map(printable, kept)) or "none"
        raise UserError(
            f"found fewer than two classes ({found}); put images into data/<name>/<class>/"
        )


def kept_members(source: Path, rows: Iterable[ManifestRow]) -> Iterator[tuple[str, bytes]]:
    """Yield path and content of the images that stay, in the order of the rows."""
    with open_members(source) as members:
        for row in rows:
            if row.kept:
                yield row.path, members.read(row.path)
