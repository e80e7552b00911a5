"""What the inbox hands out and takes in: rows, filters, leases, verdicts, conflicts, events, rules.

In: nothing. Out: frozen dataclasses of plain values.
Knows nothing of SQL; the summary itself stands in `views`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

#: What `inbox.page` can be asked for; a postponed item is not pending until its time has come.
INBOX_STATES = ("pending", "overdue", "postponed", "escalated", "decided", "all")
#: Most doubtful first, oldest first, what is reviewed quickest first, or what is due (or overdue) first.
INBOX_SORTS = ("risk", "age", "cost", "due")
#: One person decides ("single"); or two, blind to each other, and an arbiter when they disagree.
REVIEW_STAGES = ("single", "first", "second", "arbiter")
#: While an item waits in one of these, nobody sees what another person has said about it.
BLIND_STAGES = ("first", "second")


@dataclass(frozen=True, slots=True)
class InboxFilter:
    """Which items to list; an empty value asks for nothing.

    Attributes:
        state: one of `INBOX_STATES`.
        risk_low: smallest risk, included.
        risk_high: largest risk, included.
        kind: kind of document.
        language: language of the document.
        submitter: who submitted the document.
        assignee: whose it is; a role counts, too.
        min_age_hours: how long it must have waited at least.
        reason: "low_confidence" or "audit".
        model: adapter that wrote the summary.
        text: words of title, summary or document.
    """

    state: str = "pending"
    risk_low: float = 0.0
    risk_high: float = 1.0
    kind: str = ""
    language: str = ""
    submitter: str = ""
    assignee: str = ""
    min_age_hours: float = 0.0
    reason: str = ""
    model: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class InboxRow:
    """One line of the inbox; `summary_start` is the beginning of the summary.

    `lease_owner` is None when nobody is working on it just now. `assignee` is a person, `role` a group that an
    escalation goes to. `cost_seconds` is the expected time of a review; it should be done by `due_at`.
    """

    item_id: int
    summary_id: int
    title: str
    summary_start: str
    kind: str
    language: str
    risk: float
    reason: str
    state: str
    verdict: str | None
    reviewer: str | None
    created_at: datetime
    submitted_by: str
    cost_seconds: float
    lease_owner: str | None
    lease_until: datetime | None
    assignee: str | None
    role: str | None
    postponed_until: datetime | None
    is_escalated: bool
    stage: str
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class InboxPage:
    """Rows of one page, most doubtful first. `page` counts from 1 and is clipped to `pages` (≥ 1)."""

    rows: tuple[InboxRow, ...]
    total: int
    page: int
    pages: int


@dataclass(frozen=True, slots=True)
class InboxCounts:
    """How much waits, how much is done, and since when the oldest waits (None when nothing does).

    `escalated` and `overdue` items are pending or postponed as well.
    """

    pending: int
    decided: int
    oldest_pending_at: datetime | None
    postponed: int = 0
    escalated: int = 0
    oldest_item_id: int | None = None
    overdue: int = 0


@dataclass(frozen=True, slots=True)
class DayProgress:
    """Verdicts that stand since a moment: of everybody, and of one person."""

    team: int
    own: int


@dataclass(frozen=True, slots=True)
class SavedView:
    """A filter and an order that a person has given a name."""

    id: int
    name: str
    where: InboxFilter
    sort: str


@dataclass(frozen=True, slots=True)
class Lease:
    """Who works on an item, and until when, unless it is renewed."""

    item_id: int
    owner: str
    until: datetime


@dataclass(frozen=True, slots=True)
class VerdictView:
    """What a person said. `text` is the corrected summary (only for "correct"); `is_undone` voids it.

    `is_final` is False for one of two blind verdicts that did not decide the item by itself.
    """

    id: int
    item_id: int
    kind: str
    text: str | None
    note: str
    reviewer: str
    seconds_spent: float | None
    created_at: datetime
    is_undone: bool
    undone_by: str | None
    undone_at: datetime | None
    is_final: bool = True


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two people on one item: what a page needs to show both texts.

    Attributes:
        item_id: the item.
        version: its version now; goes back with a verdict that is given all the same.
        state: "pending" or "decided".
        mine: what the late one had typed, "" for nothing.
        theirs: the other's correction, draft, or the summary as it stands.
        owner: who the other one is.
        verdict: the other's verdict, None while it is still being worked on.
        lease_until: until when the other one holds the item, None when it is decided.
        summary: the summary itself.
    """

    item_id: int
    version: int
    state: str
    mine: str
    theirs: str
    owner: str
    verdict: str | None
    lease_until: datetime | None
    summary: str


@dataclass(frozen=True, slots=True)
class EventView:
    """One entry of the record: who, when, what; `facts` hold the model and versions it happened under."""

    id: int
    at: datetime
    actor: str
    kind: str
    item_id: int | None
    facts: dict[str, object]
    hash: str


@dataclass(frozen=True, slots=True)
class ChainReport:
    """Outcome of an audit: `broken_id` is the first entry that does not fit, None when all do."""

    events: int
    head: str
    broken_id: int | None
    problem: str


@dataclass(frozen=True, slots=True)
class Rule:
    """What happens to an item of this risk (both ends included) and kind ("" is any).

    Attributes:
        risk_low: smallest risk.
        risk_high: largest risk.
        kind: kind of document.
        role: who decides, one of `escalation.RULE_ROLES`.
        needs_second: whether two people review it blind to each other.
        hours: how long it may wait; None for no deadline.
    """

    risk_low: float = 0.0
    risk_high: float = 1.0
    kind: str = ""
    role: str = ""
    needs_second: bool = False
    hours: float | None = None

    def fits(self, *, risk: float, kind: str) -> bool:
        """Whether the rule speaks of such an item."""
        return self.risk_low <= risk <= self.risk_high and self.kind in ("", kind)
