"""Escalation rules and deadlines, and checks whether reviewers still read.

Why: who decides about what, and until when, is a policy's; a rule that stands nowhere is forgotten. And a reviewer
who approves everything looks like a good model: only errors that somebody planted, and that count as no verdict, tell.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_DUE = ("state", "due_at", "id", "postponed_until")


def upgrade() -> None:
    """Widen policies and items, create the checks."""
    op.add_column("policies", sa.Column("rules", sa.JSON(none_as_null=True), nullable=True))
    op.add_column("policies", sa.Column("seed_share", sa.Double(), nullable=False, server_default=sa.text("0")))
    op.add_column("items", sa.Column("due_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("items", sa.Column("is_seeded", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_index(op.f(f"ix_items_{'_'.join(_DUE)}"), "items", list(_DUE))
    op.create_table(
        "seeded_errors",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("start_char", sa.Integer(), nullable=False),
        sa.Column("end_char", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("planted", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seeded_errors")),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name=op.f("fk_seeded_errors_item_id_items")),
        sa.UniqueConstraint("item_id", name=op.f("uq_seeded_errors_item_id")),
    )
    op.create_table(
        "seeded_answers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("seeded_error_id", sa.Integer(), nullable=False),
        sa.Column("said", sa.String(20), nullable=False),
        sa.Column("is_caught", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seeded_answers")),
        sa.ForeignKeyConstraint(
            ["seeded_error_id"], ["seeded_errors.id"], name=op.f("fk_seeded_answers_seeded_error_id_seeded_errors")
        ),
        sa.UniqueConstraint("seeded_error_id", name=op.f("uq_seeded_answers_seeded_error_id")),
    )


def downgrade() -> None:
    """Drop the checks, narrow items and policies."""
    op.drop_table("seeded_answers")
    op.drop_table("seeded_errors")
    op.drop_index(op.f(f"ix_items_{'_'.join(_DUE)}"), "items")
    with op.batch_alter_table("items") as items:
        items.drop_column("is_seeded")
        items.drop_column("due_at")
    with op.batch_alter_table("policies") as policies:
        policies.drop_column("seed_share")
        policies.drop_column("rules")
