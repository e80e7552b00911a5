"""Simulated days on a small synthetic file: the learned score saves reviews where there is something to learn."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from app.commands import simulating
from backend.errors import DataError
from backend.evaluation.simulation import (
    CheckFigures,
    FirstDecisions,
    Plan,
    check_figures,
    first_decisions,
    least_reviews,
    perfect_share,
    simulate,
)
from backend.evaluation.simulation_cache import Case, case_from_json, case_to_json, read_cases
from backend.evaluation.simulation_methods import all_methods
from backend.review.policy.policies import DEFAULT_THRESHOLD
from backend.uncertainty.edit_model import built_in_model
from tests.uncertainty.examples import draw_judged

PLAN = Plan(reviewers=2, days=4, learned_from=60, seed=1)


def _cases(count: int, *, seed: int = 0) -> list[Case]:
    """Cases whose errors follow the features; their token probabilities say nothing."""
    generator = np.random.default_rng(seed)
    truth = built_in_model()
    truth = replace(truth, phrase_layer=replace(truth.phrase_layer, a=1.6, b=1.6, c=-0.6))
    return [
        Case(
            key=f"{number:08x}",
            analysis=one.analysis,
            edited=one.edited,
            is_wrong=one.is_wrong,
            missed=0,
            map_confidence=float(generator.uniform(0.3, 0.9)),
            posterior_confidence=float(generator.uniform(0.3, 0.9)),
        )
        for number, one in enumerate(draw_judged(truth, count, seed=seed, phrases=6))
    ]


@pytest.fixture(scope="module")
def results():
    return simulate(_cases(160), methods=all_methods(built_in_model()), plan=PLAN)


def test_every_method_has_its_days_and_the_same_documents(results):
    assert [one.method for one in results] == ["map_probability", "temperature_scaling", "laplace", "full_system"]
    for one in results:
        assert [day.documents for day in one.days] == [40] * 4
        assert all(0 <= day.reviews <= day.documents and 0 <= day.ece <= 1 for day in one.days)
        assert one.escape_rate <= PLAN.escape_rate


def test_everything_is_reviewed_until_there_are_verdicts(results):
    assert all(one.days[0].reviews == 40 for one in results)
    assert results[3].days[-1].reviews < 40


def test_what_can_be_learned_saves_reviews_at_equal_escapes(results):
    first, temperature, _, full = results
    assert first.review_reduction == 0.0
    assert temperature.review_share == pytest.approx(first.review_share)  # one number orders nothing anew
    assert full.review_reduction > 0.1
    assert first.review_reduction_interval == (0.0, 0.0)
    low, high = full.review_reduction_interval
    assert low < full.review_reduction < high
    assert full.review_share_interval[0] <= full.review_share <= full.review_share_interval[1]


@pytest.mark.parametrize(
    ("risks", "wrong", "rate", "needed"),
    [
        ([0.1, 0.2, 0.3, 0.4], [0, 0, 1, 1], 0.0, (0.5, 0.0)),
        ([0.1, 0.2, 0.3, 0.4], [0, 0, 1, 1], 0.25, (0.25, 0.25)),
        ([0.1, 0.2, 0.3, 0.4], [1, 0, 0, 0], 0.0, (1.0, 0.0)),
        ([0.5, 0.5, 0.5, 0.9], [0, 0, 1, 0], 0.2, (1.0, 0.0)),  # equal risks are accepted together
        ([0.3, 0.1], [0, 0], 0.0, (0.0, 0.0)),
        ([0.1, 0.2, 0.3], [1, 0, 0], 0.34, (0.0, 1 / 3)),
    ],
)
def test_the_least_reviews_at_an_escape_rate_by_hand(risks, wrong, rate, needed):
    found = least_reviews(np.array(risks), np.array(wrong, bool), escape_rate=rate)
    assert found == pytest.approx(needed)


def test_no_method_needs_less_than_one_that_knows_the_truth(results):
    cases = _cases(160)
    found = perfect_share(cases, plan=PLAN)
    assert all(found <= one.review_share for one in results)
    # Of a hundred documents with 60 wrong ones, 55 must be seen so that five slip through.
    sixty = [replace(case, is_wrong=number < 60) for number, case in enumerate(cases[:100])]
    assert perfect_share(sixty, plan=replace(PLAN, learned_from=0)) == pytest.approx(0.55)
    assert perfect_share(cases[:60], plan=PLAN) is None


def test_the_checks_are_counted_by_what_is_wrong_and_what_they_flag():
    cases = _cases(3)
    flagged = [[bool(phrase.features["is_ungrounded"]) for phrase in case.analysis.phrases] for case in cases]
    exact = [replace(case, edited=tuple(flags)) for case, flags in zip(cases, flagged, strict=True)]
    count = sum(map(sum, flagged))
    assert count
    assert check_figures(exact) == CheckFigures(count, count, 18 - count, 0)
    turned = [replace(case, edited=tuple(not flag for flag in case.edited)) for case in exact]
    assert check_figures(turned) == CheckFigures(18 - count, 0, count, count)


def test_what_a_threshold_lets_through_before_the_first_verdict_is_counted_by_what_is_wrong_or_missing():
    right, wrong, short, high = (
        replace(case, is_wrong=is_wrong, missed=missed, map_confidence=confidence)
        for case, is_wrong, missed, confidence in zip(
            _cases(4), (False, True, False, True), (0, 0, 2, 1), (0.9, 0.8, 0.7, 0.6), strict=True
        )
    )
    found = first_decisions([right, wrong, short, high], lambda case: 1.0 - case.map_confidence, threshold=0.4)
    assert found == FirstDecisions(threshold=0.4, documents=4, accepted=3, wrong=1, wrong_or_incomplete=2)


def test_a_run_is_the_same_for_the_same_seed():
    cases, methods = _cases(60), all_methods(built_in_model())[:2]
    plan = replace(PLAN, days=2)
    assert simulate(cases, methods=methods, plan=plan) == simulate(cases, methods=methods, plan=plan)
    assert (
        simulate(cases, methods=methods, plan=replace(plan, seed=2))[0]
        != simulate(cases, methods=methods, plan=plan)[0]
    )


def test_without_later_documents_nothing_is_compared():
    (only,) = simulate(_cases(20), methods=all_methods(built_in_model())[:1], plan=replace(PLAN, days=2))
    assert (only.review_share, only.review_reduction) == (None, None)


def test_too_few_documents_are_refused():
    with pytest.raises(DataError, match="9 summaries"):
        simulate(_cases(9), methods=all_methods(built_in_model()), plan=replace(PLAN, days=2))


def test_the_command_reads_the_file_and_writes_figures_and_a_page(tmp_path):
    cache = tmp_path / "cases.jsonl"
    cases = _cases(80)
    cache.write_text("".join(json.dumps(case_to_json(case, model="m")) + "\n" for case in cases), "utf-8")
    assert read_cases(cache)[3].edited == cases[3].edited
    plan = replace(PLAN, days=2)
    found = simulating.run(cache, plan=plan)
    figures = json.loads(json.dumps(simulating.results_json(found, plan=plan)))
    assert set(figures["review_reduction"]) == set(figures["escape_rate"]) == {one.method for one in found.results}
    assert figures["perfect_review_share"] <= min(figures["review_share"].values())
    assert "full_system" in simulating.describe_results(found, plan=plan)
    assert DEFAULT_THRESHOLD in [one["threshold"] for one in figures["first_decisions"]]
    simulating.write_plots(found.results, tmp_path / "plots.html")
    assert "Reviews so far" in (tmp_path / "plots.html").read_text("utf-8")


@pytest.mark.parametrize("line", ["{", "{}", '{"feature_version": 0}'])
def test_a_damaged_file_is_named_with_its_line(tmp_path, line):
    cache = tmp_path / "cases.jsonl"
    cache.write_text(f"{json.dumps(case_to_json(_cases(1)[0], model='m'))}\n{line}\n", "utf-8")
    with pytest.raises(DataError, match="Line 2"):
        read_cases(cache)
    with pytest.raises(DataError, match="--score"):
        read_cases(tmp_path / "none.jsonl")


def test_a_case_survives_its_json_form():
    (case,) = _cases(1)
    again = case_from_json(json.loads(json.dumps(case_to_json(case, model="m"))))
    assert (again.key, again.edited, again.is_wrong) == (case.key, case.edited, case.is_wrong)
    assert built_in_model().risk(again.analysis) == pytest.approx(built_in_model().risk(case.analysis), abs=1e-6)
