"""`tashika summarize`, `inbox`, `verdict`, `recalibrate`: the review loop without a browser."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from app.commands.data_folder import make_folder
from app.components.highlight import reason_text
from app.components.policy_text import check_sentence
from app.text import percent
from backend.config import Settings
from backend.documents import read_file
from backend.errors import DocumentError
from backend.people.person import LOCAL_PERSON
from backend.review.intake import service
from backend.review.intake.summaries import fingerprint
from backend.review.learning import calibration
from backend.review.policy import experiments
from backend.review.queue import inbox, vigilance
from backend.review.queue.vigilance import Given
from backend.review.store.database import Database, open_database, upgrade
from backend.review.store.views import InboxPage, PhraseView, RecalibrationResult, SummaryView
from backend.uncertainty.report import Scores
from backend.uncertainty.summary import UNUSUAL

PERSON = "command line"  # who acts, in the records
MARKS = {"sure": "", "check": "?", "doubtful": "??"}


@contextmanager
def opened(settings: Settings) -> Iterator[Database]:
    """The installation's database, migrated."""
    make_folder(settings.data)
    upgrade(settings.url)
    database = open_database(settings.url)
    try:
        yield database
    finally:
        database.close()


def summarize(settings: Settings, file: Path, *, samples: int | None) -> SummaryView:
    """Read, summarize, score, decide and record one file."""
    from app.commands.choosing import load_for  # noqa: PLC0415 - torch only where a model is needed

    document = read_file(file)
    with opened(settings) as database:
        sha256 = fingerprint(document.text)
        chosen = experiments.policy_for(database, document_sha256=sha256).samples if samples is None else samples
        scored = load_for(settings, database, document_sha256=sha256).summarize(document, samples=chosen)
        return service.record(database, document=document, scored=scored, submitted_by=PERSON)


def summary_json(view: SummaryView) -> dict[str, object]:
    """The stable form that other programs read."""
    return {
        "document": {
            "title": view.document.title,
            "characters": len(view.document.text),
            "language": view.document.language,
        },
        "summary": view.text,
        "model": {
            "base": view.base,
            "adapter": view.adapter,
            "posterior": view.posterior,
            "calibration": view.calibration,
        },
        "samples": view.samples,
        "tokens": [asdict(token) for token in view.tokens],
        "spans": [_span_json(phrase) for phrase in view.phrases],
        "risk": view.risk,
        "decision": view.decision,
        "reason": view.reason,
        "policy": view.policy,
        "review_item": view.item_id,
        "seconds": view.seconds,
    }


def _span_json(phrase: PhraseView) -> dict[str, object]:
    return {
        "start_char": phrase.start_char,
        "end_char": phrase.end_char,
        "text": phrase.text,
        "edit_probability": phrase.edit_probability,
        "band": phrase.band,
        "reasons": [reason_text("en", reason) for reason in phrase.reasons],
        "source": [asdict(span) for span in phrase.source],
    }


def describe_summary(view: SummaryView) -> str:
    """Summary, doubtful phrases with reasons, and the decision, for a terminal."""
    lines = [view.text, ""]
    for phrase in view.phrases:
        if phrase.band != "sure":
            lines.append(f"{MARKS[phrase.band]:>2} {phrase.text}  (edit {percent(phrase.edit_probability)})")
            lines.extend(f"     {reason_text('en', reason)}" for reason in phrase.reasons)
    where = f"; waits in the inbox as item {view.item_id}" if view.item_id is not None else ""
    if UNUSUAL in view.notes:
        lines.append("the document is of another kind than those that the scores were learned on")
    lines.append(f"{view.decision} ({view.reason.replace('_', ' ')}), risk {percent(view.risk)}{where}")
    return "\n".join(lines)


def read_inbox(settings: Settings, *, page: int, page_size: int, state: str) -> InboxPage:
    """One page of the inbox."""
    with opened(settings) as database:
        return inbox.page(database, page=page, page_size=page_size, state=state)


def inbox_json(page: InboxPage) -> dict[str, object]:
    """The page as plain values; dates in ISO 8601, UTC."""
    rows = [{name: _plain(value) for name, value in asdict(row).items()} for row in page.rows]
    return {"items": rows, "total": page.total, "page": page.page, "pages": page.pages}


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value


def give_verdict(settings: Settings, item_id: int, *, kind: str, text_file: Path | None, note: str) -> Given:
    """Record a verdict on the item as it is now."""
    text = read_correction(text_file) if text_file is not None else None
    with opened(settings) as database:
        version = inbox.item(database, item_id).version
        return vigilance.give(
            database,
            item_id=item_id,
            kind=kind,
            text=text,
            note=note,
            reviewer=PERSON,
            roles=LOCAL_PERSON.roles,
            expected_version=version,
        )


def describe_given(given: Given, *, item_id: int, kind: str) -> str:
    """What was recorded, or what the check was."""
    if given.check is None:
        return f"verdict {given.verdict} recorded on item {item_id}: {kind}"
    return check_sentence("en", given.check, item_id=item_id)


def read_correction(file: Path) -> str:
    """A corrected summary from a UTF-8 file.

    Raises:
        DocumentError: it cannot be read as text.
    """
    try:
        return file.read_text("utf-8-sig").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise DocumentError(
            "verdict.text_unreadable",
            "The corrected text in {name} cannot be read; give a text file in UTF-8.",
            name=file.name,
        ) from error


def recalibrate(settings: Settings) -> RecalibrationResult:
    """Learn from the verdicts."""
    with opened(settings) as database:
        return calibration.recalibrate(database, requested_by=PERSON)


def retune(settings: Settings) -> dict[str, object]:
    """Tune the posterior on corrected texts; what came of it, as plain values."""
    from app.commands.retuning import retune_posterior  # noqa: PLC0415 - torch only where a model is needed

    with opened(settings) as database:
        result = retune_posterior(settings, database, person=PERSON)
    figures = asdict(result.retuning) if result.retuning is not None else None
    reason = {"reason": asdict(result.reason), "reason_text": reason_text("en", result.reason)}
    return {"model_version": result.version, "figures": figures, **reason}


def recalibration_json(result: RecalibrationResult) -> dict[str, object]:
    """New version (or null) and the report behind it."""
    report = asdict(result.report)
    return {"version": result.version, **report, "reason_text": reason_text("en", result.report.reason)}


def describe_recalibration(result: RecalibrationResult) -> str:
    """The report in words."""
    report = result.report
    lines = [reason_text("en", report.reason)]
    if result.version is not None:
        lines.insert(0, f"calibration version {result.version} is in use")
    for name, before, after in (
        ("phrases", report.phrases_before, report.phrases_after),
        ("summaries", report.summaries_before, report.summaries_after),
    ):
        if before.count and after.count:
            lines.append(f"{name}: {_scores(before)} before, {_scores(after)} after")
    return "\n".join(lines)


def _scores(scores: Scores) -> str:
    return f"log loss {scores.log_loss:.3f}, Brier {scores.brier:.3f}, ECE {scores.ece:.3f}"
