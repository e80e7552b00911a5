"""The tables of decisions about calibration and policy: tries to recalibrate, certificates, prices, experiments.

In: nothing. Out: append-only SQLAlchemy tables beside those of `tables`.
Knows nothing of queries or what the JSON columns mean.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, Text, event
from sqlalchemy.orm import Mapped, mapped_column

from backend.review.store.tables import Table, now, refuse_change


class RecalibrationRow(Table):
    """An attempt to recalibrate, successful (`version`) or not. Append-only."""

    __tablename__ = "recalibrations"

    id: Mapped[int] = mapped_column(primary_key=True)
    parent: Mapped[int] = mapped_column(ForeignKey("calibrations.version"))
    version: Mapped[int | None] = mapped_column(ForeignKey("calibrations.version"))
    requested_by: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(default=now)
    report: Mapped[dict[str, Any]]
    provenance: Mapped[dict[str, Any]]


class CertificateRow(Table):
    """A try at certifying a threshold; without `threshold` there was none. Append-only."""

    __tablename__ = "certificates"

    id: Mapped[int] = mapped_column(primary_key=True)
    alpha: Mapped[float]
    delta: Mapped[float]
    threshold: Mapped[float | None]
    requested_by: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(default=now)
    report: Mapped[dict[str, Any]]
    provenance: Mapped[dict[str, Any]]


class PriceRow(Table):
    """What a minute of review and a missed error cost; the newest row counts. Append-only."""

    __tablename__ = "prices"

    id: Mapped[int] = mapped_column(primary_key=True)
    minute: Mapped[float]
    missed_error: Mapped[float]
    saved_by: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(default=now)


class ExperimentRow(Table):
    """Policies that are tried side by side. Append-only; its state is that of its newest event."""

    __tablename__ = "experiments"

    id: Mapped[int] = mapped_column(primary_key=True)
    arms: Mapped[list[Any]]
    started_by: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(default=now)


class ExperimentEventRow(Table):
    """An experiment went into the shadow, live, was stopped or promoted. Append-only."""

    __tablename__ = "experiment_events"

    id: Mapped[int] = mapped_column(primary_key=True)
    experiment_id: Mapped[int] = mapped_column(ForeignKey("experiments.id"))
    state: Mapped[str] = mapped_column(String(20))
    policies: Mapped[list[Any]]
    after_decision: Mapped[int]
    by: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(default=now)


for _table in (RecalibrationRow, CertificateRow, PriceRow, ExperimentRow, ExperimentEventRow):
    event.listen(_table, "before_update", refuse_change)
    event.listen(_table, "before_delete", refuse_change)
