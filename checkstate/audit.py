"""Labels that deserve a second look, as a page for a person and a list for `curate`."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
from cleanlab.rank import get_label_quality_scores

from checkstate.errors import UserError
from checkstate.files import read_archive, read_csv, replacing, write_csv
from checkstate.pages import thumbnail, write_page

Row = dict[str, str]


def suspects(predictions: list[Row], manifest: list[Row]) -> list[dict[str, Any]]:
    """Rank every image by how little its label is to be trusted, and say why.

    The score is cleanlab's self-confidence of the given label under out-of-fold probabilities
    (Northcutt et al. 2021): 0 is surely wrong, 1 surely right. Conflicting pixels, and
    near-duplicates under another label, come first whatever their score.
    """
    classes = [key.removeprefix("p_") for key in predictions[0] if key.startswith("p_")]
    odds = np.array([[float(row[f"p_{name}"]) for name in classes] for row in predictions])
    labels = np.array([classes.index(row["label"]) for row in predictions])
    scores = get_label_quality_scores(labels, odds / odds.sum(1, keepdims=True))
    facts = {row["path"]: row for row in manifest}
    groups = defaultdict(set)
    for row in manifest:
        if row["kept"] == "1":
            groups[row["group"]].add(row["label"])
    ranked: list[dict[str, Any]] = []
    for row, score in zip(predictions, scores, strict=True):
        fact = facts[row["path"]]
        reasons = []
        clash = bool(fact["conflict"]) or len(groups[fact["group"]]) > 1
        if fact["conflict"]:
            reasons.append(f"same pixels as {fact['conflict']}")
        elif clash:
            reasons.append("a near-duplicate has another label")
        if row["predicted"] != row["label"]:
            reasons.append(f"said to be {row['predicted']}, {float(row['confidence']):.0%} sure")
        ranked.append({**row, "score": float(score), "why": "; ".join(reasons), "clash": clash})
    return sorted(ranked, key=lambda row: (not row["clash"], row["score"]))


def labels_of(rows: list[Row]) -> dict[str, str]:
    """The labels by path."""
    return {row["path"]: row["label"] for row in rows}


def audit(target: Path, limit: int) -> int:
    """Write <target>.html and <target>.csv from the last cross-validation; returns the count.

    Raises UserError when there is none for the data that is curated now, or when the list that is
    there holds decisions.
    """
    page, table = (target.with_name(f"{target.name}.{kind}") for kind in ("html", "csv"))
    if table.exists() and any(row.get("decision") != "keep" for row in read_csv(table)):
        raise UserError(f"{table} holds decisions: move it away, or name another target")
    source = Path("metrics/crossval/plots/predictions.csv")
    if not source.exists():
        raise UserError(f"{source} is missing: run `dvc repro crossval/dvc.yaml`")
    manifest = [row for row in read_csv("data/manifest.csv") if row["kept"] == "1"]
    predictions = read_csv(source)
    if labels_of(predictions) != labels_of(manifest):
        raise UserError(f"{source} is of other data: run `dvc repro crossval/dvc.yaml` again")
    rows = [row for row in suspects(predictions, manifest) if row["why"]][:limit]
    paths = [str(row["path"]) for row in rows]
    for row, member in zip(rows, read_archive("data/curated.zip", paths), strict=True):
        row["picture"] = thumbnail(member.read())
    images = len(predictions)
    write_page(page, "audit.html.j2", rows=rows, images=images)
    decisions = [{"path": r["path"], "decision": "keep", "reason": r["why"]} for r in rows]
    with replacing(table) as temporary:
        temporary.write_text("path,decision,reason\n")
        if decisions:
            write_csv(temporary, decisions)
    return len(rows)
