"""The review inbox: pages, one item, the next one, and counts; all of it read, nothing changed.

In: a database and which page or item. Out: frozen views, the most doubtful first unless asked otherwise.
Knows nothing of how a verdict is given (`verdicts`) or who gets an item (`dispatch`).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, tuple_
from sqlalchemy.orm import Session

from backend.review.intake import seeds, summaries
from backend.review.queue import filters, vigilance
from backend.review.queue.conflicts import held_by, require_item
from backend.review.queue.second_review import Team
from backend.review.queue.verdicts import to_view
from backend.review.store.database import Database
from backend.review.store.inbox_views import BLIND_STAGES, DayProgress, InboxFilter
from backend.review.store.seed_tables import SeededErrorRow
from backend.review.store.standing import stands
from backend.review.store.tables import DocumentRow, ItemRow, SummaryRow, VerdictRow, VerdictUndoRow, now
from backend.review.store.views import InboxCounts, InboxPage, InboxRow, ItemView, VerdictView

MAX_PAGE_SIZE = 500
_START_CHARACTERS = 160
_NEWEST = 500
_MAX_PAGE = 10**9  # more than a database can hold, and its rows still have a number
_ITEM_COLUMNS = (
    "summary_id", "kind", "language", "risk", "reason", "state", "created_at", "submitted_by", "cost_seconds",
    "assignee", "role", "postponed_until", "is_escalated", "stage", "due_at",
)  # fmt: skip


def page(
    database: Database,
    *,
    page: int = 1,
    page_size: int = 50,
    state: str = "pending",
    where: InboxFilter | None = None,
    sort: str = "risk",
) -> InboxPage:
    """One page of the inbox; a page beyond the last is the last. `where` has a state of its own.

    Raises:
        ReviewError: when the filter or the order asks for what there is not.
    """
    wanted = where if where is not None else InboxFilter(state=state)
    filters.check(wanted, sort=sort)
    size = min(max(page_size, 1), MAX_PAGE_SIZE)
    moment = now()
    with database.reading() as session:
        conditions = filters.to_conditions(session, wanted, moment=moment)
        number = min(max(page, 1), _MAX_PAGE)
        total, chosen = _search(session, conditions, sort=sort, number=number, size=size) if wanted.text else (0, ())
        if not chosen:
            total = session.scalar(select(func.count()).select_from(ItemRow).where(conditions)) or 0
            number = min(number, _pages(total, size=size))
            chosen = _load_ids(session, conditions, sort=sort, first=(number - 1) * size, size=size, total=total)
        rows = _load_rows(session, chosen, sort=sort, moment=moment)
    return InboxPage(rows=rows, total=total, page=number, pages=_pages(total, size=size))


def item(database: Database, item_id: int, *, viewer: str | None = None) -> ItemView:
    """Everything about one item that this person may see.

    Raises:
        ReviewError: when there is no such item.
    """
    with database.reading() as session:
        row = require_item(session, item_id)
        # Even one that was undone would tell: an agreeing second verdict says what the first one is.
        is_blind = row.state == "pending" and row.stage in BLIND_STAGES
        said = _load_verdicts(session, item_id)
        history = [one for one in said if not is_blind or one.reviewer == viewer]
        summary = summaries.load(session, row.summary_id)
        return ItemView(
            id=row.id,
            version=row.version,
            state=row.state,
            summary=seeds.show(summary, seeds.find(session, row.id)) if row.is_seeded else summary,
            verdict=next((one for one in history if one.is_final and not one.is_undone), None),
            history=tuple(history),
            lease=held_by(row),
            assignee=row.assignee,
            role=row.role,
            postponed_until=row.postponed_until,
            is_escalated=row.is_escalated,
            stage=row.stage,
            submitted_by=row.submitted_by,
            due_at=row.due_at,
            check=vigilance.find_check(session, row),
        )


def next_pending(
    database: Database,
    *,
    after: int | None = None,
    reviewer: str | None = None,
    roles: Collection[str] = (),
    team: Team = None,
) -> int | None:
    """The overdue item that waits longest, or the most doubtful one; with `after`, the next one down that list.

    After the last one it starts from the top. Never `after` itself, nor what another person holds, is to do, or has
    put off; None when nothing else waits. After a decided item the overdue ones come first again. With `team`, the
    people by role, an item comes back to who has judged it blind where nobody else could decide about it.
    """
    moment = now()
    with database.reading() as session:
        offered = filters.is_offered_to(reviewer, roles=roles, team=team, moment=moment)
        pending = select(ItemRow.id).where(ItemRow.state == "pending", offered).limit(1)
        previous = session.get(ItemRow, after) if after is not None else None
        found = (session.scalar(query) for query in _walk_from(previous, pending, moment=moment))
        return next((item_id for item_id in found if item_id is not None), None)


def _walk_from(previous: ItemRow | None, pending: Select, *, moment: datetime) -> tuple[Select, ...]:
    """Where to look for the next item, first to last."""
    if previous is not None:
        pending = pending.where(ItemRow.id != previous.id)
    is_late = ItemRow.due_at <= moment
    late = pending.where(is_late).order_by(ItemRow.due_at, ItemRow.id)
    doubtful = pending.where(or_(ItemRow.due_at.is_(None), ~is_late)).order_by(*filters.to_order("risk"))
    if previous is None:
        return late, doubtful
    if previous.state == "pending" and previous.due_at is not None and previous.due_at <= moment:
        behind = tuple_(ItemRow.due_at, ItemRow.id) > tuple_(previous.due_at, previous.id)
        return late.where(behind), doubtful, late
    below = doubtful.where(tuple_(ItemRow.risk, ItemRow.id) < tuple_(previous.risk, previous.id))
    return (below, late, doubtful) if previous.state == "pending" else (late, below, doubtful)


def counts(database: Database) -> InboxCounts:
    """How much waits, is put off, is escalated, and is done."""
    moment = now()
    with database.reading() as session:
        query = select(ItemRow.state, func.count()).group_by(ItemRow.state)
        by_state = dict(session.execute(query).all())
        waiting = select(func.count()).select_from(ItemRow).where(ItemRow.state == "pending")
        postponed = session.scalar(waiting.where(ItemRow.postponed_until > moment)) or 0
        escalated = session.scalar(waiting.where(ItemRow.is_escalated)) or 0
        overdue = session.scalar(waiting.where(ItemRow.due_at <= moment)) or 0
        oldest = session.execute(
            select(ItemRow.id, ItemRow.created_at)
            .where(ItemRow.state == "pending")
            .order_by(ItemRow.created_at)
            .limit(1)
        ).first()
    return InboxCounts(
        pending=by_state.get("pending", 0) - postponed,
        decided=by_state.get("decided", 0),
        oldest_pending_at=oldest.created_at if oldest is not None else None,
        postponed=postponed,
        escalated=escalated,
        oldest_item_id=oldest.id if oldest is not None else None,
        overdue=overdue,
    )


def progress(database: Database, *, since: datetime, reviewer: str) -> DayProgress:
    """Verdicts since a moment that nobody has undone: everybody's, and this person's."""
    query = select(func.count()).select_from(VerdictRow).where(VerdictRow.created_at >= since, stands())
    with database.reading() as session:
        own = session.scalar(query.where(VerdictRow.reviewer == reviewer))
        return DayProgress(team=session.scalar(query) or 0, own=own or 0)


def choices(database: Database) -> dict[str, tuple[str, ...]]:
    """Values to choose from, for each filter that is chosen from a list: those of the newest items.

    Assignees and roles are those of all items.
    """
    newest = select(ItemRow.kind, ItemRow.language, ItemRow.submitted_by, ItemRow.model)
    passed_on = {"assignee": ItemRow.assignee, "role": ItemRow.role}
    with database.reading() as session:
        rows = session.execute(newest.order_by(ItemRow.id.desc()).limit(_NEWEST)).all()
        found = dict(zip(("kind", "language", "submitter", "model"), zip(*rows, strict=True), strict=bool(rows)))
        for name, column in passed_on.items():
            query = select(column).where(column.is_not(None)).distinct().limit(_NEWEST)
            found[name] = tuple(session.scalars(query))
    names = ("kind", "language", "submitter", "model", *passed_on)
    return {name: tuple(sorted({value for value in found.get(name, ()) if value})) for name in names}


def _pages(total: int, *, size: int) -> int:
    return max(1, -(-total // size))


def _search(
    session: Session, conditions: ColumnElement[bool], *, sort: str, number: int, size: int
) -> tuple[int, Sequence[int]]:
    """How many items a search finds, and the numbers of one page of them; looked up once for both.

    A page beyond the last is empty and tells nothing.
    """
    columns = (ItemRow.id, ItemRow.risk, ItemRow.cost_seconds, ItemRow.due_at)
    found = select(*columns).where(conditions).cte("found")
    total = select(func.count()).select_from(found).scalar_subquery()
    ordered = select(found.c.id, total).order_by(*filters.to_order(sort, found.c))
    rows = session.execute(ordered.offset((number - 1) * size).limit(size)).all()
    return (rows[0][1] if rows else 0), [row[0] for row in rows]


def _load_ids(
    session: Session, conditions: ColumnElement[bool], *, sort: str, first: int, size: int, total: int
) -> Sequence[int]:
    """Numbers of one page. A page of the second half is counted from the end: no page is deeper than the middle."""
    count = min(size, max(total - first, 0))
    from_end = total - first - count
    ids = select(ItemRow.id).where(conditions).limit(count)
    if from_end < first:
        return session.scalars(ids.order_by(*filters.to_reverse_order(sort)).offset(from_end)).all()[::-1]
    return session.scalars(ids.order_by(*filters.to_order(sort)).offset(first)).all()


def _load_rows(session: Session, ids: Sequence[int], *, sort: str, moment: datetime) -> tuple[InboxRow, ...]:
    # The ids came from an index alone. Left to plan both steps as one, SQLite joins the whole inbox.
    query = _select_rows().where(ItemRow.id.in_(ids)).order_by(*filters.to_order(sort))
    rows = [InboxRow(**row) for row in session.execute(query).mappings()]
    return tuple(
        row if row.lease_until is not None and row.lease_until > moment else _without_lease(row) for row in rows
    )


def _without_lease(row: InboxRow) -> InboxRow:
    return replace(row, lease_owner=None, lease_until=None)


def _select_rows() -> Select:
    return (
        select(
            ItemRow.id.label("item_id"),
            DocumentRow.title,
            func.substr(func.coalesce(SeededErrorRow.text, SummaryRow.text), 1, _START_CHARACTERS).label(
                "summary_start"
            ),
            VerdictRow.kind.label("verdict"),
            VerdictRow.reviewer,
            ItemRow.lease_owner,
            ItemRow.lease_until,
            *[getattr(ItemRow, name) for name in _ITEM_COLUMNS],
        )
        .join(SummaryRow, SummaryRow.id == ItemRow.summary_id)
        .join(DocumentRow, DocumentRow.id == SummaryRow.document_id)
        .outerjoin(VerdictRow, and_(VerdictRow.item_id == ItemRow.id, stands()))
        .outerjoin(SeededErrorRow, SeededErrorRow.item_id == ItemRow.id)
    )


def _load_verdicts(session: Session, item_id: int) -> tuple[VerdictView, ...]:
    query = (
        select(VerdictRow, VerdictUndoRow)
        .outerjoin(VerdictUndoRow, VerdictUndoRow.verdict_id == VerdictRow.id)
        .where(VerdictRow.item_id == item_id)
        .order_by(VerdictRow.round)
    )
    return tuple(to_view(verdict, undo) for verdict, undo in session.execute(query))
