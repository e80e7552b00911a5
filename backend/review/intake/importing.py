"""An export of verdicts (JSON lines) read back: the same documents, summaries, items and verdicts.

In: a database without items and the lines of `export.verdicts_jsonl`. Out: the number of verdicts read.
All of it or nothing. Knows nothing of the record of the other installation: the import is one entry in this one,
and no webhook is told: what was said is news of the other installation, which has told it already.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from backend.errors import ReviewError
from backend.review.intake.summaries import fingerprint
from backend.review.policy.decide import review_seconds
from backend.review.store import events
from backend.review.store.database import Database
from backend.review.store.dialect import index_words, lock_versions, restart_numbers
from backend.review.store.storable import require_storable
from backend.review.store.tables import (
    CalibrationActivationRow,
    CalibrationRow,
    DecisionRow,
    DocumentRow,
    ItemRow,
    PolicyRow,
    SummaryRow,
    VerdictDetailRow,
    VerdictRow,
    VerdictUndoRow,
)

_NUMBERED = (
    DocumentRow, SummaryRow, DecisionRow, ItemRow, VerdictRow, VerdictUndoRow, VerdictDetailRow,
    CalibrationActivationRow,
)  # fmt: skip


def verdicts_jsonl(database: Database, lines: Iterable[bytes], *, imported_by: str = "") -> int:
    """Read an export into an empty database.

    Raises:
        ReviewError: when there are documents already, or a line is no record of an export.
    """
    count, in_force = 0, 0
    decided: dict[int, datetime] = {}  # when it was last decided by a calibration
    with database.session() as session:
        lock_versions(session)
        if session.scalar(select(DocumentRow.id).limit(1)) is not None:
            raise ReviewError(
                "import.not_empty", "The database holds documents already; import into an empty one (TASHIKA_DATA)."
            )
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                record = json.loads(line)
                _add(session, record)
                version, decided_at = record["calibration"], _time(record["decided_at"])
                decided[version] = max(decided_at, decided.get(version, decided_at))
                in_force = int(record.get("calibration_in_force") or in_force)
            except (ValueError, KeyError, TypeError, AttributeError, SQLAlchemyError) as error:
                raise ReviewError(
                    "import.line", "Line {line} is no record of a verdict export; export again.", line=number
                ) from error
            count += 1
        # Exports from before it was told: what decided last.
        _activate(session, in_force if in_force in decided else max(decided, key=decided.__getitem__, default=None))
        restart_numbers(session, [table.__table__ for table in _NUMBERED])
        events.append(session, "imported", actor=imported_by, facts={"verdicts": count})
        session.commit()
    return count


def _add(session: Session, record: dict[str, Any]) -> None:
    _add_versions(session, record)
    if session.get(ItemRow, record["item_id"]) is None:
        _add_item(session, record)
    session.add(
        VerdictRow(
            id=record["verdict_id"], item_id=record["item_id"], round=record["round"], kind=record["verdict"],
            reviewer=record["reviewer"], seconds_spent=record["seconds_spent"], is_wrong=record["is_wrong"],
            is_final=record["is_final"], edited=record["edited"],
            created_at=_time(record["created_at"]), note=record["note"], text=record["corrected"],
        )
    )  # fmt: skip
    session.flush()
    if record["phrase_verdicts"] is not None:
        session.add(
            VerdictDetailRow(
                verdict_id=record["verdict_id"], reason=record["reason_code"], phrases=record["phrase_verdicts"]
            )
        )  # fmt: skip
    if record["is_undone"]:
        undone_at = _time(record["undone_at"])
        session.add(
            VerdictUndoRow(verdict_id=record["verdict_id"], undone_by=record["undone_by"], created_at=undone_at)
        )
    session.flush()


def _add_versions(session: Session, record: dict[str, Any]) -> None:
    """The policies and calibrations of the export; a first version that this database made itself stays."""
    policy, calibration = record.get("policy_row"), record.get("calibration_row")
    if policy and session.get(PolicyRow, policy["version"]) is None:
        session.add(PolicyRow(**{**policy, "created_at": _time(policy["created_at"])}))
    if calibration and session.get(CalibrationRow, calibration["version"]) is None:
        known = {**calibration, "parent": None, "created_at": _time(calibration["created_at"])}
        session.add(CalibrationRow(**known))
    session.flush()


def _activate(session: Session, calibration: int | None) -> None:
    """Put the calibration in force that was so in the other installation, unless it is already."""
    newest_first = select(CalibrationActivationRow.version).order_by(CalibrationActivationRow.id.desc())
    if calibration is not None and session.scalar(newest_first.limit(1)) != calibration:
        session.add(CalibrationActivationRow(version=calibration, activated_by="import"))
        session.flush()


def _add_item(session: Session, record: dict[str, Any]) -> None:
    require_storable(record["document"], record["summary"], record["title"])
    document = DocumentRow(
        sha256=fingerprint(record["document"]), title=record["title"], kind=record["kind"],
        language=record["language"], source_name=record["source_name"], notes=record["document_notes"],
        submitted_by=record["submitted_by"], created_at=_time(record["submitted_at"]), text=record["document"],
    )  # fmt: skip
    session.add(document)
    session.flush()
    session.add(
        SummaryRow(
            id=record["summary_id"], document_id=document.id, base=record["base"], adapter=record["adapter"],
            posterior=record["posterior"], samples=record["samples"], seconds=record["seconds"],
            notes=record["summary_notes"], created_at=_time(record["summarized_at"]), text=record["summary"],
            analysis=record["analysis"], tokens=record["tokens"],
        )
    )  # fmt: skip
    session.flush()
    decision = DecisionRow(
        summary_id=record["summary_id"], calibration=record["calibration"], policy=record["policy"],
        risk=record["risk"], decision=record["decision"], reason=record["reason"],
        review_probability=record["review_probability"], created_at=_time(record["decided_at"]),
        edit_probabilities=record["edit_probabilities"],
    )  # fmt: skip
    session.add(decision)
    session.flush()
    cost = review_seconds(
        document_characters=len(record["document"]), summary_characters=len(record["summary"]), risk=record["risk"]
    )
    session.add(
        ItemRow(
            id=record["item_id"], summary_id=record["summary_id"], decision_id=decision.id, kind=record["kind"],
            language=record["language"], risk=record["risk"], reason=record["reason"], state=record["state"],
            version=record["version"], created_at=_time(record["item_created_at"]), stage=record["stage"],
            submitted_by=record["submitted_by"], model=record["adapter"], cost_seconds=cost, **_waiting(record),
        )
    )  # fmt: skip
    session.flush()
    index_words(session, item_id=record["item_id"], texts=(record["title"], record["summary"], record["document"]))


def _waiting(record: dict[str, Any]) -> dict[str, Any]:
    """For whom an item waits and until when; exports from before these were written have none of it."""
    times = {name: record.get(name) for name in ("due_at", "postponed_until")}
    return {
        "role": record.get("role"),
        "assignee": record.get("assignee"),
        "is_escalated": record.get("is_escalated", False),
        **{name: _time(value) if value is not None else None for name, value in times.items()},
    }


def _time(value: str) -> datetime:
    return datetime.fromisoformat(value)
