"""Versions of the model: what each came from, which is in force, and how another one comes into force.

In: a database; what an installation brings along, or what a training made. Out: `ModelView`s.
Old summaries keep the names of the model that wrote them. A change is an entry of the record, and certificates are
void from then on, since they name the model in force. Knows nothing of files' contents or of training.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.errors import ReviewError
from backend.review.store import events
from backend.review.store.database import Database
from backend.review.store.dialect import lock_versions
from backend.review.store.model_tables import ModelActivationRow, ModelRow
from backend.review.store.storable import clean_typed


class Named(Protocol):
    """Whatever says which model it is, or was made by: a version, a summary, scores."""

    @property
    def base(self) -> str:
        """The base model."""
        ...

    @property
    def adapter(self) -> str:
        """The adapter, with a hash of its weights."""
        ...

    @property
    def posterior(self) -> str:
        """The posterior over the adapter."""
        ...


def identity(named: Named) -> dict[str, str]:
    """What records call a model, to be compared or written down."""
    return {"base": named.base, "adapter": named.adapter, "posterior": named.posterior}


@dataclass(frozen=True, slots=True)
class ModelNames:
    """What names a model in the records, and the folder of its adapter."""

    base: str
    adapter: str
    posterior: str
    folder: str


@dataclass(frozen=True, slots=True)
class ModelView:
    """A version with its provenance.

    Attributes:
        origin: "installed" (came with the program or by TASHIKA_ADAPTER), "retrained" or "retuned".
        report: the comparison with the version that it was made from; empty for an installed one.
        was_in_force: whether it is in force or has been.
    """

    version: int
    parent: int | None
    origin: str
    names: ModelNames
    created_by: str
    created_at: datetime
    report: dict[str, Any]
    provenance: dict[str, Any]
    is_current: bool
    was_in_force: bool

    @property
    def may_be_used(self) -> bool:
        """Whether it may come into force: back, or because it is not worse on held-out texts."""
        return self.was_in_force or self.origin == "installed" or bool(self.report.get("is_not_worse"))


def adopt(database: Database, names: ModelNames) -> ModelView:
    """Take note of the installation's own model.

    It comes into force where nothing was, and where the installation now brings another one than before (a new
    TASHIKA_ADAPTER, an update of the program). Else a promoted version stays in force. The same files in another
    folder are the same model: the program was moved, or another machine shares the database.
    """
    with database.reading() as session:
        last = _newest_adopted(session)
        if last is not None and identity(last) == identity(names):
            return _to_views(session, [last])[0]
    with database.session() as session:
        lock_versions(session)
        last = _newest_adopted(session)
        if last is None or identity(last) != identity(names):
            row = _find_installed(session, names) or _add(
                session, names, origin="installed", parent=None, created_by="", report={}, provenance={}
            )
            _activate(session, row, reason="adopted", by="")
            session.commit()
            last = row
        return _to_views(session, [last])[0]


def add(
    session: Session,
    names: ModelNames,
    *,
    origin: str,
    parent: int,
    created_by: str,
    report: dict[str, Any],
    provenance: dict[str, Any],
) -> int:
    """Store a version that is not in force; its number. An entry of the record says that it was made."""
    lock_versions(session)
    row = _add(
        session, names, origin=origin, parent=parent, created_by=created_by, report=report, provenance=provenance
    )
    facts = {"version": row.version, "parent": parent, "origin": origin, **identity(row)}
    events.append(session, "model_made", actor=created_by, facts=facts)
    return row.version


def use(database: Database, version: int, *, by: str) -> None:
    """Put a version in force for later summaries: a promotion, or the way back.

    Raises:
        ReviewError: when there is none, or when it is worse than the one that it was made from.
    """
    with database.session() as session:
        lock_versions(session)
        use_within(session, version, by=by)
        session.commit()


def use_within(session: Session, version: int, *, by: str) -> None:
    """The same as a part of something larger, in a transaction that holds the numbers of versions."""
    view = find_usable(session, version)
    if not view.is_current:
        row = session.get_one(ModelRow, version)
        _activate(session, row, reason="rolled_back" if view.was_in_force else "promoted", by=by)


def find_usable(session: Session, version: int) -> ModelView:
    """A version that may write summaries.

    Raises:
        ReviewError: when there is none, or when it is worse than the one that it was made from.
    """
    row = session.get(ModelRow, version)
    if row is None:
        raise ReviewError("models.not_found", "There is no model version {version}.", version=version)
    (view,) = _to_views(session, [row])
    if not view.may_be_used:
        raise ReviewError(
            "models.worse",
            "Model version {version} was worse on texts that it had not seen; it is not used.",
            version=version,
        )
    return view


def roll_back(database: Database, *, by: str) -> int:
    """Put the version in force again that was before the present one; its number.

    Raises:
        ReviewError: when there was none.
    """
    with database.reading() as session:
        versions = session.scalars(select(ModelActivationRow.version).order_by(ModelActivationRow.id.desc())).all()
    earlier = next((version for version in versions if version != versions[0]), None)
    if earlier is None:
        raise ReviewError("models.no_earlier", "No other model version was in use before; there is none to go back to.")
    use(database, earlier, by=by)
    return earlier


def current(database: Database) -> ModelView | None:
    """The version in force; None before the first model was loaded."""
    with database.reading() as session:
        row = _find_current(session)
        return _to_views(session, [row])[0] if row is not None else None


def find_after_adopting(database: Database, names: ModelNames) -> ModelView | None:
    """The version in force if the installation brings what it brought last; None where it would bring a new one."""
    with database.reading() as session:
        last = _newest_adopted(session)
        is_same = last is not None and identity(last) == identity(names)
        return _to_views(session, [_find_current(session)])[0] if is_same else None


def find(database: Database, version: int) -> ModelView:
    """One version.

    Raises:
        ReviewError: when there is none.
    """
    with database.reading() as session:
        row = session.get(ModelRow, version)
        if row is None:
            raise ReviewError("models.not_found", "There is no model version {version}.", version=version)
        return _to_views(session, [row])[0]


def versions(database: Database) -> tuple[ModelView, ...]:
    """Every version, newest first."""
    with database.reading() as session:
        return tuple(_to_views(session, session.scalars(select(ModelRow).order_by(ModelRow.version.desc())).all()))


def last_switch(database: Database) -> int:
    """A number that changes whenever a person puts another version in force."""
    query = select(func.max(ModelActivationRow.id)).where(ModelActivationRow.reason != "adopted")
    with database.reading() as session:
        return session.scalar(query) or 0


def seen_documents(session: Session, *, adapter: str) -> set[str]:
    """Hashes of the documents whose reviewed texts went into an adapter, itself or one that it came from."""
    rows = {row.version: row for row in session.scalars(select(ModelRow))}
    waiting = [version for version, row in rows.items() if row.adapter == adapter]
    seen: set[str] = set()
    while waiting:
        row = rows.pop(waiting.pop(), None)
        if row is not None:
            seen.update(row.provenance.get("documents", ()))
            waiting += [row.parent] if row.parent is not None else []
    return seen


def versions_of(session: Session, names: dict[str, str]) -> list[int]:
    """The versions that records call by these names (base, adapter, posterior)."""
    return [row.version for row in session.scalars(select(ModelRow)) if identity(row) == names]


def _newest_adopted(session: Session) -> ModelRow | None:
    query = (
        select(ModelRow)
        .join(ModelActivationRow, ModelActivationRow.version == ModelRow.version)
        .where(ModelActivationRow.reason == "adopted")
        .order_by(ModelActivationRow.id.desc())
        .limit(1)
    )
    return session.scalars(query).first()


def _find_installed(session: Session, names: ModelNames) -> ModelRow | None:
    rows = session.scalars(select(ModelRow).where(ModelRow.origin == "installed", ModelRow.adapter == names.adapter))
    return next((row for row in rows if identity(row) == identity(names)), None)


def _find_current(session: Session) -> ModelRow | None:
    query = (
        select(ModelRow)
        .join(ModelActivationRow, ModelActivationRow.version == ModelRow.version)
        .order_by(ModelActivationRow.id.desc())
        .limit(1)
    )
    return session.scalars(query).first()


def _add(session: Session, names: ModelNames, *, created_by: str, **values: Any) -> ModelRow:
    row = ModelRow(
        version=(session.scalar(select(func.max(ModelRow.version))) or 0) + 1,
        base=names.base,
        adapter=names.adapter,
        posterior=names.posterior,
        folder=names.folder,
        created_by=clean_typed(created_by),
        **values,
    )
    session.add(row)
    session.flush()
    return row


def _activate(session: Session, row: ModelRow, *, reason: str, by: str) -> None:
    session.add(ModelActivationRow(version=row.version, reason=reason, activated_by=clean_typed(by)))
    events.append(session, f"model_{reason}", actor=by, facts={"version": row.version, **identity(row)})


def _names(row: ModelRow) -> ModelNames:
    return ModelNames(base=row.base, adapter=row.adapter, posterior=row.posterior, folder=row.folder)


def _to_views(session: Session, rows: Any) -> list[ModelView]:
    used = session.scalars(select(ModelActivationRow.version).order_by(ModelActivationRow.id)).all()
    return [
        ModelView(
            version=row.version,
            parent=row.parent,
            origin=row.origin,
            names=_names(row),
            created_by=row.created_by,
            created_at=row.created_at,
            report=row.report,
            provenance=row.provenance,
            is_current=bool(used) and used[-1] == row.version,
            was_in_force=row.version in used,
        )
        for row in rows
    ]
