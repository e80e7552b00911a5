"""Which items a person wants to see, as conditions on the inbox's rows, and in which order.

In: an `InboxFilter`, a person with roles, a moment. Out: SQL conditions and orders, all on the items alone
(but for a search), so that a page is read from indexes. Knows nothing of pages or rows.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, false, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute, Session

from backend.errors import ReviewError
from backend.review.queue.conflicts import is_free_for
from backend.review.queue.second_review import ARBITER_ROLE, Team, able
from backend.review.store.dialect import contains_words
from backend.review.store.inbox_views import INBOX_SORTS, INBOX_STATES, InboxFilter
from backend.review.store.standing import is_not_undone
from backend.review.store.storable import clean_typed
from backend.review.store.tables import DocumentRow, ItemRow, SummaryRow, VerdictRow

_EQUAL = {
    "kind": ItemRow.kind,
    "language": ItemRow.language,
    "submitter": ItemRow.submitted_by,
    "reason": ItemRow.reason,
    "model": ItemRow.model,
}


def check(where: InboxFilter, *, sort: str) -> None:
    """Refuse what the inbox cannot be asked for."""
    if where.state not in INBOX_STATES:
        raise ReviewError("inbox.unknown_state", "The inbox has no state {state}.", state=where.state)
    if sort not in INBOX_SORTS:
        raise ReviewError("inbox.unknown_sort", "The inbox cannot be sorted by {sort}.", sort=sort)
    numbers = (where.risk_low, where.risk_high, where.min_age_hours)
    if not all(math.isfinite(value) for value in numbers) or where.min_age_hours < 0:
        raise ReviewError("inbox.filter_range", "A number of the filter is out of its range; correct it.")


def to_order(sort: str, of: Any = ItemRow) -> tuple[ColumnElement[object], ...]:
    """How rows are sorted; the number of the item breaks ties. `of` has the columns of an item."""
    return {
        "risk": (of.risk.desc(), of.id.desc()),
        "age": (of.id.asc(),),
        "cost": (of.cost_seconds.asc(), of.id.asc()),
        # What has no deadline comes last on every database.
        "due": (of.due_at.is_(None).asc(), of.due_at.asc(), of.id.asc()),
    }[sort]


def to_reverse_order(sort: str) -> tuple[ColumnElement[object], ...]:
    """The same order from its end."""
    return {
        "risk": (ItemRow.risk.asc(), ItemRow.id.asc()),
        "age": (ItemRow.id.desc(),),
        "cost": (ItemRow.cost_seconds.desc(), ItemRow.id.desc()),
        "due": (ItemRow.due_at.is_(None).desc(), ItemRow.due_at.desc(), ItemRow.id.desc()),
    }[sort]


def to_conditions(session: Session, where: InboxFilter, *, moment: datetime) -> ColumnElement[bool]:
    """All that an item must fulfil."""
    where = replace(where, **{name: clean_typed(getattr(where, name)) for name in (*_EQUAL, "assignee", "text")})
    conditions = [_in_state(where.state, moment=moment)]
    conditions += [column == getattr(where, name) for name, column in _EQUAL.items() if getattr(where, name)]
    if where.risk_low > 0.0:
        conditions.append(ItemRow.risk >= where.risk_low)
    if where.risk_high < 1.0:
        conditions.append(ItemRow.risk <= where.risk_high)
    if where.assignee:
        conditions.append(or_(ItemRow.assignee == where.assignee, ItemRow.role == where.assignee))
    if where.min_age_hours > 0.0:
        hours = min(where.min_age_hours, 24.0 * 36_500)
        conditions.append(ItemRow.created_at <= moment - timedelta(hours=hours))
    if where.text.strip():
        conditions.append(_contains(session, where.text))
    return and_(true(), *conditions)


def is_awake(*, moment: datetime) -> ColumnElement[bool]:
    """Condition on an item: nobody has put it off, or its time has come."""
    return or_(ItemRow.postponed_until.is_(None), ItemRow.postponed_until <= moment)


def is_offered_to(
    reviewer: str | None, *, roles: Collection[str], team: Team = None, moment: datetime
) -> ColumnElement[bool]:
    """Condition on a pending item: it may come next to this person (None: to nobody in particular).

    Nobody else holds it or is to do it, and it needs no second view of this person's own verdict; unless nobody else of
    the `team` could have one.
    """
    conditions = [is_awake(moment=moment), is_free_for(reviewer or "", moment=moment)]
    if reviewer is not None:
        own: InstrumentedAttribute[str | None] = ItemRow.assignee
        is_theirs = or_(own.is_(None), own == reviewer) & or_(ItemRow.role.is_(None), ItemRow.role.in_(list(roles)))
        is_new = or_(ItemRow.stage == "single", ~_has_opinion_of(reviewer))
        is_arbiter = true() if ARBITER_ROLE in roles else false()
        conditions += [is_theirs, or_(is_new, _is_nobody_elses(reviewer, team=team or {}))]
        conditions.append(or_(ItemRow.stage != "arbiter", is_arbiter))
    return and_(*conditions)


def _has_opinion_of(reviewer: str) -> ColumnElement[bool]:
    query = select(VerdictRow.id).where(
        VerdictRow.item_id == ItemRow.id, VerdictRow.reviewer == reviewer, ~VerdictRow.is_final, is_not_undone()
    )
    return query.exists()


def _is_nobody_elses(reviewer: str, *, team: Mapping[str, Collection[str]]) -> ColumnElement[bool]:
    """Condition on an item that this person has judged blind: all others who could decide have done so, too."""
    cases = []
    for stage in ("second", "arbiter"):
        for role in (None, *team):
            others = able(team, stage=stage, role=role) - {reviewer}
            if len(others) < 2:  # there are at most two blind verdicts, this person's among them
                said = [_has_opinion_of(name) for name in others]
                cases.append(and_(ItemRow.stage == stage, ItemRow.role.is_not_distinct_from(role), *said))
    return or_(false(), *cases)


def _in_state(state: str, *, moment: datetime) -> ColumnElement[bool]:
    return {
        "pending": and_(ItemRow.state == "pending", is_awake(moment=moment)),
        "overdue": and_(ItemRow.state == "pending", ItemRow.due_at <= moment),
        "postponed": and_(ItemRow.state == "pending", ItemRow.postponed_until > moment),
        "escalated": and_(ItemRow.state == "pending", ItemRow.is_escalated),
        "decided": ItemRow.state == "decided",
        "all": true(),
    }[state]


def _contains(session: Session, words: str) -> ColumnElement[bool]:
    texts = (
        select(ItemRow.id, DocumentRow.title, SummaryRow.text, DocumentRow.text)
        .join(SummaryRow, SummaryRow.id == ItemRow.summary_id)
        .join(DocumentRow, DocumentRow.id == SummaryRow.document_id)
    )
    return contains_words(session, item_id=ItemRow.id, words=words, texts=texts)
