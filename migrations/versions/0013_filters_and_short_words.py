"""Indexes that hold what the inbox is filtered by, and a search that finds single characters and signs.

Why: at 100,000 items a filtered page read the row of every item on the way to it, and a search for `±`, `5%` or `°C`
read every document.
"""

from __future__ import annotations

import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_BEFORE = (
    ("state", "risk", "id", "postponed_until"),
    ("state", "cost_seconds", "id", "postponed_until"),
    ("state", "id", "postponed_until"),
    ("state", "due_at", "id", "postponed_until"),
)
_FILTERED = (
    "postponed_until", "kind", "language", "submitted_by", "reason", "model", "created_at", "assignee", "role",
)  # fmt: skip
_AFTER = {
    "risk": ("state", "risk", "id", *_FILTERED),
    "cost": ("state", "cost_seconds", "id", *_FILTERED, "risk"),
    "age": ("state", "id", *_FILTERED, "risk"),
    "due": ("state", "due_at", "id", *_FILTERED, "risk"),
}
_SIGNS_TOO = " categories ''L* M* N* P* S* C*''"
_ROWS_AT_ONCE = 500


def upgrade() -> None:
    """Widen the indexes, and index short words anew."""
    for columns in _BEFORE:
        op.drop_index(op.f(f"ix_items_{'_'.join(columns)}"), "items")
    for sort, columns in _AFTER.items():
        op.create_index(op.f(f"ix_items_by_{sort}"), "items", list(columns))
    if op.get_bind().dialect.name == "sqlite":
        op.drop_table("item_search_pairs")
        op.execute(
            "CREATE VIRTUAL TABLE item_search_pairs USING fts5(words, content='', detail=none, "
            f"tokenize='unicode61 remove_diacritics 0{_SIGNS_TOO}')"
        )
        _index_texts()


def downgrade() -> None:
    """Narrow the indexes; words of one or two characters are found again in items that come later."""
    for sort in _AFTER:
        op.drop_index(op.f(f"ix_items_by_{sort}"), "items")
    for columns in _BEFORE:
        op.create_index(op.f(f"ix_items_{'_'.join(columns)}"), "items", list(columns))
    if op.get_bind().dialect.name == "sqlite":
        op.drop_table("item_search_pairs")
        op.execute(
            "CREATE VIRTUAL TABLE item_search_pairs "
            "USING fts5(words, content='', detail=none, tokenize='unicode61 remove_diacritics 0')"
        )


def _index_texts() -> None:
    """Some items at a time: all texts of a large installation do not fit into memory."""
    connection = op.get_bind()
    texts = sa.text(
        "SELECT i.id, d.title, coalesce(e.text, s.text), d.text FROM items i JOIN summaries s ON s.id = i.summary_id "
        "JOIN documents d ON d.id = s.document_id LEFT JOIN seeded_errors e ON e.item_id = i.id "
        "WHERE i.id > :last ORDER BY i.id LIMIT :most"
    )
    into = sa.text("INSERT INTO item_search_pairs (rowid, words) VALUES (:id, :words)")
    last = 0
    while rows := connection.execute(texts, {"last": last, "most": _ROWS_AT_ONCE}).all():
        connection.execute(into, [{"id": item_id, "words": _to_short_words(parts)} for item_id, *parts in rows])
        last = rows[-1][0]


def _to_short_words(parts: list[str]) -> str:
    runs = unicodedata.normalize("NFKC", "\n".join(parts)).lower().split()
    return " ".join(sorted({run[place : place + size] for run in runs for place in range(len(run)) for size in (1, 2)}))
