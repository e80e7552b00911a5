from __future__ import annotations

import math

import pytest

from backend.uncertainty.context import Check
from backend.uncertainty.features import (
    PHRASE_FEATURE_NAMES,
    SUMMARY_FEATURE_NAMES,
    margin_nats,
    phrase_features,
    surprisal_nats,
)
from backend.uncertainty.tokens import Alternative, ScoredToken
from tests.uncertainty.examples import analyze_en


def build_token(probability: float, *, information_nats: float = 0.1, alternatives: tuple = ()) -> ScoredToken:
    return ScoredToken("x", 0, 1, probability, 0.5, 0.4, information_nats, 3.0, alternatives)


def test_every_phrase_and_summary_has_exactly_the_declared_features() -> None:
    analysis = analyze_en("Lot A-4021: S2 measured 12.47 mm, NG, not by Tanaka on 2026-03-12.")
    assert all(tuple(phrase.features) == PHRASE_FEATURE_NAMES for phrase in analysis.phrases)
    assert tuple(analysis.features) == SUMMARY_FEATURE_NAMES


def test_token_figures_are_maximum_mean_and_first() -> None:
    tokens = [build_token(0.5, information_nats=0.01), build_token(0.1, information_nats=0.3)]
    found = phrase_features("number", tokens=tokens, check=Check(True))
    assert found["max_surprisal_nats"] == pytest.approx(-math.log(0.1))
    assert found["mean_surprisal_nats"] == pytest.approx(-math.log(0.5 * 0.1) / 2)
    assert found["first_surprisal_nats"] == pytest.approx(-math.log(0.5))
    assert found["max_mutual_information_nats"] == 0.3
    assert found["log1p_max_logit_variance"] == pytest.approx(math.log(4))
    assert (found["is_number"], found["is_words"], found["is_grounded"]) == (1, 0, 1)


def test_a_phrase_without_tokens_has_declared_values() -> None:
    found = phrase_features("words", tokens=[], check=Check(None))
    assert (found["max_surprisal_nats"], found["min_margin_nats"]) == (0.0, 10.0)
    assert (found["is_grounded"], found["is_ungrounded"]) == (0.0, 0.0)


def test_the_margin_is_the_distance_to_the_best_other_token() -> None:
    token = build_token(0.6, alternatives=(Alternative("x", 0.6), Alternative("y", 0.3)))
    assert margin_nats(token) == pytest.approx(math.log(2))


def test_without_alternatives_the_margin_is_its_lower_bound() -> None:
    assert margin_nats(build_token(0.8)) == pytest.approx(math.log(4))


@pytest.mark.parametrize("probability", [0.0, 1.0, -0.1, 1.1])
def test_extreme_probabilities_give_finite_figures(probability: float) -> None:
    assert math.isfinite(surprisal_nats(build_token(probability)))
    assert math.isfinite(margin_nats(build_token(probability)))


def test_the_surprise_of_a_phrase_counts_apart_where_the_document_lacks_one_of_its_words() -> None:
    tokens = [build_token(0.5), build_token(0.1)]
    found = phrase_features("words", tokens=tokens, check=Check(None, novelty=0.5))
    assert found["novel_surprisal_nats"] == pytest.approx(-math.log(0.1))
    assert phrase_features("words", tokens=tokens, check=Check(None))["novel_surprisal_nats"] == 0.0
