"""The tables of models: versions, which is in force, the runs that make new ones, and what they make of older texts.

In: nothing. Out: SQLAlchemy tables beside those of `tables`. "Model" is the neural network: base, adapter, posterior.
Knows nothing of queries or what the JSON columns mean.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Integer, String, Text, UniqueConstraint, event
from sqlalchemy.orm import Mapped, mapped_column

from backend.review.store.tables import Table, now, refuse_change


class ModelRow(Table):
    """A version of adapter and posterior over a base model. Append-only.

    `folder` is relative to the installation's folder of adapters, or absolute.
    """

    __tablename__ = "models"

    version: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    parent: Mapped[int | None] = mapped_column(ForeignKey("models.version"))
    origin: Mapped[str] = mapped_column(String(20))
    base: Mapped[str] = mapped_column(Text)
    adapter: Mapped[str] = mapped_column(Text)
    posterior: Mapped[str] = mapped_column(Text)
    folder: Mapped[str] = mapped_column(Text)
    created_by: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(default=now)
    report: Mapped[dict[str, Any]]
    provenance: Mapped[dict[str, Any]]


class ModelActivationRow(Table):
    """From when on a version is in force, and why: the newest row counts. Append-only."""

    __tablename__ = "model_activations"

    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(ForeignKey("models.version"))
    reason: Mapped[str] = mapped_column(String(20))
    activated_by: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(default=now)


class RetrainingRow(Table):
    """A run that makes a new version. `worker` and `attempts` say who owns it; `data` names its verdicts by part."""

    __tablename__ = "retrainings"

    id: Mapped[int] = mapped_column(primary_key=True)
    parent: Mapped[int] = mapped_column(ForeignKey("models.version"))
    version: Mapped[int | None] = mapped_column(ForeignKey("models.version"))
    state: Mapped[str] = mapped_column(String(20), index=True)
    stage: Mapped[str] = mapped_column(String(20), default="")
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    attempts: Mapped[int] = mapped_column(default=0)
    worker: Mapped[str | None] = mapped_column(Text)
    heartbeat_at: Mapped[datetime | None]
    requested_by: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(default=now)
    finished_at: Mapped[datetime | None]
    error_code: Mapped[str | None] = mapped_column(String(80))
    error_sentence: Mapped[str | None] = mapped_column(Text)
    error_parameters: Mapped[dict[str, Any] | None]
    data: Mapped[dict[str, Any]]


class RescoringRow(Table):
    """What a later model version, or a later version of the program, makes of a reviewed summary.

    Append-only; the summary keeps the scores people saw.
    """

    __tablename__ = "rescorings"
    __table_args__ = (UniqueConstraint("model", "feature_version", "summary_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    summary_id: Mapped[int] = mapped_column(ForeignKey("summaries.id"))
    model: Mapped[int] = mapped_column(ForeignKey("models.version"))
    feature_version: Mapped[int]
    samples: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(default=now)
    analysis: Mapped[dict[str, Any]]


for _table in (ModelRow, ModelActivationRow, RescoringRow):
    event.listen(_table, "before_update", refuse_change)
    event.listen(_table, "before_delete", refuse_change)
