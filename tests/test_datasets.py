"""Data sets: what is read from JSONL and CSV, what is refused and how, and how rows are split."""

from __future__ import annotations

import csv
import json
from collections import Counter

import pytest

from backend.datasets import hash_document, read_rows, rows_of_split, split_of
from backend.errors import DataError

GOOD = {"id": "a-1", "document": "Lot 7 failed.", "reference": "Lot 7: NG"}


def write(tmp_path, content, *, name="logs.jsonl", encoding="utf-8"):
    """Writes text or bytes to a file and returns its path."""
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return path


def test_a_jsonl_row_keeps_its_columns(tmp_path):
    line = json.dumps({**GOOD, "topic": "press", "kind": "report", "language": "en", "facts": [{"text": "7"}]})
    (row,) = read_rows(write(tmp_path, line + "\n"))
    assert (row.id, row.document, row.reference) == ("a-1", "Lot 7 failed.", "Lot 7: NG")
    assert (row.topic, row.kind, row.language, row.dataset) == ("press", "report", "en", "logs")
    assert row.extra == {"facts": [{"text": "7"}]}


def test_a_csv_row_may_hold_commas_quotes_and_line_breaks(tmp_path):
    path = tmp_path / "logs.csv"
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows([["document", "reference"], ['Lot 7,\nsaid "NG"', "Lot 7: NG"]])
    (row,) = read_rows(path)
    assert row.document == 'Lot 7,\nsaid "NG"'
    assert row.id == hash_document(row.document)


def test_a_csv_document_may_be_longer_than_the_csv_module_s_limit(tmp_path):
    limit = csv.field_size_limit()
    (row,) = read_rows(write(tmp_path, "document,reference\n" + "x" * 200_000 + ",short\n", name="logs.csv"))
    assert len(row.document) == 200_000
    assert csv.field_size_limit() == limit


def test_blank_lines_and_a_byte_order_mark_are_no_rows(tmp_path):
    content = "\ufeff\n" + json.dumps(GOOD) + "\n\n"
    assert [row.id for row in read_rows(write(tmp_path, content))] == ["a-1"]


def test_a_line_separator_inside_a_document_does_not_end_the_row(tmp_path):
    content = json.dumps({**GOOD, "document": "one\u2028two"}, ensure_ascii=False) + "\r\n"
    assert read_rows(write(tmp_path, content))[0].document == "one\u2028two"


def test_a_number_as_id_is_taken_as_text(tmp_path):
    assert read_rows(write(tmp_path, json.dumps({**GOOD, "id": 12})))[0].id == "12"


def test_the_language_is_guessed_where_it_is_not_given(tmp_path):
    lines = [
        json.dumps({**GOOD, "id": "e"}),
        json.dumps({**GOOD, "id": "j", "document": "ロット7は不合格。"}),
    ]
    assert [row.language for row in read_rows(write(tmp_path, "\n".join(lines)))] == ["en", "ja"]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ('{"document": "x", "refer', "data.json"),
        ("[1, 2]", "data.object"),
        ('{"document": "x"}', "data.missing"),
        ('{"document": "x", "reference": null}', "data.missing"),
        ('{"document": " ", "reference": "y"}', "data.blank"),
        ('{"document": ["x"], "reference": "y"}', "data.text"),
        ('{"document": "x", "reference": "y", "topic": 3}', "data.text"),
        ('{"document": "x", "reference": "y", "id": {}}', "data.text"),
        ('{"document": "x \\ud800", "reference": "y"}', "data.text"),
        (json.dumps(GOOD), "data.repeated"),
    ],
)
def test_a_bad_row_is_named_by_its_line(tmp_path, line, code):
    path = write(tmp_path, json.dumps(GOOD) + "\n\n" + line + "\n")
    with pytest.raises(DataError) as caught:
        read_rows(path)
    assert caught.value.code == code
    assert "ine 3 of logs.jsonl" in str(caught.value)


