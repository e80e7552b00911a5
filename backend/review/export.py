"""All verdicts as CSV for a spreadsheet, or as JSON lines for a program.

In: a database and a binary file to write to. Out: the number of verdicts written, undone ones included.
Knows nothing of file names. Reads in short transactions, so that a slow receiver holds nothing up.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from typing import Any, BinaryIO

from sqlalchemy import Select, select

from backend.review.database import Database
from backend.review.tables import DecisionRow, DocumentRow, ItemRow, SummaryRow, VerdictRow, VerdictUndoRow

_BATCH = 200
# A spreadsheet takes a cell that begins with one of these for a formula; in Japanese also the wide forms.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_CSV_COLUMNS = (
    "verdict_id", "item_id", "summary_id", "title", "source_name", "kind", "language", "verdict", "is_undone",
    "reviewer", "note", "seconds_spent", "created_at", "risk", "reason", "review_probability", "is_wrong",
    "calibration", "policy", "base", "adapter", "posterior", "samples", "summary", "corrected",
)  # fmt: skip


def verdicts_csv(database: Database, out: BinaryIO) -> int:
    """UTF-8 with a byte order mark, as Excel expects it; formulas are made text by a leading apostrophe."""
    count = 0
    out.write(b"\xef\xbb\xbf")
    out.write(_csv_line(_CSV_COLUMNS))
    for record in _read_records(database):
        out.write(_csv_line([_to_cell(record[name]) for name in _CSV_COLUMNS]))
        count += 1
    return count


def verdicts_jsonl(database: Database, out: BinaryIO) -> int:
    """One JSON object a line, with the document's text and everything as it was stored."""
    count = 0
    for record in _read_records(database):
        out.write(json.dumps(record, ensure_ascii=False).encode() + b"\n")
        count += 1
    return count


def _read_records(database: Database) -> Iterator[dict[str, Any]]:
    last = 0
    while True:
        with database.reading() as session:
            query = _select_records().where(VerdictRow.id > last).order_by(VerdictRow.id).limit(_BATCH)
            batch = [dict(row) for row in session.execute(query).mappings()]
        for record in batch:
            undone_at = record.pop("undone_at")
            yield {
                **record,
                "created_at": record["created_at"].isoformat(),
                "is_undone": undone_at is not None,
            }
        if len(batch) < _BATCH:
            return
        last = batch[-1]["verdict_id"]


def _select_records() -> Select[Any]:
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
            VerdictRow.kind.label("verdict"),
            VerdictUndoRow.created_at.label("undone_at"),
            VerdictRow.reviewer,
            VerdictRow.note,
            VerdictRow.seconds_spent,
            VerdictRow.created_at,
            VerdictRow.is_wrong,
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
        )
        .join(ItemRow, ItemRow.id == VerdictRow.item_id)
        .join(DecisionRow, DecisionRow.id == ItemRow.decision_id)
        .join(SummaryRow, SummaryRow.id == ItemRow.summary_id)
        .join(DocumentRow, DocumentRow.id == SummaryRow.document_id)
        .outerjoin(VerdictUndoRow, VerdictUndoRow.verdict_id == VerdictRow.id)
    )


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
