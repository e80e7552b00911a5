"""The generator: deterministic, exact offsets, varied."""

from __future__ import annotations

import json
import re
from itertools import islice

import pytest

from backend.corpus import from_row, generate, to_row
from backend.errors import DataError


@pytest.fixture(scope="module")
def documents():
    return list(generate(2000, seed=20))


def test_a_document_depends_on_seed_and_index_alone():
    assert list(generate(5, seed=3)) == list(islice(generate(40, seed=3), 5))
    assert list(generate(5, seed=3)) != list(generate(5, seed=4))


def test_every_fact_stands_where_it_says(documents):
    for document in documents:
        for fact in document.facts:
            assert document.document[fact.source_start_char : fact.source_end_char] == fact.text
            assert fact.text


def test_no_document_occurs_twice(documents):
    assert len({document.document for document in documents}) == len(documents)
    assert len({document.id for document in documents}) == len(documents)


def test_references_have_many_shapes(documents):
    shapes = {re.sub(r"[A-Z0-9.,/±≤≥<=+–-]+", "#", document.reference) for document in documents}
    assert len(shapes) > len(documents) * 0.6


def test_languages_kinds_and_outcomes_are_mixed_as_asked(documents):
    japanese = sum(document.language == "ja" for document in documents) / len(documents)
    assert 0.16 < japanese < 0.24
    verdicts = [fact.value for document in documents for fact in document.facts if fact.subject == "lot"]
    assert {"ok", "ng", "hold"} <= set(verdicts)
    only = list(generate(20, seed=1, languages={"ja": 1.0}, kinds={"specification": 1.0}))
    assert {(document.language, document.kind) for document in only} == {("ja", "specification")}


def test_must_carry_facts_of_a_log_name_lot_part_and_verdict(documents):
    for document in documents:
        carried = {fact.kind for fact in document.facts if fact.must_carry}
        if document.kind == "inspection_log":
            assert {"lot", "part"} <= carried and carried & {"verdict", "hold"}
        else:
            assert {"specification", "revision"} <= carried


def test_no_mark_is_left_in_a_text(documents):
    assert not any("\ue000" in document.document + document.reference for document in documents)


def test_a_row_survives_json(documents):
    for document in documents[:50]:
        assert from_row(json.loads(json.dumps(to_row(document), ensure_ascii=False))) == document


def test_a_damaged_row_is_a_clear_error():
    with pytest.raises(DataError, match="demo-data"):
        from_row({"document": "x"})
