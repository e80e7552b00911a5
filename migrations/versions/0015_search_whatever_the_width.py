"""On PostgreSQL, indexes over the texts in one form of their characters (NFKC).

Why: what is searched for is brought into that form, and the texts were not, so that `25℃`, `ＮＧ` or `ﾛｯﾄ` were never
found there. SQLite's indexes hold that form already.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_INDEXED = {"documents": ("title", "text"), "summaries": ("text",)}


def upgrade() -> None:
    """Index anew what is indexed."""
    _index_anew("normalize({column}, NFKC) gin_trgm_ops")


def downgrade() -> None:
    """Index the texts as they were typed."""
    _index_anew("{column} gin_trgm_ops")


def _index_anew(element: str) -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    for table, columns in _INDEXED.items():
        name = f"ix_{table}_trgm"
        if op.get_bind().scalar(sa.select(sa.func.to_regclass(name))) is None:  # no trigrams on that server
            continue
        op.execute(f"DROP INDEX {name}")
        op.execute(f"CREATE INDEX {name} ON {table} USING gin ({', '.join(element.format(column=c) for c in columns)})")
