"""Opening by URL, units of work, and migrations of blank and of old, filled databases."""

from __future__ import annotations

import importlib
import sqlite3
import threading
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError, StatementError

from backend.errors import ReviewError
from backend.review.intake import service
from backend.review.queue import inbox
from backend.review.store.database import Database, open_database, upgrade
from backend.review.store.inbox_views import InboxFilter
from backend.review.store.tables import DocumentRow, ItemRow, PolicyRow, Table
from tests.review.builders import build_document, build_scored, send_all_to_review

_OLD_ROWS = """
INSERT INTO documents (id, sha256, title, kind, language, source_name, notes, submitted_by, created_at, text)
VALUES (1, 'aa', 'Old log', 'inspection_log', 'ja', 'old.txt', '["encoding.cp932"]', 'abe',
        '2024-01-02 03:04:05.000006', 'ロット 確か');
INSERT INTO jobs (id, document_id, state, stage, done, total, attempts, submitted_by, created_at, text)
VALUES (1, 1, 'done', 'scoring', 8, 8, 1, 'abe', '2024-01-02 03:04:05.000006', 'ロット');
INSERT INTO jobs (id, document_id, state, stage, done, total, attempts, submitted_by, created_at, text)
VALUES (2, 1, 'queued', '', 0, 0, 0, 'abe', '2024-01-02 03:04:06.000006', '');
INSERT INTO summaries (id, document_id, job_id, base, adapter, posterior, samples, seconds, notes, created_at,
                       text, analysis, tokens)
VALUES (1, 1, 1, 'b', 'a', 'p', 8, '{}', '[]', '2024-01-02 03:04:05.000006', 'ロット',
        '{"phrases": [], "omissions": [], "features": {}}', '{"text": []}');
"""


def _is_a_table_of_ours(name: str | None, kind: str, _parents: object) -> bool:
    return not (kind == "table" and name is not None and name.startswith("item_search"))


def _drift(database: Database) -> list[object]:
    with database.engine.connect() as connection:
        options = {"compare_type": True, "compare_server_default": True, "render_as_batch": True}
        options["include_name"] = _is_a_table_of_ours
        return compare_metadata(MigrationContext.configure(connection, opts=options), Table.metadata)


def test_migrations_make_exactly_the_tables_that_the_program_uses(database: Database):
    assert _drift(database) == []


def test_a_blank_database_migrates_in_a_folder_that_does_not_exist_yet(tmp_path: Path):
    url = f"sqlite:///{tmp_path / 'new' / 'データ 100%' / 'a.db'}"
    upgrade(url)
    upgrade(url)
    opened = open_database(url)
    assert inbox.counts(opened).pending == 0
    opened.close()


def test_an_old_filled_database_migrates_and_keeps_its_rows(tmp_path: Path):
    path = tmp_path / "old.db"
    upgrade(f"sqlite:///{path}", revision="0001")
    connection = sqlite3.connect(path)
    connection.executescript(_OLD_ROWS)
    connection.close()
    upgrade(f"sqlite:///{path}")
    opened = open_database(f"sqlite:///{path}")
    assert _drift(opened) == []
    old = service.job(opened, 1)
    assert (old.state, old.summary_id, old.document_title, old.text) == ("done", 1, "Old log", "ロット")
    assert old.created_at.isoformat() == "2024-01-02T03:04:05.000006+00:00"
    assert service.job(opened, 2).position == 1
    opened.close()


def test_items_from_before_signs_were_indexed_are_found_by_them_after_the_migration(tmp_path: Path):
    path = tmp_path / "old.db"
    upgrade(f"sqlite:///{path}")
    opened = open_database(f"sqlite:///{path}")
    for number, sign in enumerate("±%°"):
        send_all_to_review(opened)
        document = build_document(f"Sheet {number}: 5 {sign}\n")
        service.record(opened, document=document, scored=build_scored(document=document))
    opened.close()
    step = importlib.import_module("migrations.versions.0013_filters_and_short_words")
    with closing(sqlite3.connect(path)) as connection:
        for sort in ("risk", "cost", "age", "due"):
            connection.execute(f"DROP INDEX ix_items_by_{sort}")
        for columns in step._BEFORE:
            connection.execute(f"CREATE INDEX ix_items_{'_'.join(columns)} ON items ({', '.join(columns)})")
        connection.execute("DROP TABLE rescorings")  # of a later step
        connection.execute("DROP TABLE item_search_pairs")
        connection.execute("CREATE VIRTUAL TABLE item_search_pairs USING fts5(words, content='', detail=none)")
        connection.execute("UPDATE alembic_version SET version_num = '0012'")
        connection.commit()
    upgrade(f"sqlite:///{path}")
    opened = open_database(f"sqlite:///{path}")
    assert _drift(opened) == []
    found = [inbox.page(opened, where=InboxFilter(text=sign)).rows for sign in ("±", "%", "°", "5", "e")]
    assert [[row.item_id for row in rows] for rows in found[:3]] == [[1], [2], [3]]
    assert [len(rows) for rows in found[3:]] == [3, 3]
    opened.close()


