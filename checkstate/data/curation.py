"""What stays in a data set: people's decisions, contradictions, classes that are left."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

from tqdm import tqdm

from checkstate.core.errors import UserError
from checkstate.core.files import read_csv
from checkstate.core.tables import ManifestRow
from checkstate.core.text import printable
from checkstate.data.duplicates import near_duplicate_groups
from checkstate.data.inspection import SPLITS, class_folders, inspect_all, read_members


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
    twins = defaultdict(list)
    for row, group in zip(readable, groups, strict=True):
        row.group = int(group)
        twins[row.pixels].append(row)
    for row in readable:
        others = (twin.path for twin in twins[row.pixels] if twin.label != row.label)
        row.conflict = next(others, "")


def curate_source(source: Path, listed: Path, *, drop: bool, distance: int) -> list[ManifestRow]:
    """Inspect a data set, apply its curation list `listed`, and return its complete manifest.

    What is left out or contradicts itself is said on stderr, one line an image.
    """
    rows = inspect_all(read_members(source))
    empty_folders = class_folders(source) - {row.label for row in rows}
    decisions = read_decisions(listed, [row.path for row in rows])
    curate(rows, decisions, drop=drop, distance=distance)
    check_classes(empty_folders, rows)
    for row in rows:
        if row.error:
            tqdm.write(f"warning: {printable(row.path)}: {row.error}; left out", sys.stderr)
        if row.conflict:
            twin = f"{row.path} has the pixels of {row.conflict}"
            tqdm.write(f"warning: {printable(twin)}, under another label", sys.stderr)
    return rows


def check_classes(empty_folders: set[str], rows: list[ManifestRow]) -> None:
    """Refuse a data set with fewer than two classes, or with a class left without images.

    `empty_folders` had none to begin with; a class that decisions relabel as a whole is no class.
    """
    kept = {row.label for row in rows if row.kept}
    empty = sorted(empty_folders | {row.label for row in rows} - kept)
    if empty:
        raise UserError(f"class {', '.join(empty)}: no readable image is left in it")
    if len(kept) < 2:
        raise UserError("found fewer than two classes; put images into data/<name>/<class>/")
