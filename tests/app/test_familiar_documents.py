"""Which documents are familiar: generated ones at first, then also those that reviewers have judged."""

from __future__ import annotations

from app.commands.familiar_documents import REFRESH_SECONDS, FamiliarDocuments, generated_texts
from backend.review.intake import service
from backend.review.queue import inbox, verdicts
from backend.review.store.database import Database
from tests.review.builders import build_document, build_scored
from tests.review.fixtures import database, migrated_file

__all__ = ["database", "migrated_file"]


def _sheet(number: int) -> str:
    return f"Werkstattkarte {number}: Lager {number % 7} geprüft, Spiel 0,{number:02d} mm. " * 4


def _judge(database: Database, count: int) -> None:
    for number in range(count):
        document = build_document(_sheet(number))
        view = service.record(database, document=document, scored=build_scored(document=document, probability=0.1))
        version = inbox.item(database, view.item_id).version
        verdicts.give(database, item_id=view.item_id, kind="approve", reviewer="abe", expected_version=version)


def test_a_new_kind_is_familiar_once_reviewers_have_judged_some_of_it(database: Database):
    time = [0.0]
    familiar = FamiliarDocuments(database, clock=lambda: time[0])
    assert familiar.is_unusual(_sheet(99))
    assert not familiar.is_unusual(generated_texts()[7])
    _judge(database, 12)
    assert familiar.is_unusual(_sheet(99))  # not looked up again yet
    time[0] += REFRESH_SECONDS
    assert not familiar.is_unusual(_sheet(99))
