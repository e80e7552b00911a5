import json

import pytest

from backend.errors import DataError
from backend.evaluation.errors_data import changed_spans, find_spans, generated_cases, read_cases


def write(tmp_path, *rows, name="data.jsonl"):
    path = tmp_path / name
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


def texts(summary, spans):
    return [summary[start:end] for start, end in spans]


def test_marked_spans_are_texts_or_ranges_of_the_summary(tmp_path):
    rows = [
        {"id": "a", "document": "d", "summary": "The Met Office warned.", "unfaithful_spans": ["met office", "unsaid"]},
        {"id": "b", "document": "d", "summary": "It is 12 mm.", "unfaithful_spans": [[6, 8]]},
    ]
    found = {case.id: case for case in read_cases(write(tmp_path, *rows), limit=0, seed=0)}
    assert texts(found["a"].summary, found["a"].spans) == ["Met Office"]
    assert texts(found["b"].summary, found["b"].spans) == ["12"]
    assert found["a"].group == found["b"].group


def test_an_edited_summary_is_wrong_where_it_differs_if_it_is_inconsistent(tmp_path):
    row = {"doc": "d", "original_summary": "Paint on the road.", "summary": "Paint on the wall.", "edit_types": []}
    path = write(tmp_path, {**row, "id": "bad", "label": 0}, {**row, "id": "fine", "label": 1})
    found = {case.id: case for case in read_cases(path, limit=0, seed=0)}
    assert texts(found["bad"].summary, found["bad"].spans) == ["wall"]
    assert found["fine"].spans == ()


def test_a_removed_word_is_marked_at_the_word_behind_it():
    assert texts("It was lost.", changed_spans("It was never lost.", "It was lost.")) == ["lost"]
    assert changed_spans("Same words.", "Same, words") == ()


def test_a_reference_becomes_a_copy_with_marked_swaps(tmp_path):
    rows = [{"id": str(i), "document": f"Shaft {i}.", "reference": f"Shaft {i} was 12.4{i} mm."} for i in range(20)]
    cases = read_cases(write(tmp_path, *rows, name="logs.jsonl"), limit=0, seed=0)
    assert {case.data for case in cases} == {"logs"}
    assert 0 < sum(bool(case.spans) for case in cases) < 20
    assert cases == read_cases(tmp_path / "logs.jsonl", limit=0, seed=0)
    assert cases[:5] == read_cases(tmp_path / "logs.jsonl", limit=5, seed=0)


def test_documents_that_the_adapter_has_seen_are_left_out(tmp_path):
    rows = [{"id": name, "document": name, "summary": "x y", "unfaithful_spans": []} for name in ("old", "new")]
    (case,) = read_cases(write(tmp_path, *rows), limit=0, seed=0, is_seen=lambda text: text == "old")
    assert case.id == "new"
    with pytest.raises(DataError, match="trained on all"):
        read_cases(write(tmp_path, *rows), limit=0, seed=0, is_seen=lambda text: True)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "Line 1"),
        ("[1]", "no JSON object"),
        ('{"summary": "x"}', "document is missing"),
        ('{"document": "d", "summary": "x"}', "neither unfaithful_spans"),
        ('{"document": "d", "summary": "x", "unfaithful_spans": "x"}', "no list"),
        ('{"document": "d", "summary": "x", "unfaithful_spans": [[0, 9]]}', "neither a text"),
        ('{"document": "d", "summary": " ", "unfaithful_spans": []}', "summary is missing"),
    ],
)
def test_a_bad_row_is_named_with_its_line(tmp_path, line, said):
    path = tmp_path / "bad.jsonl"
    path.write_text(line + "\n", "utf-8")
    with pytest.raises(DataError, match=said):
        read_cases(path, limit=0, seed=0)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(DataError, match=r"nothing\.jsonl"):
        read_cases(tmp_path / "nothing.jsonl", limit=0, seed=0)


def test_a_generated_document_knows_what_is_wrong_in_any_summary():
    case = generated_cases(1, seed=3)[0]
    assert case.summary is None
    assert case.wrong_spans(case.generated.reference) == ()
    assert case.wrong_spans("Lot ZZ-99999 was released.") != ()


def test_spans_are_sorted_and_each_stands_once():
    assert find_spans("a b a", ["b", "a", "a"]) == ((0, 1), (2, 3))
