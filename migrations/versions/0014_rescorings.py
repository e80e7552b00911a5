"""Scores of reviewed summaries under a later model.

Why: after another model comes into force, the verdicts on earlier summaries can calibrate it only with scores of its
own; the summaries keep the scores that people saw.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "rescorings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("summary_id", sa.Integer(), nullable=False),
        sa.Column("model", sa.Integer(), nullable=False),
        sa.Column("feature_version", sa.Integer(), nullable=False),
        sa.Column("samples", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("analysis", sa.JSON(none_as_null=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rescorings")),
        sa.ForeignKeyConstraint(["summary_id"], ["summaries.id"], name=op.f("fk_rescorings_summary_id_summaries")),
        sa.ForeignKeyConstraint(["model"], ["models.version"], name=op.f("fk_rescorings_model_models")),
        sa.UniqueConstraint(
            "model", "feature_version", "summary_id", name=op.f("uq_rescorings_model_feature_version_summary_id")
        ),
    )


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("rescorings")
