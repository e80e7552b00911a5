"""Filters of the inbox that a person has given a name.

In: a database, a person, a name, a filter. Out: `SavedView`s of this person and nobody else.
Knows nothing of the inbox's rows.
"""

from __future__ import annotations

from dataclasses import asdict, fields

from sqlalchemy import delete, func, select

from backend.errors import ReviewError
from backend.review.queue import filters
from backend.review.store.database import Database
from backend.review.store.dialect import upsert
from backend.review.store.inbox_views import InboxFilter, SavedView
from backend.review.store.record_tables import SavedViewRow
from backend.review.store.storable import clean_typed
from backend.review.store.tables import now

MAX_NAME_CHARACTERS = 60
MAX_VIEWS = 30


def save(database: Database, *, owner: str, name: str, where: InboxFilter, sort: str = "risk") -> None:
    """Keep a filter under a name; the same name again replaces it.

    Raises:
        ReviewError: when the name is empty or too long, or there are too many.
    """
    filters.check(where, sort=sort)
    person, title = clean_typed(owner), " ".join(clean_typed(name).split())
    if not 0 < len(title) <= MAX_NAME_CHARACTERS:
        raise ReviewError("view.name", "Give the view a name of at most {limit} characters.", limit=MAX_NAME_CHARACTERS)
    key = {"owner": person, "name": title}
    with database.session() as session:
        others = select(func.count()).where(SavedViewRow.owner == person, SavedViewRow.name != title)
        if (session.scalar(others) or 0) >= MAX_VIEWS:
            raise ReviewError("view.too_many", "You have {most} views; delete one first.", most=MAX_VIEWS)
        values = {"filters": asdict(where), "sort": sort, "created_at": now()}
        upsert(session, SavedViewRow.__table__, key=key, values=values)
        session.commit()


def of_person(database: Database, owner: str) -> tuple[SavedView, ...]:
    """This person's views by name."""
    with database.reading() as session:
        rows = session.scalars(
            select(SavedViewRow).where(SavedViewRow.owner == clean_typed(owner)).order_by(SavedViewRow.name)
        )
        return tuple(SavedView(row.id, row.name, _to_filter(row.filters), row.sort) for row in rows)


def remove(database: Database, *, owner: str, view_id: int) -> None:
    """Forget one of this person's views."""
    with database.session() as session:
        session.execute(
            delete(SavedViewRow).where(SavedViewRow.id == view_id, SavedViewRow.owner == clean_typed(owner))
        )
        session.commit()


def _to_filter(stored: dict[str, object]) -> InboxFilter:
    """A stored filter; a field of another version of the program is left out."""
    known = {field.name for field in fields(InboxFilter)}
    return InboxFilter(**{name: value for name, value in stored.items() if name in known})  # type: ignore[arg-type]
