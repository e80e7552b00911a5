"""Evaluation of summaries: figures, comparisons, and going on after an interruption."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from statistics import fmean
from textwrap import dedent

import pytest

from backend.corpus import check_summary, generate, to_row
from backend.datasets import Row, read_rows
from backend.evaluation.summaries import EvaluationProgress, evaluate_summaries, report_summaries
from backend.evaluation.summaries_table import format_table

ROOT = Path(__file__).parents[2]
ROWS = [
    Row(
        id=f"{dataset}-{number}",
        document=f"Lot {number} was measured. It failed the limit at gauge {number}.",
        reference=f"Lot {number} failed the limit.",
        dataset=dataset,
    )
    for dataset in ("logs", "reports")
    for number in range(12)
]


def copy_reference(rows):
    """A system that cannot be beaten."""
    return [row.reference for row in rows]


def copy_document(rows):
    """A system that repeats everything."""
    return [row.document for row in rows]


def say_nothing(rows):
    """A system without an answer."""
    return ["" for _ in rows]


def evaluate(rows, **options):
    """An evaluation with few resamples."""
    return evaluate_summaries(rows, seed=1, bootstrap_samples=200, **options)


def test_a_better_system_has_a_difference_that_excludes_zero_on_every_data_set():
    report = evaluate(ROWS, systems={"adapter": copy_reference, "document": copy_document})
    assert [(figures.dataset, figures.system) for figures in report.figures] == [
        ("logs", "adapter"),
        ("logs", "document"),
        ("reports", "adapter"),
        ("reports", "document"),
    ]
    for own, other in (report.figures[:2], report.figures[2:]):
        assert own.metrics["rougeL"] == (1.0, 1.0, 1.0)
        assert own.difference is None
        assert other.difference.excludes_zero
        assert other.difference.mid == pytest.approx(1 - other.metrics["rougeL"].mid)


def test_a_system_is_not_better_than_itself():
    report = evaluate(ROWS, systems={"adapter": copy_document, "twin": copy_document})
    assert not report.figures[1].difference.excludes_zero


def test_empty_summaries_score_zero():
    report = evaluate(ROWS[:12], systems={"adapter": say_nothing})
    assert report.figures[0].metrics["rouge1"].mid == 0
    assert report.figures[0].metrics["length_characters"].mid == 0


def test_the_same_seed_gives_the_same_report():
    systems = {"adapter": copy_reference, "document": copy_document}
    assert evaluate(ROWS, systems=systems) == evaluate(ROWS, systems=systems)


def test_summaries_that_are_there_already_are_judged_in_the_same_way():
    evaluated = evaluate(ROWS, systems={"adapter": copy_document})
    reported = report_summaries(ROWS, summaries={"adapter": copy_document(ROWS)}, seed=1, bootstrap_samples=200)
    assert reported == evaluated


def test_progress_counts_every_summary_of_every_system():
    seen: list[EvaluationProgress] = []
    evaluate(
        ROWS,
        systems={"adapter": copy_reference, "document": copy_document},
        batch_size=10,
        on_progress=seen.append,
    )
    assert [(step.system, step.done) for step in seen] == [
        (system, done) for system in ("adapter", "document") for done in (0, 10, 20, 24)
    ]
    assert {step.total for step in seen} == {24}


def test_an_interrupted_evaluation_asks_only_for_what_is_missing(tmp_path):
    asked: list[str] = []

    def stop_after_two_batches(rows):
        if len(asked) == 10:
            raise KeyboardInterrupt
        asked.extend(row.id for row in rows)
        return copy_document(rows)

    options = {
        "cache_path": tmp_path / "kept.jsonl",
        "fingerprints": {"adapter": "weights-1"},
        "batch_size": 5,
    }
    with pytest.raises(KeyboardInterrupt):
        evaluate(ROWS, systems={"adapter": stop_after_two_batches}, **options)
    later: list[str] = []

    def go_on(rows):
        later.extend(row.id for row in rows)
        return copy_document(rows)

    report = evaluate(ROWS, systems={"adapter": go_on}, **options)
    assert asked + later == [row.id for row in ROWS]
    assert report == evaluate(ROWS, systems={"adapter": copy_document})


def test_changed_weights_are_asked_again(tmp_path):
    kept = tmp_path / "kept.jsonl"
    for weights, system in (("1", copy_document), ("2", copy_reference)):
        report = evaluate(ROWS, systems={"adapter": system}, cache_path=kept, fingerprints={"adapter": weights})
    assert report.figures[0].metrics["rougeL"].mid == 1.0


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="a process is killed only on POSIX")
def test_a_killed_evaluation_loses_no_finished_batch(tmp_path):
    script = dedent("""
        import os, signal, sys
        from pathlib import Path
        from backend.datasets import Row
        from backend.evaluation.summaries import evaluate_summaries

        rows = [Row(id=str(n), document=f"Lot {n}.", reference=f"Lot {n}.") for n in range(6)]

        def die_at_the_third(batch):
            if batch[0].id == "4":
                os.kill(os.getpid(), signal.SIGKILL)
            return [row.document for row in batch]

        evaluate_summaries(rows, systems={"adapter": die_at_the_third}, seed=0, batch_size=2,
                           cache_path=Path(sys.argv[1]), fingerprints={"adapter": "1"})
    """)
    kept = tmp_path / "kept.jsonl"
    run = subprocess.run([sys.executable, "-c", script, str(kept)], cwd=ROOT, check=False, capture_output=True)
    assert run.returncode == -signal.SIGKILL, run.stderr
    assert [json.loads(line)["id"] for line in kept.read_text().splitlines()] == ["0", "1", "2", "3"]


@pytest.mark.parametrize(
    ("rows", "options", "complaint"),
    [
        ([], {"systems": {"adapter": copy_document}}, "needs rows"),
        (ROWS, {"systems": {"plain": copy_document}}, "'adapter'"),
        (ROWS, {"systems": {"adapter": lambda rows: ["one"]}}, "returned 1 summaries of 8"),
        (ROWS, {"systems": {"adapter": copy_document}, "cache_path": Path("kept.jsonl")}, "fingerprint"),
    ],
)
def test_an_evaluation_that_cannot_be_right_is_refused(rows, options, complaint):
    with pytest.raises(ValueError, match=complaint):
        evaluate(rows, **options)


def test_the_report_is_plain_json_with_low_mid_high():
    report = evaluate(ROWS, systems={"adapter": copy_reference, "document": copy_document})
    plain = json.loads(json.dumps(report.to_json(), allow_nan=False))
    assert plain["compared"] == "adapter"
    row = plain["figures"][1]
    assert (row["dataset"], row["system"], row["documents"]) == ("logs", "document", 12)
    low, mid, high = row["rougeL_difference"]
    assert low <= mid <= high
    assert {"rouge1", "rouge2", "rougeL", "length_characters"} <= set(row)


def test_one_document_gives_json_without_infinities():
    report = evaluate(ROWS[:1], systems={"adapter": copy_document})
    plain = json.loads(json.dumps(report.to_json(), allow_nan=False))
    assert plain["figures"][0]["rougeL"][0] is None


def test_the_table_names_systems_figures_and_marks_differences():
    report = evaluate(ROWS, systems={"adapter": copy_reference, "document": copy_document})
    table = format_table(report)
    logs = table.split("reports (12 documents)")[0]
    lines = {line.split("  ")[0]: line for line in logs.splitlines() if line}
    assert lines["logs (12 documents)"].split() == ["logs", "(12", "documents)", "adapter", "document"]
    assert "1.000 [1.000, 1.000]" in lines["ROUGE-L"]
    assert lines["ROUGE-L: adapter minus this"].endswith("*")
    assert "fact recall" not in table


@pytest.fixture(scope="module")
def generated_rows(tmp_path_factory):
    """Generated documents, as they come from their file."""
    path = tmp_path_factory.mktemp("data") / "generated.jsonl"
    lines = [json.dumps(to_row(document), ensure_ascii=False) for document in generate(20, seed=5)]
    path.write_text("\n".join(lines), encoding="utf-8")
    return read_rows(path)


def test_on_generated_documents_the_facts_are_those_of_the_checker(generated_rows):
    (figures,) = evaluate(generated_rows, systems={"adapter": copy_reference}).figures
    checks = [check_summary(document, document.reference) for document in generate(20, seed=5)]
    assert figures.checked_summaries == 20
    assert figures.metrics["fact_recall"].mid == pytest.approx(fmean(check.fact_recall for check in checks))
    assert figures.metrics["fact_precision"].mid == pytest.approx(fmean(check.fact_precision for check in checks))
    assert figures.wrong_summaries == sum(check.has_wrong_fact for check in checks)
    assert figures.metrics["mu"].mid == figures.wrong_summaries / 20


def test_on_generated_documents_the_reference_of_another_document_is_wrong(generated_rows):
    neighbour = {
        row.id: other.reference
        for row in generated_rows
        for other in generated_rows
        if other.language == row.language and other.id != row.id
    }
    systems = {
        "adapter": copy_reference,
        "swapped": lambda rows: [neighbour[row.id] for row in rows],
        "silent": say_nothing,
    }
    report = evaluate(generated_rows, systems=systems)
    _, swapped, silent = report.figures
    assert swapped.metrics["mu"].mid > 0.9
    assert swapped.metrics["fact_recall"].mid < 0.5
    assert silent.metrics["fact_recall"].mid == 0
    assert "fact_precision" not in silent.metrics  # it claims nothing: silence is not precise
    assert silent.wrong_summaries == 0
    assert f"{swapped.wrong_summaries}/20" in format_table(report)
