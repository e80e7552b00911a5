"""The review inbox: pages, one item, the next one, and counts; all of it read, nothing changed.

In: a database and which page or item. Out: frozen views, the most doubtful first.
Knows nothing of how a verdict is given (`verdicts`).
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Select, and_, func, select, tuple_
from sqlalchemy.orm import Session

from backend.errors import ReviewError
from backend.review import summaries
from backend.review.database import Database
from backend.review.tables import DocumentRow, ItemRow, SummaryRow, VerdictRow, VerdictUndoRow
from backend.review.verdicts import stands, to_view
from backend.review.views import INBOX_STATES, InboxCounts, InboxPage, InboxRow, ItemView, VerdictView

MAX_PAGE_SIZE = 500
_START_CHARACTERS = 160


def page(database: Database, *, page: int = 1, page_size: int = 50, state: str = "pending") -> InboxPage:
    """One page of the inbox; a page beyond the last is the last.

    Raises:
        ReviewError: when `state` is not one of `views.INBOX_STATES`.
    """
    if state not in INBOX_STATES:
        raise ReviewError("inbox.unknown_state", "The inbox has no state {state}.", state=state)
    size = min(max(page_size, 1), MAX_PAGE_SIZE)
    with database.reading() as session:
        total = session.scalar(_in_state(select(func.count()).select_from(ItemRow), state)) or 0
        pages = max(1, -(-total // size))
        number = min(max(page, 1), pages)
        ids = _in_state(select(ItemRow.id), state).order_by(ItemRow.risk.desc(), ItemRow.id.desc())
        chosen = session.scalars(ids.limit(size).offset((number - 1) * size)).all()
        rows = _load_rows(session, chosen)
    return InboxPage(rows=rows, total=total, page=number, pages=pages)


def item(database: Database, item_id: int) -> ItemView:
    """Everything about one item.

    Raises:
        ReviewError: when there is no such item.
    """
    with database.reading() as session:
        row = session.get(ItemRow, item_id)
        if row is None:
            raise ReviewError("review.not_found", "There is no review item {item}.", item=item_id)
        history = _load_verdicts(session, item_id)
        return ItemView(
            id=row.id,
            version=row.version,
            state=row.state,
            summary=summaries.load(session, row.summary_id),
            verdict=next((verdict for verdict in history if not verdict.is_undone), None),
            history=history,
        )


def next_pending(database: Database, *, after: int | None = None) -> int | None:
    """The most doubtful pending item; with `after`, the next one down the list, then from the top again.

    Never `after` itself; None when nothing else waits.
    """
    order = (ItemRow.risk.desc(), ItemRow.id.desc())
    pending = select(ItemRow.id).where(ItemRow.state == "pending").order_by(*order).limit(1)
    with database.reading() as session:
        previous = session.get(ItemRow, after) if after is not None else None
        if previous is None:
            return session.scalar(pending)
        below = tuple_(ItemRow.risk, ItemRow.id) < tuple_(previous.risk, previous.id)
        found = session.scalar(pending.where(below))
        return found if found is not None else session.scalar(pending.where(ItemRow.id != previous.id))


def counts(database: Database) -> InboxCounts:
    """How much waits and how much is done."""
    with database.reading() as session:
        query = select(ItemRow.state, func.count()).group_by(ItemRow.state)
        by_state = dict(session.execute(query).all())
        oldest = session.scalar(select(func.min(ItemRow.created_at)).where(ItemRow.state == "pending"))
    return InboxCounts(by_state.get("pending", 0), by_state.get("decided", 0), oldest)


def _in_state(query: Select, state: str) -> Select:
    return query if state == "all" else query.where(ItemRow.state == state)


def _load_rows(session: Session, ids: Sequence[int]) -> tuple[InboxRow, ...]:
    # The ids came from an index alone. Left to plan both steps as one, SQLite joins the whole inbox.
    query = (
        select(
            ItemRow.id.label("item_id"),
            ItemRow.summary_id,
            DocumentRow.title,
            func.substr(SummaryRow.text, 1, _START_CHARACTERS).label("summary_start"),
            ItemRow.kind,
            ItemRow.language,
            ItemRow.risk,
            ItemRow.reason,
            ItemRow.state,
            VerdictRow.kind.label("verdict"),
            VerdictRow.reviewer,
            ItemRow.created_at,
        )
        .join(SummaryRow, SummaryRow.id == ItemRow.summary_id)
        .join(DocumentRow, DocumentRow.id == SummaryRow.document_id)
        .outerjoin(VerdictRow, and_(VerdictRow.item_id == ItemRow.id, stands()))
        .where(ItemRow.id.in_(ids))
        .order_by(ItemRow.risk.desc(), ItemRow.id.desc())
    )
    return tuple(InboxRow(**row) for row in session.execute(query).mappings())


def _load_verdicts(session: Session, item_id: int) -> tuple[VerdictView, ...]:
    query = (
        select(VerdictRow, VerdictUndoRow)
        .outerjoin(VerdictUndoRow, VerdictUndoRow.verdict_id == VerdictRow.id)
        .where(VerdictRow.item_id == item_id)
        .order_by(VerdictRow.round)
    )
    return tuple(to_view(verdict, undo) for verdict, undo in session.execute(query))
