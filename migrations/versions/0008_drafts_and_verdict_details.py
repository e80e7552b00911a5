"""Drafts keep all that a reviewer did, in order; a verdict keeps its reason and what became of every phrase.

Why: a closed tab or a crash must lose nothing of a half-finished review, a save that arrives late must not replace
a newer one, and what kinds of errors a model makes is learned from reasons, not from texts alone.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Widen the drafts, create the details."""
    added = (
        sa.Column("note", sa.Text(), nullable=False, server_default=""),
        sa.Column("reason", sa.String(20), nullable=False, server_default=""),
        sa.Column("accepted", sa.JSON(), nullable=False, server_default="[]"),
        sa.Column("tab", sa.String(40), nullable=False, server_default=""),
        sa.Column("sequence", sa.Integer(), nullable=False, server_default="0"),
    )
    with op.batch_alter_table("drafts") as drafts:
        for column in added:
            drafts.add_column(column)
    with op.batch_alter_table("drafts") as drafts:  # the defaults were for the rows that were there
        for column in added:
            drafts.alter_column(column.name, existing_type=column.type, existing_nullable=False, server_default=None)
    op.create_table(
        "verdict_details",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("verdict_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(20), nullable=False),
        sa.Column("phrases", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_verdict_details")),
        sa.ForeignKeyConstraint(["verdict_id"], ["verdicts.id"], name=op.f("fk_verdict_details_verdict_id_verdicts")),
        sa.UniqueConstraint("verdict_id", name=op.f("uq_verdict_details_verdict_id")),
    )


def downgrade() -> None:
    """Drop the details, narrow the drafts."""
    op.drop_table("verdict_details")
    with op.batch_alter_table("drafts") as drafts:
        for name in ("sequence", "tab", "accepted", "reason", "note"):
            drafts.drop_column(name)