@pytest.mark.parametrize(
    ("content", "code", "line"),
    [
        ("document,reference\nx,y\nx\n", "data.cells", 3),
        ("document,reference\n\nx,y,z\n", "data.cells", 3),
        ('document,reference\nx,"y\n', "data.csv", 2),
        ('document,reference\n"a\nb",y\n,y\n', "data.blank", 4),
    ],
)
def test_a_bad_csv_row_is_named_by_the_line_where_it_starts(tmp_path, content, code, line):
    with pytest.raises(DataError) as caught:
        read_rows(write(tmp_path, content, name="logs.csv"))
    assert (caught.value.code, caught.value.parameters["line"]) == (code, line)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("", "data.empty"),
        (" \n\n", "data.empty"),
        ("document,reference\n", "data.empty"),
        ("document;reference\nx;y\n", "data.columns"),
        ("document,summary\nx,y\n", "data.columns"),
        ("document,reference,reference\nx,y,z\n", "data.header"),
    ],
)
def test_a_file_without_usable_rows_is_refused(tmp_path, content, code):
    with pytest.raises(DataError) as caught:
        read_rows(write(tmp_path, content, name="logs.csv"))
    assert caught.value.code == code


@pytest.mark.parametrize("encoding", ["cp932", "utf-16"])
def test_another_encoding_is_named_with_what_to_do(tmp_path, encoding):
    path = write(tmp_path, "document,reference\nロット,不合格\n", name="logs.csv", encoding=encoding)
    with pytest.raises(DataError, match="UTF-8") as caught:
        read_rows(path)
    assert caught.value.code == "data.encoding"
    assert caught.value.parameters["line"] == (2 if encoding == "cp932" else 1)


def test_a_file_that_is_no_data_set_or_not_there_is_refused(tmp_path):
    with pytest.raises(DataError) as caught:
        read_rows(write(tmp_path, "x", name="logs.xlsx"))
    assert caught.value.code == "data.kind"
    with pytest.raises(DataError) as caught:
        read_rows(tmp_path / "absent.jsonl")
    assert caught.value.code == "data.unreadable"
    (tmp_path / "folder.jsonl").mkdir()
    with pytest.raises(DataError):
        read_rows(tmp_path / "folder.jsonl")


def test_braces_in_a_message_s_values_do_no_harm(tmp_path):
    with pytest.raises(DataError, match="columns are: {0}, {name}".replace("{", r"\{")):
        read_rows(write(tmp_path, "{0},{name}\nx,y\n", name="logs.csv"))


def test_a_split_depends_on_the_id_alone():
    assert split_of("asrs-426910") == split_of("asrs-426910")
    assert {split_of(f"row-{number}") for number in range(100)} == {"train", "validation", "test"}


def test_splits_have_the_shares_that_were_asked_for():
    counts = Counter(split_of(f"row-{number}", fractions=(0.6, 0.15, 0.25)) for number in range(20_000))
    assert counts["train"] / 20_000 == pytest.approx(0.6, abs=0.015)
    assert counts["validation"] / 20_000 == pytest.approx(0.15, abs=0.015)


def test_a_larger_training_share_moves_no_row_out_of_training():
    for number in range(500):
        if split_of(f"row-{number}", fractions=(0.5, 0.25, 0.25)) == "train":
            assert split_of(f"row-{number}", fractions=(0.7, 0.15, 0.15)) == "train"


def test_a_share_of_zero_leaves_a_split_empty():
    assert "test" not in {split_of(f"row-{number}", fractions=(0.9, 0.1, 0.0)) for number in range(2_000)}


@pytest.mark.parametrize("fractions", [(0.8, 0.1), (0.8, 0.1, 0.2), (1.2, -0.1, -0.1)])
def test_shares_that_do_not_add_up_are_refused(fractions):
    with pytest.raises(ValueError, match="add up to 1"):
        split_of("row", fractions=fractions)


def test_the_rows_of_the_three_splits_are_all_rows_once(tmp_path):
    lines = "\n".join(json.dumps({**GOOD, "id": str(number)}) for number in range(60))
    rows = read_rows(write(tmp_path, lines))
    parts = [rows_of_split(rows, split=split) for split in ("train", "validation", "test")]
    assert sorted(row.id for part in parts for row in part) == sorted(row.id for row in rows)
