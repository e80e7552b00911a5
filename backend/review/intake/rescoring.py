"""What the calibration and policy in force make of a reviewer's own version of a summary.

In: an item, and its edited text scored against the same document. Out: a `SummaryView` of the edited text.
Stores nothing: the summary, its scores and its decision stay as they were.
"""

from __future__ import annotations

from dataclasses import replace

from backend.review.intake import summaries
from backend.review.learning import calibration
from backend.review.policy import policies
from backend.review.store.database import Database
from backend.review.store.views import SummaryView
from backend.uncertainty.summary import ScoredSummary


def weigh_again(database: Database, *, summary: SummaryView, scored: ScoredSummary) -> SummaryView:
    """The view of the edited text, to be drawn beside the original's."""
    judgement = summaries.weigh(
        scored,
        document_sha256=summaries.fingerprint(summary.document.text),
        kind=summary.document.kind,
        calibration=calibration.current(database),
        policy=policies.current(database),
    )
    return replace(
        summary,
        text=scored.text,
        tokens=scored.tokens,
        phrases=tuple(map(summaries.to_phrase_view, scored.analysis.phrases, judgement.edit_probabilities)),
        omissions=scored.analysis.omissions,
        risk=judgement.risk,
        calibration=judgement.calibration,
        policy=judgement.policy,
        base=scored.base,
        adapter=scored.adapter,
        posterior=scored.posterior,
        samples=scored.samples,
    )
