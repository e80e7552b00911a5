"""Scoring cases into a file on a tiny real model: resumed, torn lines dropped, another model's lines replaced."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from backend.errors import DataError
from backend.evaluation.simulation_cache import read_cases, score_cases
from backend.language.loading import LanguageModel
from backend.laplace.curvature import batch_sums
from backend.laplace.posterior import build
from backend.pipeline import Summarizer, batch_of
from tests.tiny import tiny_peft, tiny_tokenizer


@pytest.fixture(scope="module")
def summarizer():
    language = LanguageModel(tiny_peft(vocabulary=258), tiny_tokenizer(), "tiny", "a@1")
    ids = language.tokenizer("Lot 7: 12.61 mm, NG. Lot on hold.", add_special_tokens=False)["input_ids"]
    posterior = build(batch_sums(language.model, batch_of(ids[:15], ids[15:])), prior_precision=50.0)
    return Summarizer(language, posterior, "p@1", max_document_tokens=80, max_summary_tokens=8)


def test_a_stopped_run_goes_on_and_another_model_starts_anew(summarizer, tmp_path):
    path = tmp_path / "new" / "cases.jsonl"
    assert list(score_cases(summarizer, path, count=2, seed=0, samples=2))[-1] == 2
    first = path.read_text("utf-8")
    path.write_text(first + '{"key": "torn', "utf-8")
    assert list(score_cases(summarizer, path, count=3, seed=0, samples=2)) == [2, 3]
    assert path.read_text("utf-8").startswith(first)
    cases = read_cases(path)
    assert len({case.key for case in cases}) == len(cases)
    assert all(0 < case.map_confidence <= 1 and 0 < case.posterior_confidence <= 1 for case in cases)
    assert all(len(case.edited) == len(case.analysis.phrases) for case in cases)
    other = replace(summarizer, posterior_id="p@2")
    assert list(score_cases(other, path, count=1, seed=0, samples=2)) == [0, 1]
    assert {json.loads(line)["model"].split("|")[2] for line in path.read_text("utf-8").splitlines()} == {"p@2"}


def test_documents_of_another_seed_do_not_join_a_file(summarizer, tmp_path):
    path = tmp_path / "cases.jsonl"
    list(score_cases(summarizer, path, count=2, seed=0, samples=2))
    kept = path.read_text("utf-8")
    with pytest.raises(DataError, match="other documents"):
        list(score_cases(summarizer, path, count=2, seed=1, samples=2))
    assert path.read_text("utf-8") == kept
    assert list(score_cases(summarizer, path, count=1, seed=0, samples=2)) == [1]


def test_other_lengths_start_anew(summarizer, tmp_path):
    path = tmp_path / "cases.jsonl"
    list(score_cases(summarizer, path, count=1, seed=0, samples=2))
    shorter = replace(summarizer, max_summary_tokens=4)
    assert list(score_cases(shorter, path, count=1, seed=0, samples=2)) == [0, 1]


def test_a_kept_case_gets_the_findings_and_labels_of_the_present_checks_without_the_model(summarizer, tmp_path):
    path = tmp_path / "cases.jsonl"
    list(score_cases(summarizer, path, count=2, seed=0, samples=2))
    right = path.read_text("utf-8")
    rows = [json.loads(line) for line in right.splitlines()]
    for row in rows:
        row["analysis"]["omissions"] = []
        row |= {"is_wrong": not row["is_wrong"], "missed": 99, "edited": [not flag for flag in row["edited"]]}
        for phrase in row["analysis"]["phrases"]:
            phrase["features"] |= {"is_contradicted": 0.5, "novelty": 0.5}
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    assert path.read_text("utf-8") != right
    assert list(score_cases(summarizer, path, count=2, seed=0, samples=2)) == [2]
    assert path.read_text("utf-8") == right
