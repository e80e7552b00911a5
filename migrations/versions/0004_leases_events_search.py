"""Who works on what, an append-only record, a search over all texts, and second reviews.

Why: an item is taken by one conditional update of its own row; every filter of the inbox reads the items alone;
the record is a chain of hashes that the database refuses to change; a search at 100,000 items reads an index.
"""

from __future__ import annotations

import re
import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_ITEM_INDEXES = (
    ["state", "risk", "id", "postponed_until"],
    ["state", "cost_seconds", "id", "postponed_until"],
    ["state", "id", "postponed_until"],
    ["state", "is_escalated"],
    ["cost_seconds", "id"],
    ["assignee"],
    ["role"],
)
_FILL_ITEMS = """
UPDATE items SET
    submitted_by = (SELECT d.submitted_by FROM summaries s JOIN documents d ON d.id = s.document_id
                    WHERE s.id = items.summary_id),
    model = (SELECT s.adapter FROM summaries s WHERE s.id = items.summary_id),
    cost_seconds = (SELECT length(d.text) / 25.0 + length(s.text) / 12.0 + 60.0 * items.risk
                    FROM summaries s JOIN documents d ON d.id = s.document_id WHERE s.id = items.summary_id)
"""
_SQLITE_TRIGGERS = """
CREATE TRIGGER events_no_{verb} BEFORE {verb} ON events
BEGIN SELECT RAISE(ABORT, 'events are never changed or deleted'); END
"""
_POSTGRESQL_FUNCTION = """
CREATE FUNCTION refuse_event_change() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'events are never changed or deleted'; END $$
"""
_POSTGRESQL_TRIGGER = """
CREATE TRIGGER events_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON events
FOR EACH STATEMENT EXECUTE FUNCTION refuse_event_change()
"""


def upgrade() -> None:
    """Add columns and tables, and fill them for what waits already."""
    op.drop_index(op.f("ix_items_state_risk_id"), "items")
    for column in _item_columns():
        op.add_column("items", column)
    op.add_column("verdicts", sa.Column("is_final", sa.Boolean(), nullable=False, server_default=sa.true()))
    op.add_column("policies", sa.Column("second_share", sa.Double(), nullable=False, server_default=sa.text("0")))
    op.execute(_FILL_ITEMS)
    for columns in _ITEM_INDEXES:
        op.create_index(op.f(f"ix_items_{'_'.join(columns)}"), "items", columns)
    op.create_index(op.f("ix_verdicts_created_at"), "verdicts", ["created_at"])
    _create_events()
    op.create_table(
        "saved_views",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sort", sa.String(20), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("filters", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_views")),
        sa.UniqueConstraint("owner", "name", name=op.f("uq_saved_views_owner_name")),
    )
    if op.get_bind().dialect.name == "sqlite":
        _create_sqlite_search()
    else:
        _create_postgresql_search()


def _item_columns() -> tuple[sa.Column, ...]:
    return (
        sa.Column("submitted_by", sa.Text(), nullable=False, server_default=sa.text("''")),
        sa.Column("model", sa.Text(), nullable=False, server_default=sa.text("''")),
        sa.Column("cost_seconds", sa.Double(), nullable=False, server_default=sa.text("0")),
        sa.Column("stage", sa.String(20), nullable=False, server_default="single"),
        sa.Column("is_escalated", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("lease_owner", sa.Text(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("postponed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("assignee", sa.Text(), nullable=True),
        sa.Column("role", sa.String(40), nullable=True),
    )


def _create_events() -> None:
    op.create_table(
        "events",
        sa.Column("id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=True),
        sa.Column("previous", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
    )
    op.create_index(op.f("ix_events_item_id_id"), "events", ["item_id", "id"])
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("update", "delete"):
            op.execute(_SQLITE_TRIGGERS.format(verb=verb))
    else:
        op.execute(_POSTGRESQL_FUNCTION)
        op.execute(_POSTGRESQL_TRIGGER)


def _create_sqlite_search() -> None:
    """Indexes without a copy of the texts, which never change.

    Trigrams need no words, so Japanese is found; pairs of characters are for what is shorter.
    """
    op.execute("CREATE VIRTUAL TABLE item_search USING fts5(words, content='', tokenize='trigram')")
    op.execute(
        "CREATE VIRTUAL TABLE item_search_pairs "
        "USING fts5(words, content='', detail=none, tokenize='unicode61 remove_diacritics 0')"
    )
    connection = op.get_bind()
    texts = connection.execute(
        sa.text(
            "SELECT i.id, d.title, s.text, d.text FROM items i JOIN summaries s ON s.id = i.summary_id "
            "JOIN documents d ON d.id = s.document_id"
        )
    )
    whole = sa.text("INSERT INTO item_search (rowid, words) VALUES (:id, :words)")
    pairs = sa.text("INSERT INTO item_search_pairs (rowid, words) VALUES (:id, :words)")
    for item_id, *parts in texts.all():
        words = unicodedata.normalize("NFKC", "\n".join(parts))
        runs = re.findall(r"[^\W_]+", words.lower())
        found = sorted({run[place : place + 2] for run in runs for place in range(len(run))})
        connection.execute(whole, {"id": item_id, "words": words})
        connection.execute(pairs, {"id": item_id, "words": " ".join(found)})


def _create_postgresql_search() -> None:
    """Trigram indexes where the server has them and allows them; a search without them reads all texts."""
    connection = op.get_bind()
    known = sa.text("SELECT 1 FROM pg_available_extensions WHERE name = 'pg_trgm'")
    allowed = sa.text("SELECT has_database_privilege(current_database(), 'CREATE')")
    if connection.scalar(known) is None or not connection.scalar(allowed):
        return
    connection.execute(sa.text("CREATE EXTENSION IF NOT EXISTS pg_trgm"))
    op.execute("CREATE INDEX ix_documents_trgm ON documents USING gin (title gin_trgm_ops, text gin_trgm_ops)")
    op.execute("CREATE INDEX ix_summaries_trgm ON summaries USING gin (text gin_trgm_ops)")


def downgrade() -> None:
    """Take it all away again."""
    if op.get_bind().dialect.name == "sqlite":
        op.drop_table("item_search")
        op.drop_table("item_search_pairs")
    else:
        op.execute("DROP INDEX IF EXISTS ix_documents_trgm")
        op.execute("DROP INDEX IF EXISTS ix_summaries_trgm")
    for name in ("saved_views", "events"):
        op.drop_table(name)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION refuse_event_change")
    op.drop_index(op.f("ix_verdicts_created_at"), "verdicts")
    for columns in _ITEM_INDEXES:
        op.drop_index(op.f(f"ix_items_{'_'.join(columns)}"), "items")
    op.drop_column("policies", "second_share")
    op.drop_column("verdicts", "is_final")
    for column in _item_columns():
        op.drop_column("items", column.name)
    op.create_index(op.f("ix_items_state_risk_id"), "items", ["state", "risk", "id"])
