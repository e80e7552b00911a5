"""What *Insights* says and draws of audits and of calibrations, without a browser."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from app.components.charts import held_out_figure, reliability_figure
from app.pages.insights import escape_value
from backend.review.store.views import AuditRate
from backend.uncertainty.edit_model import built_in_model
from backend.uncertainty.metrics import clopper_pearson, reliability
from backend.uncertainty.recalibrate import recalibrate
from tests.uncertainty.examples import draw_judged


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize(("wrong", "count", "bound"), [(0, 60, "5.0"), (2, 60, None), (0, 2, "100.0")])
def test_a_rate_of_zero_is_read_as_at_most_three_in_n(language, wrong, count, bound):
    interval = clopper_pearson(wrong, count)
    audit = AuditRate(count, wrong, share=interval.share, low=interval.low, high=interval.high)
    _, note = escape_value(SimpleNamespace(audit=audit), language=language)["blocks"]
    assert f"{100 * interval.high:.1f}" in note["lines"][0]
    assert len(note["lines"]) == (3 if bound else 2)
    if bound:
        assert bound in note["lines"][1]


def test_both_calibrations_are_drawn_with_the_number_of_cases_in_each_bin():
    current = built_in_model()
    _, report = recalibrate(current, judged=draw_judged(current, 40, seed=1, phrases=3, shift=1.5), seed=0)
    _, before, after = held_out_figure(report, language="en").data
    assert (before.name, after.name) == ("Before", "After")
    for line, scores in ((before, report.phrases_before), (after, report.phrases_after)):
        assert sum(count for (count,) in line.customdata) == scores.count
        assert list(line.text) == [f"n={one.count}" for one in scores.bins if one.count]


def test_phrases_and_summaries_are_drawn_against_what_came_true():
    phrases = reliability([0.1, 0.2, 0.9], [False, True, True])
    summaries = reliability([0.4], [True])
    _, of_phrases, of_summaries = reliability_figure(phrases, summaries=summaries, language="en").data
    assert sum(count for (count,) in of_phrases.customdata) == 3
    assert (list(of_summaries.x), list(of_summaries.y)) == ([0.4], [1.0])
