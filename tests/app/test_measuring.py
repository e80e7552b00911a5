"""Which documents an evaluation may look at."""

import json
from functools import partial

import pytest

from app.commands.measuring import held_out_rows, reportable_rows, validation_rows
from backend.datasets import split_of
from backend.errors import DataError
from backend.training.seen import read_seen, write_seen


@pytest.fixture
def file(tmp_path):
    rows = [{"id": f"row-{n}", "document": f"Document {n}.", "reference": "A reference."} for n in range(60)]
    path = tmp_path / "reports.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


@pytest.fixture
def adapter_dir(tmp_path):
    """An adapter that has seen the training part, and some of the validation part."""
    learned = [n for n in range(60) if split_of(f"row-{n}") == "train"]
    tuned = [n for n in range(60) if split_of(f"row-{n}") == "validation"]
    write_seen(tmp_path, [{"document": f"Document {n}."} for n in (*learned, *tuned[:2])])
    return tmp_path


def test_what_one_chooses_by_is_never_what_one_reports_on(file, adapter_dir):
    chosen, others = held_out_rows([file], made=[], limit=0, choose=validation_rows)
    choose = partial(reportable_rows, is_seen=read_seen(adapter_dir))
    reported, seen = held_out_rows([file], made=[], limit=0, choose=choose)

    assert {split_of(row.id) for row in chosen} == {"validation"}
    assert {split_of(row.id) for row in reported} == {"test"}
    assert (others["reports"], seen["reports"]) == (60 - len(chosen), 60 - len(reported))


def test_at_most_the_limit_of_a_file_is_taken_and_always_the_same(file):
    few, _ = held_out_rows([file], made=[], limit=2, choose=list)
    assert few == held_out_rows([file], made=[], limit=2, choose=list)[0]
    assert len(few) == 2


def test_without_a_document_left_the_error_says_what_to_do(file):
    with pytest.raises(DataError, match="Give other documents"):
        held_out_rows([file], made=[], limit=0, choose=lambda rows: [])


def test_a_file_that_the_adapter_never_saw_is_evaluated_whole(file, tmp_path):
    choose = partial(reportable_rows, is_seen=read_seen(tmp_path))
    rows, left_out = held_out_rows([file], made=[], limit=0, choose=choose)
    assert len(rows) == 60
    assert left_out == {"reports": 0}
