"""Versions of the calibration and of the policy, and what was decided under them.

Why: a decision keeps the calibration and policy it was made under, and history can be asked what another
policy would have done.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    _create_calibrations()
    _create_policies()
    _create_decisions()


def _create_calibrations() -> None:
    op.create_table(
        "calibrations",
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("parent", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("metrics", sa.JSON(), nullable=False),
        sa.Column("provenance", sa.JSON(), nullable=False),
        sa.Column("edit_model", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_calibrations")),
        sa.ForeignKeyConstraint(["parent"], ["calibrations.version"], name=op.f("fk_calibrations_parent_calibrations")),
    )
    op.create_table(
        "calibration_activations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("activated_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calibration_activations")),
        sa.ForeignKeyConstraint(
            ["version"],
            ["calibrations.version"],
            name=op.f("fk_calibration_activations_version_calibrations"),
        ),
    )
    op.create_table(
        "recalibrations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("parent", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.Column("requested_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("report", sa.JSON(), nullable=False),
        sa.Column("provenance", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recalibrations")),
        sa.ForeignKeyConstraint(
            ["parent"], ["calibrations.version"], name=op.f("fk_recalibrations_parent_calibrations")
        ),
        sa.ForeignKeyConstraint(
            ["version"], ["calibrations.version"], name=op.f("fk_recalibrations_version_calibrations")
        ),
    )


def _create_policies() -> None:
    op.create_table(
        "policies",
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("threshold", sa.Double(), nullable=False),
        sa.Column("samples", sa.Integer(), nullable=False),
        sa.Column("audit_share", sa.Double(), nullable=False),
        sa.Column("saved_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_policies")),
    )


def _create_decisions() -> None:
    op.create_table(
        "decisions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("summary_id", sa.Integer(), nullable=False),
        sa.Column("calibration", sa.Integer(), nullable=False),
        sa.Column("policy", sa.Integer(), nullable=False),
        sa.Column("risk", sa.Double(), nullable=False),
        sa.Column("decision", sa.String(20), nullable=False),
        sa.Column("reason", sa.String(20), nullable=False),
        sa.Column("review_probability", sa.Double(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("edit_probabilities", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decisions")),
        sa.ForeignKeyConstraint(["summary_id"], ["summaries.id"], name=op.f("fk_decisions_summary_id_summaries")),
        sa.ForeignKeyConstraint(
            ["calibration"], ["calibrations.version"], name=op.f("fk_decisions_calibration_calibrations")
        ),
        sa.ForeignKeyConstraint(["policy"], ["policies.version"], name=op.f("fk_decisions_policy_policies")),
        sa.UniqueConstraint("summary_id", name=op.f("uq_decisions_summary_id")),
    )
    op.create_index(op.f("ix_decisions_risk_reason"), "decisions", ["risk", "reason"])


def downgrade() -> None:
    """Drop the tables."""
    for name in ("decisions", "policies", "recalibrations", "calibration_activations", "calibrations"):
        op.drop_table(name)
