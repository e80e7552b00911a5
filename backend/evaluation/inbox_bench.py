"""How fast the inbox is when it is large: pages, searches, the next item, verdicts, on a database of this machine.

In: a database without items, and how many to make. Out: 95th percentiles in milliseconds.
The documents are generated ones, each with a title and a last line of its own. Knows nothing of pages in a browser.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from statistics import quantiles
from time import perf_counter
from typing import Any

from sqlalchemy import JSON, TableClause, Text, column, insert, table, text
from sqlalchemy.orm import Session

from backend.corpus import generate
from backend.review.intake.summaries import fingerprint
from backend.review.learning import calibration
from backend.review.policy import policies
from backend.review.policy.decide import review_seconds
from backend.review.queue import inbox, leases, verdicts
from backend.review.store.database import Database
from backend.review.store.dialect import index_many_words
from backend.review.store.inbox_views import InboxFilter
from backend.review.store.tables import DecisionRow, DocumentRow, ItemRow, SummaryRow, Table, now
from backend.uncertainty.analyze import analyze
from backend.uncertainty.features import FEATURE_VERSION
from backend.uncertainty.serialization import analysis_to_json, tokens_to_json

SEED = 4
_TEMPLATES = 60
_BATCH = 5000
_NO_TOKENS = json.dumps(tokens_to_json(()))
_PEOPLE = ("abe", "ito", "ueda", "endo")
#: A rare and a common word, a number, Japanese of one, two and more characters, two words at once, signs, a letter.
SEARCHES = ("Sheet 4711", "inspection", "12.5", "検", "検査", "検査記録", "lot hold", "±", "5%", "a")
FILTERS = (
    ("risk", InboxFilter()),
    ("age", InboxFilter()),
    ("cost", InboxFilter()),
    ("due", InboxFilter()),
    ("due", InboxFilter(state="overdue")),
    ("risk", InboxFilter(state="all")),
    ("risk", InboxFilter(language="ja")),
    ("age", InboxFilter(submitter="abe", risk_low=0.4)),
    ("cost", InboxFilter(kind="specification", risk_high=0.3)),
    ("risk", InboxFilter(min_age_hours=24.0 * 30)),
    ("due", InboxFilter(language="ja", kind="inspection_log", submitter="abe", risk_low=0.1, min_age_hours=24.0)),
)


@dataclass(frozen=True, slots=True)
class InboxFigures:
    """95th percentiles in milliseconds on an inbox of `items`."""

    items: int
    page_p95_ms: float
    search_p95_ms: float
    next_p95_ms: float
    verdict_p95_ms: float


@dataclass(frozen=True, slots=True)
class _Template:
    document: str
    summary: str
    kind: str
    language: str
    analysis: str


def fill(database: Database, *, items: int, seed: int = SEED) -> None:
    """Put `items` pending items into an empty database, without their entries in the record."""
    versions = calibration.current(database)[0], policies.current(database).version
    rng = random.Random(seed)
    templates = [_to_template(document) for document in _generated(seed)]
    for first in range(1, items + 1, _BATCH):
        numbers = range(first, min(first + _BATCH, items + 1))
        with database.session() as session:
            _insert(session, numbers, templates=templates, versions=versions, rng=rng)
            session.commit()
    with database.session() as session:
        session.execute(text("ANALYZE"))
        session.commit()


def measure(database: Database, *, items: int, repeats: int, seed: int = SEED) -> InboxFigures:
    """Time each use case over pages and filters of all depths."""
    rng = random.Random(seed)

    def read_page() -> None:
        sort, where = FILTERS[rng.randrange(len(FILTERS))]
        inbox.page(database, page=rng.randint(1, items // 12 + 1), page_size=12, where=where, sort=sort)

    def search() -> None:
        words = SEARCHES[rng.randrange(len(SEARCHES))]
        inbox.page(database, page=rng.randint(1, 3), page_size=12, where=InboxFilter(text=words))

    def find_next() -> None:
        inbox.next_pending(database, after=rng.randint(1, items), reviewer="abe")

    def decide() -> None:
        item_id = inbox.next_pending(database, after=rng.randint(1, items), reviewer="abe")
        leases.claim(database, item_id=item_id, reviewer="abe")
        version = inbox.item(database, item_id).version
        begin = perf_counter()
        verdicts.give(database, item_id=item_id, kind="approve", reviewer="abe", expected_version=version)
        spent.append(perf_counter() - begin)

    spent: list[float] = []
    pages, searches, nexts = (_time(work, repeats=repeats) for work in (read_page, search, find_next))
    for _ in range(repeats):
        decide()
    return InboxFigures(items, *[_p95_ms(seconds) for seconds in (pages, searches, nexts, spent)])


def _time(work: Callable[[], None], *, repeats: int) -> list[float]:
    seconds = []
    work()  # the first one opens a connection
    for _ in range(repeats):
        begin = perf_counter()
        work()
        seconds.append(perf_counter() - begin)
    return seconds


def _p95_ms(seconds: list[float]) -> float:
    return 1000 * quantiles(seconds, n=20)[-1]


def _generated(seed: int) -> Iterator[Any]:
    yield from generate(_TEMPLATES, seed=seed)


def _to_template(document: Any) -> _Template:
    analysis = analyze(document.document, summary=document.reference, tokens=(), language=document.language)
    stored = {"feature_version": FEATURE_VERSION, **analysis_to_json(analysis)}
    return _Template(
        document.document, document.reference, document.kind, document.language, json.dumps(stored, ensure_ascii=False)
    )


def _insert(
    session: Session, numbers: range, *, templates: list[_Template], versions: tuple[int, int], rng: random.Random
) -> None:
    made = [(number, templates[rng.randrange(len(templates))], rng.random()) for number in numbers]
    begin = now() - timedelta(days=90)
    rows: dict[type, list[dict[str, Any]]] = {DocumentRow: [], SummaryRow: [], DecisionRow: [], ItemRow: []}
    words = []
    for number, template, risk in made:
        title, document = f"Log {number}", f"{template.document}\nSheet {number}.\n"
        at = begin + timedelta(minutes=number)
        submitted_by = _PEOPLE[number % len(_PEOPLE)]
        rows[DocumentRow].append({
            "id": number, "sha256": fingerprint(document), "title": title, "kind": template.kind,
            "language": template.language, "source_name": "", "notes": "[]", "submitted_by": submitted_by,
            "created_at": at, "text": document,
        })  # fmt: skip
        rows[SummaryRow].append({
            "id": number, "document_id": number, "base": "bench", "adapter": "bench", "posterior": "bench",
            "samples": 8, "seconds": "{}", "notes": "[]", "created_at": at, "text": template.summary,
            "analysis": template.analysis, "tokens": _NO_TOKENS,
        })  # fmt: skip
        rows[DecisionRow].append({
            "id": number, "summary_id": number, "calibration": versions[0], "policy": versions[1], "risk": risk,
            "decision": "review", "reason": "low_confidence", "review_probability": 1.0, "created_at": at,
            "edit_probabilities": "[]",
        })  # fmt: skip
        cost = review_seconds(
            document_characters=len(document), summary_characters=len(template.summary), risk=risk
        )  # fmt: skip
        rows[ItemRow].append({
            "id": number, "summary_id": number, "decision_id": number, "kind": template.kind,
            "language": template.language, "risk": risk, "reason": "low_confidence", "state": "pending", "version": 1,
            "created_at": at, "submitted_by": submitted_by, "model": "bench", "cost_seconds": cost,
            "due_at": at + timedelta(days=100) if number % 3 == 0 else None,
        })  # fmt: skip
        words.append((number, (title, template.summary, document)))
    for source, values in rows.items():
        session.execute(insert(_without_json(source, names=list(values[0]))), values)
    index_many_words(session, words)


def _without_json(source: type[Table], *, names: list[str]) -> TableClause:
    """The table with its JSON as text: the same values are not written anew for every row."""
    columns = source.__table__.columns
    kinds = {name: Text() if isinstance(columns[name].type, JSON) else columns[name].type for name in names}
    return table(source.__tablename__, *[column(name, kind) for name, kind in kinds.items()])
