"""Which documents an evaluation may look at."""

import json

import pytest

from app.commands.measuring import held_out_rows, unseen_row, validation_row
from backend.datasets import split_of
from backend.errors import DataError
from backend.training.seen import write_seen


@pytest.fixture
def file(tmp_path):
    rows = [{"id": f"row-{n}", "document": f"Document {n}.", "reference": "A reference."} for n in range(60)]
    path = tmp_path / "reports.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


@pytest.fixture
def adapter_dir(tmp_path):
    """An adapter that has seen all that is not in the test part."""
    write_seen(tmp_path, [{"document": f"Document {n}."} for n in range(60) if split_of(f"row-{n}") != "test"])
    return tmp_path


def test_what_one_chooses_by_is_never_what_one_reports_on(file, adapter_dir):
    chosen, others = held_out_rows([file], made=[], limit=0, is_wanted=validation_row)
    reported, seen = held_out_rows([file], made=[], limit=0, is_wanted=unseen_row(adapter_dir))

    assert {split_of(row.id) for row in chosen} == {"validation"}
    assert {split_of(row.id) for row in reported} == {"test"}
    assert (others["reports"], seen["reports"]) == (60 - len(chosen), 60 - len(reported))


def test_at_most_the_limit_of_a_file_is_taken_and_always_the_same(file):
    few, _ = held_out_rows([file], made=[], limit=2, is_wanted=lambda row: True)
    assert few == held_out_rows([file], made=[], limit=2, is_wanted=lambda row: True)[0]
    assert len(few) == 2


def test_without_a_document_left_the_error_says_what_to_do(file):
    with pytest.raises(DataError, match="Give other documents"):
        held_out_rows([file], made=[], limit=0, is_wanted=lambda row: False)
