"""Re-tuning an installation's posterior: too few texts, then a version of its own in force, the adapter untouched."""

from __future__ import annotations

import json

import pytest

from app.commands.choosing import load_in_force
from app.commands.retuning import LEAST_CORRECTED, retune_posterior
from app.commands.reviewing import opened
from backend.review.policy import models
from tests.tiny_installation import review_enough, tiny_settings


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    return tiny_settings(tmp_path_factory.mktemp("installation"))


def test_texts_that_are_missing_are_counted_and_then_a_better_posterior_comes_into_force(settings):
    with opened(settings) as database:
        refused = retune_posterior(settings, database, person="lead")
        assert (refused.version, refused.reason.code) == (None, "reason.retuning_too_few")
        assert refused.reason.parameters["missing"] == str(LEAST_CORRECTED)
        review_enough(database, each=2)
        result = retune_posterior(settings, database, person="lead")
        assert (result.version, result.reason.code) == (2, "reason.retuning_better")
        view = models.current(database)
        assert (view.version, view.origin, view.created_by) == (2, "retuned", "lead")
        summarizer = load_in_force(settings, database)
        assert summarizer.temperature == result.retuning.temperature > 1.0
        assert summarizer.posterior.prior_precision == result.retuning.prior_precision
        assert summarizer.posterior_id == view.names.posterior != "first@1"
        assert summarizer.language.adapter_id == models.find(database, 1).names.adapter
        assert len(view.provenance["tuned_on"]) >= LEAST_CORRECTED
        models.roll_back(database, by="lead")
        assert load_in_force(settings, database).posterior_id == "first@1"
        assert json.dumps(view.report)
