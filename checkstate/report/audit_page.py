"""The audit: a page for a person and a list for `curate`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from checkstate.core.errors import UserError
from checkstate.core.files import read_archive, read_csv, write_csv, write_text
from checkstate.core.tables import PredictionRow, kept_images
from checkstate.evaluation.audit import suspects
from checkstate.report.pages import thumbnail, write_page

HEADER = "path,decision,reason\n"


@dataclass(frozen=True)
class AuditSources:
    """What an audit reads: out-of-fold predictions, the manifest, and the images."""

    predictions: Path
    manifest: Path
    archive: Path


TITLE = "<title>Label audit</title>"
"""What tells the page of an audit from others."""


def write_audit(sources: AuditSources, target: Path, limit: int) -> int:
    """Write <target>.html and <target>.csv from the last cross-validation; returns the count.

    Raises UserError when there is none for the data that is curated now, or when what is there is
    no audit's or holds decisions.
    """
    if not target.name:
        raise UserError(f"{target}: a folder; name what is to be written, as {target}/suspects")
    page, table = (target.with_name(f"{target.name}.{kind}") for kind in ("html", "csv"))
    if table.exists() and any(row.get("decision") != "keep" for row in read_csv(table)):
        raise UserError(f"{table} holds decisions: move it away, or name another target")
    if page.exists() and TITLE not in page.read_text(encoding="utf-8", errors="replace"):
        raise UserError(f"{page} is of something else; name another target")
    if table.exists() and not page.exists():  # such as the list of `find --crops`
        raise UserError(f"{table} is of something else; name another target")
    for needed in (sources.predictions, sources.manifest, sources.archive):
        if not needed.exists():  # a clone has the predictions, which git holds, and no data
            raise UserError(f"{needed} is missing: run `dvc repro crossval/dvc.yaml`")
    manifest = kept_images(sources.manifest)
    predictions = PredictionRow.read(sources.predictions)
    if {r.path: r.label for r in predictions} != {r.path: r.label for r in manifest}:
        raise UserError(
            f"{sources.predictions} is of other data: run `dvc repro crossval/dvc.yaml` again"
        )
    found = [suspect for suspect in suspects(predictions, manifest) if suspect.reasons][:limit]
    members = read_archive(sources.archive, [suspect.row.path for suspect in found])
    pictures = [thumbnail(member.read()) for member in members]
    images = len(predictions)
    write_page(
        page, "audit.html.j2", suspects=list(zip(found, pictures, strict=True)), images=images
    )
    decisions = [
        {"path": s.row.path, "decision": "keep", "reason": "; ".join(s.reasons)} for s in found
    ]
    if decisions:
        write_csv(table, decisions)
    else:
        write_text(table, HEADER)
    return len(found)
