"""The whole comparison of signals, from a file to rows: on the tiny model, and on made-up signals."""

import json

import numpy as np
import pytest

from app.commands import measuring_errors
from app.components.error_chart import errors_figure
from backend.evaluation.errors import BESIDE_ONE_PASS, COMBINATION, collect, report_errors
from backend.evaluation.errors_data import Case, generated_cases, read_cases
from backend.evaluation.signals import SignalPlan, SignalReader
from backend.evaluation.signals_cache import SignalCache, SignalRecord
from backend.evaluation.signals_scorer import SignalScorer
from tests.evaluation.tiny_summarizer import tiny_summarizer

WORDS = ("alpha", " beta", " gamma", " delta", " epsilon", " zeta", " eta", " theta")


def made_up_pairs(count=40, *, laplace=1.0, data="made", seed=0, is_doubled=False):
    """Summaries of eight words, some wrong; entropy and a Laplace signal see the errors independently.

    `is_doubled`: dropout tells what Laplace tells.
    """
    generator = np.random.default_rng(seed)
    pairs = []
    for number in range(count):
        wrong = generator.random(len(WORDS)) < 0.25
        starts = np.cumsum([0, *(len(word) for word in WORDS)])
        spans = tuple((int(starts[i]), int(starts[i + 1])) for i in np.flatnonzero(wrong))
        signals = {
            "entropy": tuple(generator.normal(wrong * 1.2).tolist()),
            "laplace_mutual_information": tuple(generator.normal(wrong * 1.2 * laplace).tolist()),
        }
        if is_doubled:
            signals["dropout_mutual_information"] = signals["laplace_mutual_information"]
        summary = "".join(WORDS)
        case = Case(str(number), data, f"Document {number}.", "report", "en", summary, spans)
        pairs.append((case, SignalRecord(summary, WORDS, signals)))
    return pairs


@pytest.fixture(scope="module")
def report():
    return report_errors(made_up_pairs() + made_up_pairs(data="other", seed=9), seed=0, bootstrap_samples=60)


def test_every_row_names_data_level_signal_and_three_figures(report):
    rows = json.loads(json.dumps(report.to_json()))["rows"]
    assert {row["level"] for row in rows} == {"token", "first_token", "phrase", "summary"}
    assert {"entropy", "laplace_mutual_information", COMBINATION, "combination_without_laplace"} <= {
        row["signal"] for row in rows
    }
    for row in rows:
        for metric in ("auroc", "auprc", "prr"):
            low, mid, high = row[metric]
            assert low <= mid <= high
        assert ("augrc" in row) == (row["level"] == "summary")


def test_a_posterior_that_knows_something_shows_in_the_ablation(report):
    found = {(d.data, d.level, d.signal): d.difference for d in report.differences}
    assert found["made", "token", "combination_without_laplace"].low > 0
    useless = report_errors(made_up_pairs(laplace=0.0), seed=0, bootstrap_samples=60)
    (difference,) = [
        d.difference for d in useless.differences if (d.level, d.signal) == ("token", "combination_without_laplace")
    ]
    assert difference.low <= 0


def test_what_another_sampler_tells_as_well_shows_beside_a_single_pass_only():
    doubled = report_errors(made_up_pairs(160, is_doubled=True), seed=0, bootstrap_samples=60)
    found = {d.signal: d.difference for d in doubled.differences if d.level == "phrase"}
    assert found["combination_without_laplace"].low <= 0
    assert found[BESIDE_ONE_PASS].low > 0
    same = {row.signal: row.spearman for row in doubled.correlations}
    assert same["dropout_mutual_information"] == pytest.approx(1.0)
    assert abs(same["entropy"]) < 0.9
    assert BESIDE_ONE_PASS not in {
        d.signal for d in report_errors(made_up_pairs(), seed=0, bootstrap_samples=60).differences
    }


def test_the_combination_is_also_tested_on_a_source_it_was_not_learned_on(report):
    moved = [row for row in report.rows if row.data == "made>other"]
    assert {row.signal for row in moved} == {COMBINATION, "combination_without_laplace"}
    assert all(row.figures["auroc"].mid > 0.6 for row in moved)


def test_a_signal_that_is_not_there_has_no_ablation(report):
    signals = {row.signal for row in report.rows}
    assert "combination_without_grounding" in signals
    assert "combination_without_ensemble" not in signals
    assert not any(signal.startswith("dropout") for signal in signals)


def test_a_source_whose_summaries_are_all_wrong_has_no_figure_by_summary():
    pairs = [
        (Case(c.id, c.data, c.document, c.kind, c.language, c.summary, ((0, 5), *c.spans)), record)
        for c, record in made_up_pairs(6)
    ]
    rows = report_errors(pairs, seed=0, bootstrap_samples=20).rows
    by_summary = [row for row in rows if row.level == "summary"]
    assert by_summary
    assert all(row.figures["auroc"] is None for row in by_summary)
    assert by_summary[0].to_json()["auroc"] is None


def test_an_interrupted_run_goes_on_where_it_stopped(tmp_path):
    path = tmp_path / "swaps.jsonl"
    rows = [{"id": str(i), "document": f"Lot {i} was 12.{i} mm.", "reference": f"Lot was 12.{i} mm."} for i in range(3)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    cases = [*generated_cases(2, seed=1), *read_cases(path, limit=0, seed=0)]
    scorer = SignalScorer(SignalReader(tiny_summarizer(), SignalPlan(samples=2, dropout_samples=2)))
    told = []
    collect(cases[2:4], scorer, cache=SignalCache(tmp_path / "c.jsonl"), on_case=lambda *done: told.append(done))
    assert told == [(0, 2), (1, 2), (2, 2)]
    told.clear()
    pairs = collect(cases, scorer, cache=SignalCache(tmp_path / "c.jsonl"), on_case=lambda *done: told.append(done))
    assert told[0] == (2, 5)
    assert told[-1] == (5, 5)
    told.clear()
    again = collect(cases, scorer, cache=SignalCache(tmp_path / "c.jsonl"), on_case=lambda *done: told.append(done))
    assert [record for _, record in again] == [record for _, record in pairs]
    assert {case.data for case, _ in pairs} <= {"generated", "swaps"}


def test_the_report_can_be_read_and_seen(report, tmp_path):
    measured = measuring_errors.MeasuredErrors(report, {"ensemble_mutual_information": "needs --ensemble"}, {})
    text = measuring_errors.describe(measured)
    assert "what Laplace beside all others adds to AUPRC" in text
    assert "ensemble_mutual_information is absent: needs --ensemble" in text
    values = json.loads(json.dumps(measuring_errors.report_json(measured)))
    assert {"rows", "differences", "absent", "machine"} <= set(values)
    figure = errors_figure(report.rows)
    assert [note.text for note in figure.layout.annotations] == ["made", "other"]
    drawn = list(figure.data[0].y)
    readings = [signal.removesuffix("_max").removesuffix("_first") for signal in drawn]
    assert len(readings) == len(set(readings))  # of mean, largest and first token only the best is drawn
    assert {COMBINATION, "combination_without_laplace"} <= set(drawn)
    assert "combination_without_entropy" not in drawn
    figure.write_html(tmp_path / "chart.html", include_plotlyjs=False)
    assert "combination" in (tmp_path / "chart.html").read_text("utf-8")


def test_nothing_to_report_on_is_refused():
    with pytest.raises(ValueError, match="no summary"):
        report_errors([], seed=0, bootstrap_samples=20)
