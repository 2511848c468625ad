from pathlib import Path

import pytest
from PIL import Image

from checkstate.audit import audit, suspects
from checkstate.curation import curate_source, kept_members, read_decisions
from checkstate.errors import UserError
from checkstate.files import read_csv, write_archive, write_csv


def write_inputs(project: Path) -> str:
    """A manifest, and out-of-fold answers in which one label is surely wrong; its path."""
    source = project / "data/tiny"
    rows = curate_source(source, drop=False, distance=8)
    write_csv("data/manifest.csv", rows)
    write_archive("data/curated.zip", kept_members(source, rows))
    wrong = str(rows[0]["path"])
    answers = []
    for row in rows:
        label = str(row["label"])
        said = "other" if row["path"] == wrong else label
        odds = {f"p_{c}": 0.98 if c == said else 0.01 for c in ("checked", "other", "unchecked")}
        answer = {"path": row["path"], "label": label, "predicted": said, "confidence": 0.98}
        answers.append({"fold": 0, **answer, **odds})
    write_csv("metrics/crossval/plots/predictions.csv", answers)
    return wrong


def test_a_wrong_label_comes_first(project: Path) -> None:
    wrong = write_inputs(project)
    ranked = suspects(
        read_csv("metrics/crossval/plots/predictions.csv"), read_csv("data/manifest.csv")
    )
    assert ranked[0]["path"] == wrong
    assert ranked[0]["why"] == "said to be other, 98% sure"
    assert ranked[0]["score"] < 0.05 < ranked[1]["score"]


def test_an_image_excluded_since_then_wants_another_cross_validation(project: Path) -> None:
    wrong = write_inputs(project)
    manifest = read_csv("data/manifest.csv")
    write_csv("data/manifest.csv", [r | {"kept": str(int(r["path"] != wrong))} for r in manifest])
    with pytest.raises(UserError, match="is of other data"):
        audit(project / "suspects", 10)
    write_csv("data/manifest.csv", [r | {"label": "checked"} for r in manifest])
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


def test_a_near_duplicate_under_another_label_comes_before_a_doubtful_one(project: Path) -> None:
    first = sorted((project / "data/tiny/unchecked").iterdir())[-1]
    image = Image.open(first).convert("RGB")
    image.resize((image.width * 2, image.height * 2)).save(project / "data/tiny/other/big.png")
    wrong = write_inputs(project)
    ranked = suspects(
        read_csv("metrics/crossval/plots/predictions.csv"), read_csv("data/manifest.csv")
    )
    assert {row["path"] for row in ranked[:2]} == {"other/big.png", f"unchecked/{first.name}"}
    assert ranked[0]["why"] == "a near-duplicate has another label"
    assert ranked[2]["path"] == wrong


def test_a_list_of_no_suspects_can_be_read_as_well(project: Path) -> None:
    write_inputs(project)
    rows = read_csv("metrics/crossval/plots/predictions.csv")
    right = [row | {"predicted": row["label"]} for row in rows]
    write_csv("metrics/crossval/plots/predictions.csv", right)
    assert audit(project / "suspects", 10) == 0
    assert read_decisions(project / "suspects.csv", []) == {}


@pytest.mark.usefixtures("project")
def test_without_a_cross_validation_the_way_out_is_named() -> None:
    with pytest.raises(UserError, match=r"dvc repro crossval/dvc\.yaml"):
        audit(Path("suspects"), 10)
