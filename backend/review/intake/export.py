"""All verdicts: as CSV or XLSX for a spreadsheet, or as JSON lines for a program, which `importing` reads back.

In: a database and a binary file to write to. Out: the number of verdicts written, undone ones included.
Knows nothing of file names. Reads in short transactions, so that a slow receiver holds nothing up. A blind verdict
whose second is still awaited stays out.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any, BinaryIO

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from sqlalchemy import Select, and_, func, or_, select

from backend.review.store import events
from backend.review.store.database import Database
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

_BATCH = 200
_LONGEST_CELL = 32_767  # of Excel
# A spreadsheet takes a cell that begins with one of these for a formula; in Japanese also the wide forms.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_COLUMNS = (
    "verdict_id", "item_id", "summary_id", "title", "source_name", "kind", "language", "verdict", "is_undone",
    "reviewer", "note", "seconds_spent", "created_at", "risk", "reason", "review_probability", "is_wrong",
    "calibration", "policy", "base", "adapter", "posterior", "samples", "summary", "corrected", "is_final",
    "submitted_by", "reason_code", "state", "role", "assignee", "is_escalated", "due_at", "postponed_until",
)  # fmt: skip


def verdicts_csv(database: Database, out: BinaryIO, *, exported_by: str = "") -> int:
    """UTF-8 with a byte order mark, as Excel expects it; formulas are made text by a leading apostrophe."""
    count = 0
    out.write(b"\xef\xbb\xbf")
    out.write(_csv_line(_COLUMNS))
    for record in _read_records(database):
        out.write(_csv_line([_to_cell(record[name]) for name in _COLUMNS]))
        count += 1
    _record(database, "csv", count=count, by=exported_by)
    return count


def verdicts_xlsx(database: Database, out: BinaryIO, *, exported_by: str = "") -> int:
    """One sheet with the columns of the CSV; numbers stay numbers, and no text becomes a formula."""
    count = 0
    workbook = Workbook(write_only=True)
    sheet = workbook.create_sheet("verdicts")
    sheet.freeze_panes = "A2"
    sheet.append(list(_COLUMNS))
    for record in _read_records(database):
        sheet.append([_to_sheet_cell(sheet, record[name]) for name in _COLUMNS])
        count += 1
    workbook.save(out)
    _record(database, "xlsx", count=count, by=exported_by)
    return count


def verdicts_jsonl(database: Database, out: BinaryIO, *, exported_by: str = "") -> int:
    """One JSON object a line, with the document's text and everything as it was stored.

    A policy or calibration stands in the first line that was decided under it; which calibration is in force, in the
    first line of all.
    """
    count = 0
    told: set[tuple[str, int]] = set()
    for record in _read_records(database, extra=_select_stored()):
        in_force = {} if told else {"calibration_in_force": _find_calibration_in_force(database)}
        full = {**record, **_find_versions(database, record, told=told), **in_force}
        out.write(json.dumps(full, ensure_ascii=False).encode() + b"\n")
        count += 1
    _record(database, "jsonl", count=count, by=exported_by)
    return count


def _record(database: Database, form: str, *, count: int, by: str) -> None:
    with database.session() as session:
        events.append(session, "exported", actor=by, facts={"format": form, "verdicts": count})
        session.commit()


def _read_records(database: Database, *, extra: tuple[Any, ...] = ()) -> Iterator[dict[str, Any]]:
    last = 0
    while True:
        with database.reading() as session:
            query = _select_records(extra).where(VerdictRow.id > last).order_by(VerdictRow.id).limit(_BATCH)
            batch = [dict(row) for row in session.execute(query).mappings()]
        for record in batch:
            undone_at = record.pop("undone_at")
            times = {name: value.isoformat() for name, value in record.items() if isinstance(value, datetime)}
            is_undone = undone_at is not None
            when = {"undone_at": undone_at.isoformat() if is_undone else None} if extra else {}
            yield {**record, **times, **when, "is_undone": is_undone}
        if len(batch) < _BATCH:
            return
        last = batch[-1]["verdict_id"]


def _select_records(extra: tuple[Any, ...]) -> Select[Any]:
    is_awaited = and_(ItemRow.state == "pending", ItemRow.stage == "second")
    return (
        select(
            VerdictRow.id.label("verdict_id"),
            VerdictRow.item_id,
            ItemRow.summary_id,
            DocumentRow.sha256.label("document_sha256"),
            DocumentRow.title,
            DocumentRow.source_name,
            DocumentRow.kind,
            DocumentRow.language,
            DocumentRow.submitted_by,
            VerdictRow.kind.label("verdict"),
            VerdictUndoRow.created_at.label("undone_at"),
            VerdictRow.reviewer,
            VerdictRow.note,
            VerdictRow.seconds_spent,
            VerdictRow.created_at,
            VerdictRow.is_wrong,
            VerdictRow.is_final,
            DecisionRow.risk,
            DecisionRow.reason,
            DecisionRow.review_probability,
            DecisionRow.calibration,
            DecisionRow.policy,
            SummaryRow.base,
            SummaryRow.adapter,
            SummaryRow.posterior,
            SummaryRow.samples,
            DocumentRow.text.label("document"),
            SummaryRow.text.label("summary"),
            VerdictRow.text.label("corrected"),
            func.coalesce(VerdictDetailRow.reason, "").label("reason_code"),
            ItemRow.state,
            ItemRow.role,
            ItemRow.assignee,
            ItemRow.is_escalated,
            ItemRow.due_at,
            ItemRow.postponed_until,
            *extra,
        )
        .join(ItemRow, ItemRow.id == VerdictRow.item_id)
        .join(DecisionRow, DecisionRow.id == ItemRow.decision_id)
        .join(SummaryRow, SummaryRow.id == ItemRow.summary_id)
        .join(DocumentRow, DocumentRow.id == SummaryRow.document_id)
        .outerjoin(VerdictUndoRow, VerdictUndoRow.verdict_id == VerdictRow.id)
        .outerjoin(VerdictDetailRow, VerdictDetailRow.verdict_id == VerdictRow.id)
        .where(or_(VerdictRow.is_final, VerdictUndoRow.id.is_not(None), ~is_awaited))
    )


def _select_stored() -> tuple[Any, ...]:
    """What only an import needs."""
    return (
        VerdictRow.round,
        VerdictRow.edited,
        VerdictDetailRow.phrases.label("phrase_verdicts"),
        VerdictUndoRow.undone_by,
        ItemRow.stage,
        ItemRow.version,
        ItemRow.created_at.label("item_created_at"),
        DecisionRow.decision,
        DecisionRow.edit_probabilities,
        DecisionRow.created_at.label("decided_at"),
        SummaryRow.seconds,
        SummaryRow.notes.label("summary_notes"),
        SummaryRow.created_at.label("summarized_at"),
        SummaryRow.analysis,
        SummaryRow.tokens,
        DocumentRow.notes.label("document_notes"),
        DocumentRow.created_at.label("submitted_at"),
    )


def _find_versions(database: Database, record: dict[str, Any], *, told: set[tuple[str, int]]) -> dict[str, Any]:
    """The policy and the calibration of a record, where they have not been written yet."""
    found = {}
    with database.reading() as session:
        if ("policy", record["policy"]) not in told:
            row = session.get_one(PolicyRow, record["policy"])
            found["policy_row"] = _to_plain(row)
        if ("calibration", record["calibration"]) not in told:
            found["calibration_row"] = _to_plain(session.get_one(CalibrationRow, record["calibration"]))
    told |= {("policy", record["policy"]), ("calibration", record["calibration"])}
    return found


def _find_calibration_in_force(database: Database) -> int | None:
    newest_first = select(CalibrationActivationRow.version).order_by(CalibrationActivationRow.id.desc())
    with database.reading() as session:
        return session.scalar(newest_first.limit(1))


def _to_plain(row: PolicyRow | CalibrationRow) -> dict[str, Any]:
    values = {column.key: getattr(row, column.key) for column in type(row).__table__.columns}
    return {**values, "created_at": values["created_at"].isoformat()}


def _csv_line(cells: Any) -> bytes:
    line = io.StringIO()
    csv.writer(line, lineterminator="\r\n").writerow(cells)
    return line.getvalue().encode()


def _to_cell(value: Any) -> str:
    if value is None:
        return ""
    text = str(value)
    is_typed = isinstance(value, str)
    return f"'{text}" if is_typed and text.startswith(_FORMULA_STARTS) else text


def _to_sheet_cell(sheet: Any, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    cell = WriteOnlyCell(sheet, ILLEGAL_CHARACTERS_RE.sub("\ufffd", _to_cell(value))[:_LONGEST_CELL])
    cell.data_type = "s"  # never a formula or an error value, whatever it looks like
    return cell
