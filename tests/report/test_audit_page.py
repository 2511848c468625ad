from pathlib import Path

import pytest
from PIL import Image

from checkstate.core import paths
from checkstate.core.errors import UserError
from checkstate.core.files import read_csv, write_archive, write_csv
from checkstate.core.params import load_params
from checkstate.core.tables import ManifestRow, PredictionRow, write_table
from checkstate.data.curation import curate_source, kept_members
from checkstate.data.decisions import read_decisions
from checkstate.evaluation.audit import suspects
from checkstate.report.audit_page import AuditSources, write_audit

SOURCES = AuditSources(paths.predictions_table("crossval"), paths.MANIFEST, paths.CURATED)


def audit(target: Path, limit: int) -> int:
    return write_audit(SOURCES, target, limit)


def tables() -> tuple[list[PredictionRow], list[ManifestRow]]:
    return PredictionRow.read(SOURCES.predictions), ManifestRow.read(SOURCES.manifest)


def write_inputs(project: Path) -> str:
    """A manifest, and out-of-fold predictions by which one label is surely wrong; its path."""
    source = project / "data/tiny"
    rows = curate_source(source, paths.curation_list(source), load_params().curate)
    write_table(paths.MANIFEST, rows)
    write_archive(paths.CURATED, kept_members(source, rows))
    wrong = rows[0].path
    predictions = []
    for row in rows:
        predicted = "other" if row.path == wrong else row.label
        likely = {c: 0.98 if c == predicted else 0.01 for c in ("checked", "other", "unchecked")}
        predictions.append(
            PredictionRow(
                path=row.path,
                label=row.label,
                predicted=predicted,
                confidence=0.98,
                probabilities=likely,
                fold=0,
            )
        )
    write_table(SOURCES.predictions, predictions)
    return wrong


def test_a_wrong_label_comes_first(project: Path) -> None:
    wrong = write_inputs(project)
    first, second, *_ = suspects(*tables())
    assert first.row.path == wrong
    assert first.reasons == [
        "predicted other, confidence 98%",
        "label issue by confident learning",
    ]
    assert first.score < 0.05 < second.score
    assert second.reasons == []


def test_an_image_excluded_since_then_wants_another_cross_validation(project: Path) -> None:
    wrong = write_inputs(project)
    manifest = ManifestRow.read(paths.MANIFEST)
    for row in manifest:
        row.kept = row.path != wrong
    write_table(paths.MANIFEST, manifest)
    with pytest.raises(UserError, match="is of other data"):
        audit(project / "suspects", 10)
    for row in manifest:
        row.kept, row.label = True, "checked"
    write_table(paths.MANIFEST, manifest)
    with pytest.raises(UserError, match="is of other data"):
        audit(project / "suspects", 10)


def test_page_and_list_are_written_and_curate_reads_the_list(project: Path) -> None:
    wrong = write_inputs(project)
    assert audit(project / "v1.2", 10) == 1
    page = (project / "v1.2.html").read_text()
    assert wrong in page
    assert "data:image/png;base64," in page
    assert read_decisions(project / "v1.2.csv", [wrong]) == {wrong: "keep"}


def test_a_list_that_somebody_decided_in_stays(project: Path) -> None:
    wrong = write_inputs(project)
    audit(project / "suspects", 10)
    audit(project / "suspects", 10)
    decided = [{"path": wrong, "decision": "exclude", "reason": "two controls"}]
    write_csv(project / "suspects.csv", decided)
    with pytest.raises(UserError, match=r"suspects\.csv holds decisions"):
        audit(project / "suspects", 10)
    assert read_csv(project / "suspects.csv") == decided


@pytest.mark.parametrize("name", ["suspects.csv", "suspects.html"])
def test_what_no_audit_wrote_stays(project: Path, name: str) -> None:
    write_inputs(project)
    (project / name).write_text("path,decision,reason\na.png,keep,checkbox of screen.png\n")
    with pytest.raises(UserError, match=f"{name} is of something else"):
        audit(project / "suspects", 10)
    assert "screen.png" in (project / name).read_text()


def test_a_list_that_was_moved_away_is_written_anew(project: Path) -> None:
    write_inputs(project)
    audit(project / "suspects", 10)
    (project / "suspects.csv").rename(project / "decided.csv")
    assert audit(project / "suspects", 10) == 1
    assert (project / "suspects.csv").read_bytes() == (project / "decided.csv").read_bytes()


def test_a_near_duplicate_under_another_label_comes_before_a_doubtful_one(project: Path) -> None:
    first = sorted((project / "data/tiny/unchecked").iterdir())[-1]
    image = Image.open(first).convert("RGB")
    image.resize((image.width * 2, image.height * 2)).save(project / "data/tiny/other/big.png")
    wrong = write_inputs(project)
    ranked = suspects(*tables())
    assert {found.row.path for found in ranked[:2]} == {"other/big.png", f"unchecked/{first.name}"}
    assert "a near-duplicate has another label" in ranked[0].reasons
    assert ranked[2].row.path == wrong


def test_a_list_of_no_suspects_can_be_read_as_well(project: Path) -> None:
    write_inputs(project)
    rows, _ = tables()
    for row in rows:
        row.predicted = row.label
        row.probabilities = {c: 0.98 if c == row.label else 0.01 for c in row.probabilities}
    write_table(SOURCES.predictions, rows)
    assert audit(project / "suspects", 10) == 0
    assert read_decisions(project / "suspects.csv", []) == {}


@pytest.mark.parametrize("missing", [SOURCES.predictions, SOURCES.manifest, SOURCES.archive])
def test_without_a_cross_validation_the_way_out_is_named(project: Path, missing: Path) -> None:
    write_inputs(project)
    missing.unlink()  # a clone has the predictions alone
    with pytest.raises(UserError, match=f"{missing} is missing: run `dvc repro crossval/dvc.yaml`"):
        audit(Path("suspects"), 10)
