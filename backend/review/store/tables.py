"""The tables: documents, jobs, summaries, decisions, review items, verdicts, calibrations, policies.

In: nothing. Out: SQLAlchemy tables with types that SQLite and PostgreSQL both have; times are stored in UTC.
Long texts stand last in their rows, so that reading a title never reads a document.
Knows nothing of queries, use cases or what the JSON columns mean.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    DateTime,
    Dialect,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
    event,
    false,
    text,
    true,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

NAMING_CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(TypeDecorator[datetime]):
    """An aware time, stored in UTC; SQLite forgets the zone, so it is put back on reading."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a time without a zone, turn any other into UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone cannot be stored")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """An aware time in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def now() -> datetime:
    """The present, in UTC."""
    return datetime.now(UTC)


class Table(DeclarativeBase):
    """What all tables share: names of constraints, and how Python types are stored."""

    metadata = MetaData(naming_convention=NAMING_CONVENTION)
    type_annotation_map = {
        datetime: UtcDateTime(),
        float: Double(),
        dict[str, Any]: JSON(none_as_null=True),
        list[Any]: JSON(none_as_null=True),
    }


class DocumentRow(Table):
    """A document as it was submitted; two submissions of one text are two rows."""

    __tablename__ = "documents"

    id: Mapped[int] = mapped_column(primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    title: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(String(40))
    language: Mapped[str] = mapped_column(String(20))
    source_name: Mapped[str] = mapped_column(Text)
    notes: Mapped[list[Any]]
    submitted_by: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(default=now)
    text: Mapped[str] = mapped_column(Text)


class JobRow(Table):
    """A document waiting for, or on its way to, a summary. `worker` and `attempts` say who owns it."""

    __tablename__ = "jobs"
    __table_args__ = (
        Index(None, "state", "id"),
        Index(None, "submitted_by", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    document_id: Mapped[int] = mapped_column(ForeignKey("documents.id"), index=True)
    state: Mapped[str] = mapped_column(String(20))
    stage: Mapped[str] = mapped_column(String(20), default="")
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    attempts: Mapped[int] = mapped_column(default=0)
    worker: Mapped[str | None] = mapped_column(Text)
    heartbeat_at: Mapped[datetime | None]
    submitted_by: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(default=now)
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    error_code: Mapped[str | None] = mapped_column(String(80))
    error_sentence: Mapped[str | None] = mapped_column(Text)
    error_parameters: Mapped[dict[str, Any] | None]
    text: Mapped[str] = mapped_column(Text, default="")


class SummaryRow(Table):
    """A scored summary with its raw features; at most one a job."""

    __tablename__ = "summaries"

    id: Mapped[int] = mapped_column(primary_key=True)
    document_id: Mapped[int] = mapped_column(ForeignKey("documents.id"), index=True)
    job_id: Mapped[int | None] = mapped_column(ForeignKey("jobs.id"), unique=True)
    base: Mapped[str] = mapped_column(Text)
    adapter: Mapped[str] = mapped_column(Text)
    posterior: Mapped[str] = mapped_column(Text)
    samples: Mapped[int]
    seconds: Mapped[dict[str, Any]]
    notes: Mapped[list[Any]]
    created_at: Mapped[datetime] = mapped_column(default=now)
    text: Mapped[str] = mapped_column(Text)
    analysis: Mapped[dict[str, Any]]
    tokens: Mapped[dict[str, Any]]


class CalibrationRow(Table):
    """A version of the edit model. Append-only."""

    __tablename__ = "calibrations"

    version: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    parent: Mapped[int | None] = mapped_column(ForeignKey("calibrations.version"))
    created_at: Mapped[datetime] = mapped_column(default=now)
    metrics: Mapped[dict[str, Any]]
    provenance: Mapped[dict[str, Any]]
    edit_model: Mapped[dict[str, Any]]


class CalibrationActivationRow(Table):
    """From when on a calibration is the current one: the newest row counts. Append-only."""

    __tablename__ = "calibration_activations"

    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(ForeignKey("calibrations.version"))
    activated_by: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(default=now)


class PolicyRow(Table):
    """A version of the policy: the newest counts. Append-only."""

    __tablename__ = "policies"

    version: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    threshold: Mapped[float]
    samples: Mapped[int]
    audit_share: Mapped[float]
    second_share: Mapped[float] = mapped_column(default=0.0, server_default=text("0"))
    seed_share: Mapped[float] = mapped_column(default=0.0, server_default=text("0"))
    rules: Mapped[list[Any] | None]
    saved_by: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(default=now)


class DecisionRow(Table):
    """What was decided about a summary, under which calibration and policy. Append-only."""

    __tablename__ = "decisions"
    __table_args__ = (Index(None, "risk", "reason"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    summary_id: Mapped[int] = mapped_column(ForeignKey("summaries.id"), unique=True)
    calibration: Mapped[int] = mapped_column(ForeignKey("calibrations.version"))
    policy: Mapped[int] = mapped_column(ForeignKey("policies.version"))
    risk: Mapped[float]
    decision: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str] = mapped_column(String(20))
    review_probability: Mapped[float]
    created_at: Mapped[datetime] = mapped_column(default=now)
    edit_probabilities: Mapped[list[Any]]


_FILTERED = (
    "postponed_until", "kind", "language", "submitted_by", "reason", "model", "created_at", "assignee", "role",
)  # fmt: skip


class ItemRow(Table):
    """A summary that a person should look at.

    `kind`, `language`, `risk`, `reason`, `submitted_by` and `model` repeat the summary's, and `state` repeats
    whether a verdict stands, so that a page of the inbox is one range of one index. `version` counts the changes.
    `is_seeded` items are checks with a planted error (`seed_tables`) that no figure from verdicts counts.
    Who works on it (`lease_owner`, `lease_until`) and until when it is put off are no changes of the item.
    """

    __tablename__ = "items"
    __table_args__ = (
        # One for each order; with all that is filtered by, so that no row is read on the way to a page.
        Index("ix_items_by_risk", "state", "risk", "id", *_FILTERED),
        Index("ix_items_by_cost", "state", "cost_seconds", "id", *_FILTERED, "risk"),
        Index("ix_items_by_age", "state", "id", *_FILTERED, "risk"),
        Index("ix_items_by_due", "state", "due_at", "id", *_FILTERED, "risk"),
        Index(None, "state", "is_escalated"),
        Index(None, "state", "created_at"),
        Index(None, "risk", "id"),
        Index(None, "cost_seconds", "id"),
        Index(None, "assignee"),
        Index(None, "role"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    summary_id: Mapped[int] = mapped_column(ForeignKey("summaries.id"), unique=True)
    decision_id: Mapped[int] = mapped_column(ForeignKey("decisions.id"), unique=True)
    kind: Mapped[str] = mapped_column(String(40))
    language: Mapped[str] = mapped_column(String(20))
    risk: Mapped[float]
    reason: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(20))
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(default=now)
    submitted_by: Mapped[str] = mapped_column(Text, default="", server_default=text("''"))
    model: Mapped[str] = mapped_column(Text, default="", server_default=text("''"))
    cost_seconds: Mapped[float] = mapped_column(default=0.0, server_default=text("0"))
    stage: Mapped[str] = mapped_column(String(20), default="single", server_default="single")
    is_escalated: Mapped[bool] = mapped_column(default=False, server_default=false())
    lease_owner: Mapped[str | None] = mapped_column(Text)
    lease_until: Mapped[datetime | None]
    postponed_until: Mapped[datetime | None]
    assignee: Mapped[str | None] = mapped_column(Text)
    role: Mapped[str | None] = mapped_column(String(40))
    due_at: Mapped[datetime | None]
    is_seeded: Mapped[bool] = mapped_column(default=False, server_default=false())


class VerdictRow(Table):
    """What a person said. Append-only; `round` counts the item's verdicts before this one.

    One verdict an item and round: the constraint that turns a double review into an error. One of two blind
    verdicts is not final, unless the second one agrees with the first.
    """

    __tablename__ = "verdicts"
    __table_args__ = (UniqueConstraint("item_id", "round"), Index(None, "created_at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("items.id"))
    round: Mapped[int]
    kind: Mapped[str] = mapped_column(String(20))
    reviewer: Mapped[str] = mapped_column(Text)
    seconds_spent: Mapped[float | None]
    is_wrong: Mapped[bool]
    is_final: Mapped[bool] = mapped_column(default=True, server_default=true())
    edited: Mapped[list[Any]]
    created_at: Mapped[datetime] = mapped_column(default=now)
    note: Mapped[str] = mapped_column(Text)
    text: Mapped[str | None] = mapped_column(Text)


class VerdictUndoRow(Table):
    """Voids a verdict, once. Append-only."""

    __tablename__ = "verdict_undos"

    id: Mapped[int] = mapped_column(primary_key=True)
    verdict_id: Mapped[int] = mapped_column(ForeignKey("verdicts.id"), unique=True)
    undone_by: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(default=now)


class DraftRow(Table):
    """What a reviewer has done so far about an item; the newest replaces the older.

    `tab` and `sequence` order what one browser tab sends.
    """

    __tablename__ = "drafts"
    __table_args__ = (UniqueConstraint("item_id", "reviewer"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("items.id"))
    reviewer: Mapped[str] = mapped_column(Text)
    updated_at: Mapped[datetime] = mapped_column(default=now)
    reason: Mapped[str] = mapped_column(String(20), default="")
    accepted: Mapped[list[Any]] = mapped_column(default=list)
    tab: Mapped[str] = mapped_column(String(40), default="")
    sequence: Mapped[int] = mapped_column(default=0)
    note: Mapped[str] = mapped_column(Text, default="")
    text: Mapped[str] = mapped_column(Text)


class VerdictDetailRow(Table):
    """The reason of a verdict, and what it did with every phrase. Append-only."""

    __tablename__ = "verdict_details"

    id: Mapped[int] = mapped_column(primary_key=True)
    verdict_id: Mapped[int] = mapped_column(ForeignKey("verdicts.id"), unique=True)
    reason: Mapped[str] = mapped_column(String(20))
    phrases: Mapped[list[Any]]


APPEND_ONLY = (
    CalibrationRow,
    CalibrationActivationRow,
    PolicyRow,
    DecisionRow,
    VerdictRow,
    VerdictUndoRow,
    VerdictDetailRow,
)


def refuse_change(_mapper: object, _connection: object, row: Table) -> None:
    """Refuse to flush a change of an append-only row."""
    raise RuntimeError(f"rows of {row.__tablename__} are never changed or deleted")


for _table in APPEND_ONLY:
    event.listen(_table, "before_update", refuse_change)
    event.listen(_table, "before_delete", refuse_change)
