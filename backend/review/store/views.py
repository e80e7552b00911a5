"""What the use cases of this room hand out: frozen dataclasses of plain values.

In: nothing. Out: views of jobs, summaries, the inbox, verdicts, calibrations, policies and insights.
Knows nothing of SQL: nothing here is a table row, and nothing changes when the database does.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from backend.documents.document import Document
from backend.review.store.inbox_views import INBOX_STATES as INBOX_STATES
from backend.review.store.inbox_views import InboxCounts as InboxCounts
from backend.review.store.inbox_views import InboxPage as InboxPage
from backend.review.store.inbox_views import InboxRow as InboxRow
from backend.review.store.inbox_views import Lease, Rule, VerdictView
from backend.uncertainty.phrases import Omission, Reason, SourceSpan
from backend.uncertainty.report import CalibrationReport, ReliabilityBin
from backend.uncertainty.tokens import ScoredToken

#: Every state of a job; a cancelled one is "failed" with the code "job.cancelled".
JOB_STATES = ("queued", "running", "done", "failed")
#: What a person can say about a summary.
VERDICT_KINDS = ("approve", "correct", "reject")


@dataclass(frozen=True, slots=True)
class JobError:
    """Why a job failed: an English template over `parameters`, and the `code` of its translation."""

    code: str
    sentence: str
    parameters: dict[str, str | int | float]


@dataclass(frozen=True, slots=True)
class JobView:
    """One document on its way to a summary.

    Attributes:
        id: number of the job.
        state: one of `JOB_STATES`.
        stage: "reading", "writing" or "scoring" while it runs, else the last one or "".
        done: steps of the stage that are behind it.
        total: steps of the stage; 0 when unknown.
        text: the summary so far.
        error: set when `state` is "failed".
        summary_id: set when `state` is "done".
        position: place among the waiting jobs, 1 = next; 0 when it does not wait.
        attempts: how often a worker began it.
        document_title: title of the document.
        submitted_by: who submitted it.
        created_at: when, in UTC.
    """

    id: int
    state: str
    stage: str
    done: int
    total: int
    text: str
    error: JobError | None
    summary_id: int | None
    position: int
    attempts: int
    document_title: str
    submitted_by: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ClaimedJob:
    """A job that one worker holds: proof of ownership (`worker`, `attempt`), and what to do.

    `samples` is the number of posterior samples that the policy which decides on the document asks for; `model` is the
    version that an experiment wants, None for the one in force.
    """

    job_id: int
    worker: str
    attempt: int
    document_id: int
    document: Document
    samples: int
    model: int | None = None


@dataclass(frozen=True, slots=True)
class DocumentView:
    """The document that a summary is about; offsets elsewhere are code points of `text`."""

    id: int
    title: str
    text: str
    kind: str
    language: str
    source_name: str
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PhraseView:
    """A phrase of the summary with the probability that a person would edit it, and its band.

    `band` is "sure", "check" or "doubtful"; offsets are half-open code points of the summary.
    """

    start_char: int
    end_char: int
    text: str
    kind: str
    edit_probability: float
    band: str
    reasons: tuple[Reason, ...]
    source: tuple[SourceSpan, ...]


@dataclass(frozen=True, slots=True)
class SummaryView:
    """A stored summary, scored under the calibration and policy of its decision.

    `decision` is "accepted" or "review"; `reason` is "confident", "low_confidence" or "audit".
    `review_probability` is the probability with which it was sent to a person.
    `item_id` is its review item, None when it was accepted. `job_id` is None for the command line's.
    """

    id: int
    job_id: int | None
    document: DocumentView
    text: str
    tokens: tuple[ScoredToken, ...]
    phrases: tuple[PhraseView, ...]
    omissions: tuple[Omission, ...]
    risk: float
    decision: str
    reason: str
    review_probability: float
    calibration: int
    policy: int
    item_id: int | None
    base: str
    adapter: str
    posterior: str
    samples: int
    seconds: dict[str, float]
    notes: tuple[str, ...]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class CheckView:
    """A planted error, once it was answered: `planted` stood in place of `original`; `kind` as in `seeds`."""

    kind: str
    original: str
    planted: str
    is_caught: bool


@dataclass(frozen=True, slots=True)
class ItemView:
    """A review item. `version` goes back with the verdict; `history` begins with the oldest verdict.

    `lease` is None when nobody works on it. While a second, blind verdict is awaited (`stage`, see
    `inbox_views.REVIEW_STAGES`), `history` leaves the first one out. `check` says that the item was one.
    """

    id: int
    version: int
    state: str
    summary: SummaryView
    verdict: VerdictView | None
    history: tuple[VerdictView, ...]
    lease: Lease | None
    assignee: str | None
    role: str | None
    postponed_until: datetime | None
    is_escalated: bool
    stage: str
    submitted_by: str
    due_at: datetime | None
    check: CheckView | None


@dataclass(frozen=True, slots=True)
class Policy:
    """When a summary goes to a person: `risk > threshold`, or by lot with probability `audit_share`.

    Of what goes to a person, the share `second_share` goes to two, blind to each other; `rules` say for which role,
    until when, or to two people. Of what is accepted, the share `seed_share` comes back as a copy with an error.
    """

    version: int
    threshold: float
    samples: int
    audit_share: float
    second_share: float = 0.0
    seed_share: float = 0.0
    rules: tuple[Rule, ...] = ()


@dataclass(frozen=True, slots=True)
class PolicyView:
    """A policy with its author and date."""

    policy: Policy
    saved_by: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class WhatIf:
    """Stored risks under another threshold; audits by lot come on top and are not counted.

    Attributes:
        threshold: the threshold asked about.
        summaries: how many stored risks were looked at.
        sent: how many of them it would have sent for low confidence.
        sent_before: how many were really sent for low confidence.
        more: sent by it and not before.
        fewer: sent before and not by it.
        wrong_let_through: judged wrong by a person, yet below the threshold.
        judged_let_through: judged by a person at all, and below the threshold.
    """

    threshold: float
    summaries: int
    sent: int
    sent_before: int
    more: int
    fewer: int
    wrong_let_through: int
    judged_let_through: int


@dataclass(frozen=True, slots=True)
class CalibrationView:
    """A calibration version: what it came from (`provenance`) and what it improved (`metrics`)."""

    version: int
    parent: int | None
    is_current: bool
    is_cold_start: bool
    metrics: dict[str, object]
    provenance: dict[str, object]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class RecalibrationResult:
    """A try at recalibrating: the new current version, or None with the reason in `report`."""

    version: int | None
    report: CalibrationReport


@dataclass(frozen=True, slots=True)
class OverviewCounts:
    """How many summaries went which way, what people said, and what waits."""

    summaries: int
    accepted: int
    low_confidence: int
    audit: int
    pending: int
    approved: int
    corrected: int
    rejected: int
    undone: int
    jobs_queued: int
    jobs_running: int
    jobs_failed: int


@dataclass(frozen=True, slots=True)
class AuditRate:
    """Wrong ones among confident summaries that were sent to a person by lot.

    `low` and `high` bound the share with 95 % confidence (Clopper–Pearson); 0 and 1 without audits.
    """

    audited: int
    wrong: int
    share: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class CalibrationUse:
    """What became of the summaries that were scored by one calibration."""

    version: int
    summaries: int
    judged: int
    wrong: int
    mean_risk_of_judged: float


@dataclass(frozen=True, slots=True)
class RiskCoveragePoint:
    """Accepting the least risky `coverage` of all judged summaries lets through `error_share` wrong ones."""

    threshold: float
    coverage: float
    error_share: float


@dataclass(frozen=True, slots=True)
class Overview:
    """Figures over all summaries; those from verdicts weight each by how likely it was to be reviewed."""

    counts: OverviewCounts
    phrase_reliability: tuple[ReliabilityBin, ...]
    summary_reliability: tuple[ReliabilityBin, ...]
    risk_coverage: tuple[RiskCoveragePoint, ...]
    audit: AuditRate
    calibrations: tuple[CalibrationUse, ...]
