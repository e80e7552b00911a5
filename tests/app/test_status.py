"""What the page says of a job and of the model."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.components.status import progress_value, readiness_value
from app.model_loading import ModelState
from backend.errors import ModelError
from backend.review.intake import service
from tests.review.builders import build_document
from tests.review.fixtures import database, migrated_file

__all__ = ["database", "migrated_file"]

FULL = ModelError("model.test_full", "The disk is full.")


def test_a_document_that_waits_for_a_model_that_cannot_be_loaded_says_why(database):
    job = service.job(database, service.submit(database, document=build_document()))
    held = progress_value(job, model=ModelState("failed", error=FULL), language="en")
    assert "The disk is full." in held["sentence"]
    assert "tried again by itself" in held["sentence"]
    assert held["cancel"] == "Cancel"
    waiting = progress_value(replace(job, position=3), model=ModelState("ready"), language="en")
    assert waiting["sentence"] == "Waiting in the queue, position 3"


def test_a_job_shows_its_own_progress_while_another_version_of_the_model_loads_or_could_not(database):
    job = service.job(database, service.submit(database, document=build_document()))
    running = replace(job, state="running", stage="scoring", done=3, total=12)
    for model in (
        ModelState("loading", share=0.9, has_model=True),
        ModelState("failed", error=FULL, has_model=True),
    ):
        shown = progress_value(running, model=model, language="en")
        assert (shown["sentence"], shown["percent"]) == ("Scoring: 3 of 12 samples of the posterior", 25)
        queued = progress_value(replace(job, position=3), model=model, language="en")
        assert queued["sentence"] == "Waiting in the queue, position 3"
    first = progress_value(running, model=ModelState("loading", share=0.9), language="en")
    assert (first["sentence"], first["percent"]) == ("The model is being prepared (90 %).", 90)


@pytest.mark.parametrize(("language", "kept"), [("en", "earlier one goes on"), ("ja", "これまでの版で処理を続けて")])
def test_a_version_that_could_not_be_loaded_is_told_with_what_goes_on(language, kept):
    (note,) = readiness_value(ModelState("failed", error=FULL, has_model=True), language=language)["blocks"]
    (line,) = note["lines"]
    assert kept in line
    assert "The disk is full." in line
    (note,) = readiness_value(ModelState("loading", share=0.5, has_model=True), language=language)["blocks"]
    assert len(note["lines"]) == 1  # nothing waits for it
    assert "50 %" in note["lines"][0]


@pytest.mark.parametrize("language", ["en", "ja"])
def test_where_other_machines_write_the_summaries_a_document_says_so_and_nothing_is_said_to_be_loading(
    database, language
):
    job = service.job(database, service.submit(database, document=build_document()))
    elsewhere = ModelState("elsewhere")
    waiting = progress_value(replace(job, position=3), model=elsewhere, language=language)
    assert "tashika worker" in waiting["sentence"]
    assert "3" in waiting["sentence"]
    running = replace(job, state="running", stage="scoring", done=3, total=12)
    assert progress_value(running, model=elsewhere, language=language)["percent"] == 25
    assert readiness_value(elsewhere, language=language) == {}
