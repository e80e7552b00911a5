"""The review inbox for programs: pages, one item, a verdict; and all verdicts as a file.

In: numbers and what is said about a summary. Out: JSON, or an export. Every verdict names the version that was seen.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Annotated, Any, BinaryIO, Literal

from fastapi import APIRouter, Depends, Query
from fastapi.responses import StreamingResponse

from app.api.authorizing import OpenDatabase, caller
from app.api.forms import (
    CheckAnswer,
    InboxAnswer,
    ItemAnswer,
    LeaseAnswer,
    Number,
    VerdictAnswer,
    VerdictToGive,
)
from app.commands.reviewing import inbox_json, summary_json
from app.team import people_by_role
from backend.people.person import Person
from backend.review.intake import export
from backend.review.queue import inbox, leases, vigilance
from backend.review.queue.inbox import MAX_PAGE_SIZE
from backend.review.store.inbox_views import Lease
from backend.review.store.storable import MAX_NUMBER
from backend.review.store.views import VerdictView

router = APIRouter(tags=["review"])
Reviewer = Annotated[Person, Depends(caller("review", role="reviewer"))]
Exporter = Annotated[Person, Depends(caller("export", role="lead"))]
IN_MEMORY_BYTES = 4 * 1024 * 1024
CHUNK_BYTES = 64 * 1024
FORMS: dict[str, tuple[Callable[..., int], str]] = {
    "csv": (export.verdicts_csv, "text/csv; charset=utf-8"),
    "jsonl": (export.verdicts_jsonl, "application/x-ndjson"),
    "xlsx": (export.verdicts_xlsx, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}


@router.get("/inbox")
def read_inbox(
    person: Reviewer,
    database: OpenDatabase,
    page: Annotated[int, Query(ge=1, le=MAX_NUMBER)] = 1,
    page_size: Annotated[int, Query(ge=1, le=MAX_PAGE_SIZE)] = 50,
    state: Literal["pending", "overdue", "postponed", "escalated", "decided", "all"] = "pending",
) -> InboxAnswer:
    """One page of what waits for a person, the most doubtful first."""
    return InboxAnswer(**inbox_json(inbox.page(database, page=page, page_size=page_size, state=state)))


@router.get("/inbox/{item}")
def read_item(item: Number, person: Reviewer, database: OpenDatabase) -> ItemAnswer:
    """One item with its document, its summary and what was said about it."""
    found = inbox.item(database, item, viewer=person.name)
    return ItemAnswer(
        item=found.id,
        version=found.version,
        state=found.state,
        document_text=found.summary.document.text,
        summary=summary_json(found.summary),
        verdicts=[_verdict_json(one) for one in found.history],
        lease=_lease_json(found.lease) if found.lease is not None else None,
    )


@router.post("/inbox/{item}/claim")
def claim_item(item: Number, person: Reviewer, database: OpenDatabase) -> LeaseAnswer:
    """Take or keep an item for ten minutes; refused with 409 while somebody else works on it. A verdict ends it."""
    lease = leases.claim(
        database, item_id=item, reviewer=person.name, roles=person.roles, team=people_by_role(database)
    )  # fmt: skip
    return _lease_json(lease)


@router.post("/inbox/{item}/verdict", status_code=201)
def give_verdict(item: Number, body: VerdictToGive, person: Reviewer, database: OpenDatabase) -> VerdictAnswer:
    """Approve, correct or reject; refused with 409 when somebody was faster."""
    given = vigilance.give(
        database,
        item_id=item,
        kind=body.kind,
        text=body.text,
        note=body.note,
        reviewer=person.name,
        roles=person.roles,
        team=people_by_role(database),
        expected_version=body.version,
    )
    check = CheckAnswer(**asdict(given.check)) if given.check is not None else None
    return VerdictAnswer(verdict=given.verdict, item=item, check=check)


@router.get("/export/verdicts", response_class=StreamingResponse)
def export_verdicts(
    person: Exporter,
    database: OpenDatabase,
    form: Annotated[Literal["csv", "jsonl", "xlsx"], Query(alias="format")] = "csv",
) -> StreamingResponse:
    """All verdicts: CSV or XLSX for a spreadsheet, or JSON lines with documents and summaries."""
    write, media_type = FORMS[form]
    # Written in full first: an error half-way must not look like a complete file.
    file = tempfile.SpooledTemporaryFile(IN_MEMORY_BYTES)  # noqa: SIM115 - closed by the one who reads it
    write(database, file, exported_by=person.name)
    file.seek(0)
    headers = {"Content-Disposition": f'attachment; filename="verdicts.{form}"'}
    return StreamingResponse(_chunks(file), media_type=media_type, headers=headers)


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    with file:
        while chunk := file.read(CHUNK_BYTES):
            yield chunk


def _lease_json(lease: Lease) -> LeaseAnswer:
    return LeaseAnswer(item=lease.item_id, owner=lease.owner, until=lease.until.isoformat())


def _verdict_json(verdict: VerdictView) -> dict[str, Any]:
    times = {name: value.isoformat() for name in ("created_at", "undone_at") if (value := getattr(verdict, name))}
    return asdict(verdict) | times
