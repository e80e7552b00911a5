"""*Score again*: the reviewer's own version of a summary, scored against the same document.

In: an item and its edited text. Out: a row of values for `scoring.js`: how far it is, then the marks of the edited
text, or one sentence. The model works in a thread of its own; the stored summary stays as it is.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Iterator

from app.components.highlight import highlight_value
from app.pages.context import Context
from app.text import error_text, percent, text
from backend.documents import Document
from backend.errors import DocumentError, ModelError, TashikaError
from backend.review.intake.rescoring import weigh_again
from backend.review.policy import policies
from backend.review.queue import inbox
from backend.review.store.views import DocumentView, ItemView
from backend.uncertainty.summary import Progress, ScoredSummary

LOGGER = logging.getLogger(__name__)


def score_again(item_id: int, edited: str, *, language: str, context: Context) -> Iterator[dict]:
    """Score the edited text, telling how far it is."""
    try:
        item = inbox.item(context.database, item_id)
        for step in _scoring(item, edited, context=context):
            if isinstance(step, ScoredSummary):
                yield _scored(item, step, language=language, context=context)
            else:
                yield _running(item_id, step, language=language)
    except TashikaError as error:
        yield {"item": item_id, "state": "failed", "sentence": error_text(language, error)}


def _scoring(item: ItemView, edited: str, *, context: Context) -> Iterator[Progress | ScoredSummary]:
    steps: queue.SimpleQueue[Progress | ScoredSummary | TashikaError] = queue.SimpleQueue()
    if not edited.strip():
        raise DocumentError("review.nothing_to_score", "There is no text to score; write what it should say.")
    samples = policies.current(context.database).samples
    document = _to_document(item.summary.document)

    def work() -> None:
        try:
            steps.put(context.score(document, summary=edited.strip(), samples=samples, on_progress=steps.put))
        except TashikaError as error:
            steps.put(error)
        except Exception:  # the border of a thread: logged in full, shown as a sentence
            LOGGER.exception("item %d could not be scored again", item.id)
            steps.put(ModelError("review.score_failed", "The text could not be scored; the program's log says why."))

    threading.Thread(target=work, name="score-again", daemon=True).start()
    while True:
        step = steps.get()
        if isinstance(step, TashikaError):
            raise step
        yield step
        if isinstance(step, ScoredSummary):
            return


def _running(item_id: int, progress: Progress, *, language: str) -> dict:
    if progress.stage == "scoring":
        sentence = text(language, "progress.scoring", done=progress.done, total=progress.total)
    else:
        sentence = text(language, "review.scoring_waits")
    return {"item": item_id, "state": "running", "sentence": sentence}


def _scored(item: ItemView, scored: ScoredSummary, *, language: str, context: Context) -> dict:
    view = weigh_again(context.database, summary=item.summary, scored=scored)
    drawn = highlight_value(view, language=language, is_cold_start=False)
    return {
        "item": item.id,
        "state": "done",
        "sentence": text(language, "review.scored", risk=percent(view.risk), seconds=f"{scored.seconds['score']:.1f}"),
        "scored": {name: drawn[name] for name in ("summary", "phrases", "tokens", "omissions")},
    }


def _to_document(view: DocumentView) -> Document:
    return Document(view.title, view.text, view.kind, view.language, view.source_name, view.notes)
