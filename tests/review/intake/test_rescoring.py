from __future__ import annotations

from backend.documents import Document
from backend.review.intake.rescoring import weigh_again
from backend.review.queue import inbox
from backend.review.store.database import Database
from tests.browser.summarizer import score
from tests.review.builders import record_item


def test_an_edited_text_is_weighed_as_the_policy_in_force_would_and_nothing_is_stored(database: Database):
    item = inbox.item(database, record_item(database).item_id)
    view = item.summary.document
    document = Document(view.title, view.text, view.kind, view.language, view.source_name, view.notes)
    scored = score(document, summary="Bore 99.87 mm.", samples=4)
    again = weigh_again(database, summary=item.summary, scored=scored)
    assert again.text == "Bore 99.87 mm."
    assert [phrase.text for phrase in again.phrases if "99.87" in phrase.text]
    assert all(0 <= phrase.edit_probability <= 1 for phrase in again.phrases)
    assert inbox.item(database, item.id) == item
