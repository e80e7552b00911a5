"""Verdicts that stand, dealt into two parts: one to learn from, one kept for certificates.

In: a session. Out: `Standing` verdicts with how each came to be given. Knows nothing of what is made of them.

A verdict is kept when the lot of a random check fell on its document, *whatever its risk*, and the document's hash is
even. So the kept part is a plain random sample of all summaries, although a threshold decides what else people see, and
needs no weights. All other verdicts are for learning, weighted by one over the probability of ending there.
A document is never in both: a single verdict of the learning part takes all of its verdicts there.

What an adapter may learn from is the smaller part again (`part_of`, by the document's hash): it is trained on some
documents, checked on others, and never touches those of "calibration". No calibration or certificate of an adapter
counts a verdict on a document that the adapter has learned from (`backend.review.policy.models.seen_documents`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, defer

from backend.review.policy import models
from backend.review.policy.decide import audit_draw
from backend.review.store.model_tables import ModelActivationRow, ModelRow
from backend.review.store.standing import stands
from backend.review.store.tables import DecisionRow, DocumentRow, ItemRow, PolicyRow, SummaryRow, VerdictRow

#: Of the documents that were drawn for a random check this share is kept for certificates.
KEPT_SHARE = 0.5
#: Share of the learning part's documents: to train an adapter on, to stop and tune it by, to compare it on, and those
#: that no adapter ever sees.
PART_SHARES = {"train": 0.55, "validation": 0.1, "held_out": 0.15, "calibration": 0.2}
_PART_DIGITS = 12  # of the hash, from its beginning: its last one decides about certificates


@dataclass(frozen=True, slots=True)
class Standing:
    """A verdict that stands, and the policy under which its summary came to a person."""

    verdict: VerdictRow
    summary: SummaryRow
    sha256: str
    review_probability: float
    policy: int
    audit_share: float

    @property
    def is_checked_by_lot(self) -> bool:
        """Whether a person saw it by lot, or would have, had its risk not sent it there anyway."""
        return audit_draw(self.sha256, policy=self.policy) < self.audit_share

    @property
    def is_drawn_to_keep(self) -> bool:
        """Whether lot and hash would keep it for certificates."""
        return is_kept(self.sha256, policy=self.policy, audit_share=self.audit_share)

    @property
    def learning_probability(self) -> float:
        """With which it was sent to a person and not kept; positive for every verdict to learn from."""
        return self.review_probability - KEPT_SHARE * self.audit_share


def is_kept(sha256: str, *, policy: int, audit_share: float) -> bool:
    """Whether a verdict on this document is for certificates: by lot and hash, not by its risk."""
    is_even = int(sha256[-1], 16) % 2 == 0
    return is_even and audit_draw(sha256, policy=policy) < audit_share


def part_of(sha256: str) -> str:
    """The part of a document of the learning half: a key of `PART_SHARES`, for ever the same."""
    position = int(sha256[:_PART_DIGITS], 16) / 16**_PART_DIGITS  # uniform in [0, 1)
    for name, share in PART_SHARES.items():
        position -= share
        if position < 0:
            return name
    return "calibration"


def load_standing(session: Session) -> list[Standing]:
    """Every verdict that stands, oldest first."""
    return [Standing(*row) for row in session.execute(_select_standing())]


def load_standing_lightly(session: Session) -> list[Standing]:
    """The same without the summaries' scores, which are most of what there is to read."""
    query = _select_standing().options(defer(SummaryRow.analysis, raiseload=True))
    return [Standing(*row) for row in session.execute(query)]


def judged_texts(session: Session, *, most: int) -> tuple[str, ...]:
    """The documents that the newest verdicts that stand were given on, newest first, each once."""
    query = (
        select(DocumentRow.text)
        .join(SummaryRow, SummaryRow.document_id == DocumentRow.id)
        .join(ItemRow, ItemRow.summary_id == SummaryRow.id)
        .join(VerdictRow, VerdictRow.item_id == ItemRow.id)
        .where(stands())
        .order_by(VerdictRow.id.desc())
        .limit(most)
    )
    return tuple(dict.fromkeys(session.scalars(query)))


def _select_standing() -> Select[Any]:
    return (
        select(
            VerdictRow,
            SummaryRow,
            DocumentRow.sha256,
            DecisionRow.review_probability,
            PolicyRow.version,
            PolicyRow.audit_share,
        )
        .join(ItemRow, ItemRow.id == VerdictRow.item_id)
        .join(DecisionRow, DecisionRow.id == ItemRow.decision_id)
        .join(PolicyRow, PolicyRow.version == DecisionRow.policy)
        .join(SummaryRow, SummaryRow.id == ItemRow.summary_id)
        .join(DocumentRow, DocumentRow.id == SummaryRow.document_id)
        .where(stands())
        .order_by(VerdictRow.id)
        .options(defer(SummaryRow.tokens))
    )


def deal(standing: Sequence[Standing]) -> tuple[list[Standing], list[Standing]]:
    """The part to learn from, and the part kept for certificates."""
    flags: dict[str, list[bool]] = defaultdict(list)
    for one in standing:
        flags[one.sha256].append(one.is_drawn_to_keep)
    kept = {sha256 for sha256, drawn in flags.items() if all(drawn)}
    return [one for one in standing if one.sha256 not in kept], [one for one in standing if one.sha256 in kept]


def find_model(session: Session) -> dict[str, str]:
    """The model in force; before the first one was loaded here, the newest summary's, or nothing."""
    in_force = (
        select(ModelRow.base, ModelRow.adapter, ModelRow.posterior)
        .join(ModelActivationRow, ModelActivationRow.version == ModelRow.version)
        .order_by(ModelActivationRow.id.desc())
    )
    named = session.execute(in_force.limit(1)).mappings().first()
    if named is not None:
        return dict(named)
    query = select(SummaryRow.base, SummaryRow.adapter, SummaryRow.posterior).order_by(SummaryRow.id.desc())
    found = session.execute(query.limit(1)).mappings().first()
    return dict(found) if found is not None else {}


def is_made_by(summary: SummaryRow, model: Mapping[str, str], *, feature_version: int) -> bool:
    """Whether a summary's scores are of this model and these features; others mean something else."""
    return is_written_by(summary, model) and summary.analysis.get("feature_version") == feature_version


def is_written_by(summary: SummaryRow, model: Mapping[str, str]) -> bool:
    """Whether this model wrote the summary."""
    return models.identity(summary) == model
