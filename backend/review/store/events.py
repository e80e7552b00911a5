"""The record: an append-only chain of what happened, each entry bound to the one before it by its hash.

In: a session that is about to commit, and what happened in it; or a database to audit. Out: entries, a report.
Hash: SHA-256 of the previous hash and the entry's canonical JSON. Knows nothing of what the facts mean; cutting
off the end of the chain shows only against a head (`ChainReport.head`) that was kept elsewhere.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.review.store.database import Database
from backend.review.store.dialect import lock_chain
from backend.review.store.inbox_views import BLIND_STAGES, ChainReport, EventView
from backend.review.store.record_tables import EventRow
from backend.review.store.storable import clean_typed
from backend.review.store.tables import DecisionRow, ItemRow, SummaryRow, now

ORIGIN = "0" * 64
_BATCH = 2000
_TELLING = ("said", "note", "text_sha256")


def append(
    session: Session, kind: str, *, actor: str, item_id: int | None = None, facts: Mapping[str, object] | None = None
) -> None:
    """Add an entry to this transaction; call it last, it holds the chain until the commit."""
    session.flush()
    lock_chain(session)
    last = session.execute(select(EventRow.id, EventRow.hash).order_by(EventRow.id.desc()).limit(1)).first()
    number, previous = (last.id + 1, last.hash) if last is not None else (1, ORIGIN)
    at, who, told = now(), clean_typed(actor), to_canonical_json(facts or {})
    session.add(
        EventRow(
            id=number, at=at, actor=who, kind=kind, item_id=item_id, previous=previous, facts=told,
            hash=_hash(previous, number=number, at=at, actor=who, kind=kind, item_id=item_id, facts=told),
        )
    )  # fmt: skip
    session.flush()


def append_for_item(session: Session, kind: str, *, actor: str, item_id: int, **facts: object) -> None:
    """Like `append`, with the model, calibration and policy that the item was decided under."""
    query = (
        select(
            SummaryRow.base,
            SummaryRow.adapter,
            SummaryRow.posterior,
            DecisionRow.calibration,
            DecisionRow.policy,
        )
        .join(ItemRow, ItemRow.summary_id == SummaryRow.id)
        .join(DecisionRow, DecisionRow.id == ItemRow.decision_id)
        .where(ItemRow.id == item_id)
    )
    under = session.execute(query).mappings().one()
    append(session, kind, actor=actor, item_id=item_id, facts={**under, **facts})


def of_item(database: Database, item_id: int) -> tuple[EventView, ...]:
    """Everything on record about an item, oldest first; a blind verdict says nothing until the second is in."""
    with database.reading() as session:
        item = session.get(ItemRow, item_id)
        is_blind = item is not None and item.state == "pending" and item.stage in BLIND_STAGES
        rows = session.scalars(select(EventRow).where(EventRow.item_id == item_id).order_by(EventRow.id))
        return tuple(_veil(view) if is_blind else view for view in map(_to_view, rows))


def verify(database: Database) -> ChainReport:
    """Walk the whole chain; the first entry that does not follow from the one before it is named."""
    previous, count = ORIGIN, 0
    for row in _read_all(database):
        count += 1
        problem = _find_problem(row, previous=previous, number=count)
        if problem:
            return ChainReport(events=count, head=previous, broken_id=row.id, problem=problem)
        previous = row.hash
    return ChainReport(events=count, head=previous, broken_id=None, problem="")


def to_canonical_json(facts: Mapping[str, object]) -> str:
    """The one way to write these facts: sorted keys, no spaces, no NaN."""
    clean = {name: clean_typed(value) if isinstance(value, str) else value for name, value in facts.items()}
    return json.dumps(clean, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"))


def _hash(
    previous: str, *, number: int, at: datetime, actor: str, kind: str, item_id: int | None, facts: str
) -> str:  # fmt: skip
    moment = at.isoformat(timespec="microseconds")
    entry = {"id": number, "at": moment, "actor": actor, "kind": kind, "item": item_id, "facts": facts}
    return hashlib.sha256(f"{previous}\n{to_canonical_json(entry)}".encode()).hexdigest()


def _find_problem(row: EventRow, *, previous: str, number: int) -> str:
    if row.id != number:
        return "missing"
    if row.previous != previous:
        return "previous"
    expected = _hash(
        previous, number=row.id, at=row.at, actor=row.actor, kind=row.kind, item_id=row.item_id, facts=row.facts
    )
    return "" if row.hash == expected else "changed"


def _read_all(database: Database) -> Iterator[EventRow]:
    last = 0
    while True:
        with database.reading() as session:
            rows = session.scalars(select(EventRow).where(EventRow.id > last).order_by(EventRow.id).limit(_BATCH)).all()
        yield from rows
        if len(rows) < _BATCH:
            return
        last = rows[-1].id


def _veil(view: EventView) -> EventView:
    told = {name: value for name, value in view.facts.items() if name not in _TELLING}
    return replace(view, facts=told) if view.kind in ("verdict", "undone", "reopened") else view


def _to_view(row: EventRow) -> EventView:
    return EventView(row.id, row.at, row.actor, row.kind, row.item_id, json.loads(row.facts), row.hash)
