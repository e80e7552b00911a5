"""Exports: nothing runs in a spreadsheet, nothing is lost in JSON lines."""

from __future__ import annotations

import csv
import io
import json

import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from backend.review.intake import export
from backend.review.policy import policies
from backend.review.queue import inbox, verdicts
from backend.review.store.database import Database
from backend.review.store.inbox_views import Rule
from backend.review.store.record_tables import EventRow
from tests.review.builders import LOG, WRONG_SUMMARY, record_item


def _give(database: Database, number: int, *, note: str = "", text: str = '直した 😀, "quoted"\nline') -> int:
    item_id = record_item(database, number=number, text=WRONG_SUMMARY).item_id
    return verdicts.give(
        database, item_id=item_id, kind="correct", text=text, note=note, reviewer="安倍", expected_version=1
    )


def _read_csv(database: Database) -> list[dict[str, str]]:
    out = io.BytesIO()
    export.verdicts_csv(database, out)
    return list(csv.DictReader(io.StringIO(out.getvalue().decode("utf-8-sig"), newline="")))


def test_the_csv_begins_with_a_byte_order_mark_and_ends_its_lines_as_excel_does(database: Database):
    out = io.BytesIO()
    _give(database, 0)
    assert export.verdicts_csv(database, out) == 1
    assert out.getvalue().startswith(b"\xef\xbb\xbfverdict_id,")
    assert out.getvalue().endswith(b"\r\n")


def test_the_csv_keeps_text_with_commas_quotes_lines_and_japanese(database: Database):
    _give(database, 0)
    row = _read_csv(database)[0]
    assert (row["corrected"], row["reviewer"], row["summary"]) == (
        '直した 😀, "quoted"\nline',
        "安倍",
        WRONG_SUMMARY,
    )
    assert (row["verdict"], row["is_undone"], row["seconds_spent"]) == ("correct", "False", "")


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\n", "＝", "＋", "－", "＠"])
def test_a_cell_that_begins_like_a_formula_becomes_text(database: Database, start: str):
    _give(database, 0, note=f"{start}cmd|' /C calc'!A0")
    assert _read_csv(database)[0]["note"] == f"'{start}cmd|' /C calc'!A0"


def test_an_undone_verdict_is_exported_as_undone(database: Database):
    verdicts.undo(database, _give(database, 0))
    assert _read_csv(database)[0]["is_undone"] == "True"


def test_the_sheets_tell_for_whom_a_pending_item_waits_and_until_when(database: Database):
    policies.save(database, threshold=0.0, samples=8, audit_share=0.0, rules=[Rule(role="lead", hours=4.0)])
    item_id = record_item(database).item_id
    given = verdicts.give(database, item_id=item_id, kind="approve", reviewer="abe", roles=["lead"], expected_version=1)
    verdicts.undo(database, given, roles=["lead"])
    (row,) = _read_csv(database)
    assert (row["state"], row["role"], row["assignee"], row["postponed_until"]) == ("pending", "lead", "", "")
    assert row["due_at"] == inbox.item(database, item_id).due_at.isoformat()
    assert _read_xlsx(database)[0]["due_at"].value == row["due_at"]


def test_json_lines_hold_every_verdict_once_in_order_with_the_document(database: Database, monkeypatch):
    monkeypatch.setattr(export, "_BATCH", 3)
    given = [_give(database, number, note="=1+1") for number in range(7)]
    out = io.BytesIO()
    assert export.verdicts_jsonl(database, out) == 7
    records = [json.loads(line) for line in out.getvalue().decode().splitlines()]
    assert [record["verdict_id"] for record in records] == given
    assert records[2]["document"] == f"{LOG}Sheet 2.\n"
    assert records[2]["note"] == "=1+1"
    assert records[2]["created_at"].endswith("+00:00")
    assert records[2]["is_undone"] is False


def test_an_empty_database_exports_only_the_head(database: Database):
    assert _read_csv(database) == []
    assert export.verdicts_jsonl(database, io.BytesIO()) == 0


def _read_xlsx(database: Database) -> list[dict[str, object]]:
    out = io.BytesIO()
    export.verdicts_xlsx(database, out)
    head, *rows = load_workbook(io.BytesIO(out.getvalue())).active.iter_rows()
    return [{name.value: cell for name, cell in zip(head, row, strict=True)} for row in rows]


def test_the_sheet_keeps_numbers_as_numbers_and_text_as_text(database: Database):
    _give(database, 0, note="寸法\x0bが違う")
    (row,) = _read_xlsx(database)
    assert (row["verdict_id"].data_type, row["risk"].data_type, row["is_undone"].value) == ("n", "n", False)
    assert (row["reviewer"].value, row["note"].value) == ("安倍", "寸法\ufffdが違う")
    assert row["corrected"].value == '直した 😀, "quoted"\nline'


@pytest.mark.parametrize("note", ["=1+1", "+cmd|' /C calc'!A0", "-1", "@SUM(A1)", "＝1", "#N/A", "=" * 40_000])
def test_no_text_of_the_sheet_is_a_formula(database: Database, note: str):
    _give(database, 0, note=note)
    (row,) = _read_xlsx(database)
    assert row["note"].data_type == "s"
    assert not str(row["note"].value).startswith(("=", "+", "-", "@"))


def test_an_export_is_on_record(database: Database):
    _give(database, 0)
    export.verdicts_csv(database, io.BytesIO(), exported_by="ueda")
    with database.reading() as session:
        row = session.scalars(select(EventRow).order_by(EventRow.id.desc()).limit(1)).one()
    assert (row.kind, row.actor, json.loads(row.facts)) == ("exported", "ueda", {"format": "csv", "verdicts": 1})
