"""Labels that deserve a second look, by confident learning over out-of-fold predictions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from cleanlab.filter import find_label_issues
from cleanlab.rank import get_label_quality_scores

from checkstate.core.tables import ManifestRow, PredictionRow
from checkstate.evaluation.predictions import to_arrays


@dataclass(frozen=True)
class Suspect:
    """A label with the reasons to doubt it; `score` is 0 for surely wrong, 1 for surely right."""

    row: PredictionRow
    score: float
    reasons: list[str]
    clash: bool
    """Whether another image that is the same, or nearly, has another label."""


def suspects(
    predictions: Sequence[PredictionRow], manifest: Sequence[ManifestRow]
) -> list[Suspect]:
    """Rank every image by how little its label is to be trusted, and say why.

    The score is cleanlab's self-confidence of the label under out-of-fold probabilities, and an
    image off the diagonal of the confident joint is named a label issue (Northcutt et al. 2021).
    Conflicting pixels, and near-duplicates under another label, come first whatever their score.
    """
    probabilities, labels, _ = to_arrays(predictions)
    scores = get_label_quality_scores(labels, probabilities)
    issues = find_label_issues(labels, probabilities, filter_by="confident_learning", n_jobs=1)
    facts = {row.path: row for row in manifest}
    groups = defaultdict(set)
    for fact in manifest:
        if fact.kept:
            groups[fact.group].add(fact.label)
    ranked = []
    for row, score, issue in zip(predictions, scores, issues, strict=True):
        fact = facts[row.path]
        clash = bool(fact.conflict) or len(groups[fact.group]) > 1
        ranked.append(Suspect(row, float(score), reasons(row, fact, clash, bool(issue)), clash))
    return sorted(ranked, key=lambda found: (not found.clash, found.score))


def reasons(row: PredictionRow, fact: ManifestRow, clash: bool, issue: bool) -> list[str]:
    """Why a label is doubted, in words."""
    found = []
    if fact.conflict:
        found.append(f"same pixels as {fact.conflict}")
    elif clash:
        found.append("a near-duplicate has another label")
    if not row.correct:
        found.append(f"predicted {row.predicted}, confidence {row.confidence:.0%}")
    if issue:
        found.append("label issue by confident learning")
    return found
