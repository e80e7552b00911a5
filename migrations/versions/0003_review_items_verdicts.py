"""The review inbox: items, verdicts, undone verdicts and drafts.

Why: what waits for a person is one range of one index, a constraint refuses a second verdict, and an undo is
one more row, never a deletion.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    _create_items()
    _create_verdicts()
    op.create_table(
        "drafts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("reviewer", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drafts")),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name=op.f("fk_drafts_item_id_items")),
        sa.UniqueConstraint("item_id", "reviewer", name=op.f("uq_drafts_item_id_reviewer")),
    )


def _create_items() -> None:
    op.create_table(
        "items",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("summary_id", sa.Integer(), nullable=False),
        sa.Column("decision_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("language", sa.String(20), nullable=False),
        sa.Column("risk", sa.Double(), nullable=False),
        sa.Column("reason", sa.String(20), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_items")),
        sa.ForeignKeyConstraint(["summary_id"], ["summaries.id"], name=op.f("fk_items_summary_id_summaries")),
        sa.ForeignKeyConstraint(["decision_id"], ["decisions.id"], name=op.f("fk_items_decision_id_decisions")),
        sa.UniqueConstraint("summary_id", name=op.f("uq_items_summary_id")),
        sa.UniqueConstraint("decision_id", name=op.f("uq_items_decision_id")),
    )
    op.create_index(op.f("ix_items_state_risk_id"), "items", ["state", "risk", "id"])
    op.create_index(op.f("ix_items_risk_id"), "items", ["risk", "id"])
    op.create_index(op.f("ix_items_state_created_at"), "items", ["state", "created_at"])


def _create_verdicts() -> None:
    op.create_table(
        "verdicts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("reviewer", sa.Text(), nullable=False),
        sa.Column("seconds_spent", sa.Double(), nullable=True),
        sa.Column("is_wrong", sa.Boolean(), nullable=False),
        sa.Column("edited", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_verdicts")),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name=op.f("fk_verdicts_item_id_items")),
        sa.UniqueConstraint("item_id", "round", name=op.f("uq_verdicts_item_id_round")),
    )
    op.create_table(
        "verdict_undos",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("verdict_id", sa.Integer(), nullable=False),
        sa.Column("undone_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_verdict_undos")),
        sa.ForeignKeyConstraint(["verdict_id"], ["verdicts.id"], name=op.f("fk_verdict_undos_verdict_id_verdicts")),
        sa.UniqueConstraint("verdict_id", name=op.f("uq_verdict_undos_verdict_id")),
    )


def downgrade() -> None:
    """Drop the tables."""
    for name in ("drafts", "verdict_undos", "verdicts", "items"):
        op.drop_table(name)