def test_a_step_that_breaks_a_reference_is_not_kept(tmp_path: Path):
    path = tmp_path / "broken.db"
    upgrade(f"sqlite:///{path}", revision="0001")
    connection = sqlite3.connect(path)
    connection.executescript(_OLD_ROWS + "DELETE FROM documents;")
    connection.close()
    with pytest.raises(RuntimeError, match="reference"):
        upgrade(f"sqlite:///{path}")
    connection = sqlite3.connect(path)
    assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [("0001",)]
    connection.close()


def test_two_programs_that_start_at_once_migrate_one_after_the_other(tmp_path: Path):
    url = f"sqlite:///{tmp_path / 'shared.db'}"
    failures: list[Exception] = []

    def start() -> None:
        try:
            upgrade(url)
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_a_database_of_a_newer_program_is_refused(tmp_path: Path):
    path = tmp_path / "newer.db"
    upgrade(f"sqlite:///{path}")
    connection = sqlite3.connect(path)
    connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.commit()
    connection.close()
    with pytest.raises(ReviewError, match="newer version") as raised:
        upgrade(f"sqlite:///{path}")
    assert raised.value.code == "database.newer"


def test_a_file_that_is_no_database_is_refused_with_its_name(tmp_path: Path):
    path = tmp_path / "notes.txt"
    path.write_text("not a database, only some notes about one\n" * 50, encoding="utf-8")
    with pytest.raises(ReviewError, match=r"notes\.txt") as raised:
        upgrade(f"sqlite:///{path}")
    assert raised.value.code == "database.unusable"


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("sqlite://", "database.in_memory"),
        ("sqlite:///:memory:", "database.in_memory"),
        ("mysql://localhost/x", "database.unsupported"),
        ("tashika.db", "database.url_unreadable"),
        ("postgresql://abe:s3cret@host:port/name", "database.url_unreadable"),
        ("postgresql//abe:s3cret@host/name", "database.url_unreadable"),
    ],
)
def test_an_address_that_cannot_hold_reviews_is_refused_without_its_password(url: str, code: str):
    with pytest.raises(ReviewError) as raised:
        open_database(url)
    assert raised.value.code == code
    assert "s3cret" not in str(raised.value)


def test_leaving_a_session_without_commit_rolls_back(database: Database):
    with database.session() as session:
        session.add(PolicyRow(version=1, threshold=0.5, samples=8, audit_share=0.1, saved_by=""))
        session.flush()
        assert session.scalar(select(func.count()).select_from(PolicyRow)) == 1
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(PolicyRow)) == 0


def test_an_exception_in_a_session_rolls_back(database: Database):
    with pytest.raises(ZeroDivisionError), database.session() as session:
        session.add(PolicyRow(version=1, threshold=0.5, samples=8, audit_share=0.1, saved_by=""))
        session.flush()
        _ = 1 / 0
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(PolicyRow)) == 0


def test_every_connection_is_set_up_for_several_writers(database: Database):
    with database.session() as session:
        values = [session.scalar(text(f"PRAGMA {name}")) for name in ("journal_mode", "foreign_keys", "synchronous")]
        assert values == ["wal", 1, 2]


def test_a_session_holds_the_write_lock_from_its_first_statement(database: Database):
    with database.session() as session:
        session.execute(select(PolicyRow))
        other = sqlite3.connect(str(database.engine.url.database), timeout=0, isolation_level=None)
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")
        other.close()


def test_reading_blocks_no_writer(database: Database):
    with database.reading() as reader:
        assert reader.scalar(select(func.count()).select_from(DocumentRow)) == 0
        service.submit(database, document=build_document())
        assert reader.scalar(select(func.count()).select_from(DocumentRow)) == 0


def test_a_reference_to_nothing_is_refused(database: Database):
    with database.session() as session:
        session.add(ItemRow(summary_id=7, decision_id=7, kind="", language="", risk=0.1, reason="", state="pending"))
        with pytest.raises(IntegrityError):
            session.commit()


def test_append_only_rows_cannot_be_changed_or_deleted(database: Database):
    send_all_to_review(database)
    with database.session() as session:
        row = session.scalars(select(PolicyRow).limit(1)).one()
        row.threshold = 0.9
        with pytest.raises(RuntimeError, match="policies are never changed"):
            session.flush()
    with database.session() as session:
        session.delete(session.scalars(select(PolicyRow).limit(1)).one())
        with pytest.raises(RuntimeError, match="policies are never changed"):
            session.flush()


def test_a_summary_with_a_value_that_is_no_number_leaves_nothing_behind(database: Database):
    scored = replace(build_scored(), seconds={"generate": float("nan")})
    with pytest.raises(StatementError, match="Out of range float") as raised:
        service.record(database, document=build_document(), scored=scored)
    assert "A-1741" not in str(raised.value)
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(DocumentRow)) == 0
