"""Lines that are kept, cut off and read."""

import pytest

from backend.errors import DataError
from backend.evaluation.json_lines import append_lines, drop_torn_line, read_lines


def test_what_is_appended_is_read_in_order_with_the_numbers_of_the_lines(tmp_path):
    path = tmp_path / "kept" / "figures.jsonl"
    append_lines(path, [{"a": "\u2028\ud800"}])
    append_lines(path, [{"a": 2}, {"a": 3}])
    assert list(read_lines(path)) == [(1, '{"a": "\\u2028\\ud800"}'), (2, '{"a": 2}'), (3, '{"a": 3}')]


def test_a_line_that_was_cut_off_goes_and_the_whole_ones_stay(tmp_path):
    path = tmp_path / "figures.jsonl"
    append_lines(path, [1])
    path.write_bytes(path.read_bytes() + b'{"a": ')
    drop_torn_line(path)
    append_lines(path, [2])
    assert [content for _, content in read_lines(path)] == ["1", "2"]


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00"])
def test_a_file_that_is_no_text_is_told_in_one_sentence(tmp_path, content):
    path = tmp_path / "rows.jsonl"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError, match="cannot be read as UTF-8 text"):
        list(read_lines(path))
