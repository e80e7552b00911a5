"""What the page says of a job and of the model."""

from __future__ import annotations

from dataclasses import replace

from app.components.status import progress_value
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
