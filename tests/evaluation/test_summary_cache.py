"""Kept summaries: found again after a restart, never mixed up, and no torn line is believed."""

from __future__ import annotations

import json

import pytest

from backend.datasets import Row
from backend.errors import DataError
from backend.evaluation.summary_cache import SummaryCache

ROW = Row(id="a", document="Lot 7 failed.", reference="NG")


def test_a_kept_summary_is_there_after_a_restart(tmp_path):
    path = tmp_path / "folder" / "kept.jsonl"
    SummaryCache(path).add([ROW], summaries=["保留 🙂\nline two"], fingerprint="m1")
    assert SummaryCache(path).get(ROW, fingerprint="m1") == "保留 🙂\nline two"


@pytest.mark.parametrize(
    ("row", "fingerprint"),
    [
        (ROW, "m2"),
        (Row(id="b", document=ROW.document, reference="NG"), "m1"),
        (Row(id="a", document="Lot 8 failed.", reference="NG"), "m1"),
    ],
)
def test_another_system_id_or_text_has_no_kept_summary(tmp_path, row, fingerprint):
    cache = SummaryCache(tmp_path / "kept.jsonl")
    cache.add([ROW], summaries=["kept"], fingerprint="m1")
    assert cache.has(ROW, fingerprint="m1")
    assert not cache.has(row, fingerprint=fingerprint)


@pytest.mark.parametrize("cut", [1, 2, 30])
def test_a_torn_last_line_is_dropped_and_the_file_goes_on_whole(tmp_path, cut):
    path = tmp_path / "kept.jsonl"
    other = Row(id="b", document="Lot 8 passed.", reference="OK")
    SummaryCache(path).add([ROW, other], summaries=["first", "second"], fingerprint="m1")
    path.write_bytes(path.read_bytes()[:-cut])
    cache = SummaryCache(path)
    assert cache.get(ROW, fingerprint="m1") == "first"
    assert not cache.has(other, fingerprint="m1")
    cache.add([other], summaries=["again"], fingerprint="m1")
    assert SummaryCache(path).get(other, fingerprint="m1") == "again"
    assert len(path.read_text().splitlines()) == 2


@pytest.mark.parametrize("line", ["garbage", "[1]", json.dumps({"id": "a", "summary": "x"}), "\x85"])
def test_a_damaged_line_is_named(tmp_path, line):
    path = tmp_path / "kept.jsonl"
    SummaryCache(path).add([ROW], summaries=["kept"], fingerprint="m1")
    path.write_text(path.read_text() + line + "\n", encoding="utf-8")
    with pytest.raises(DataError, match="Line 2") as caught:
        SummaryCache(path)
    assert caught.value.code == "evaluation.cache"


def test_a_summary_with_a_lone_surrogate_is_kept_as_it_is(tmp_path):
    path = tmp_path / "kept.jsonl"
    SummaryCache(path).add([ROW], summaries=["\ud83d"], fingerprint="m1")
    assert SummaryCache(path).get(ROW, fingerprint="m1") == "\ud83d"


def test_without_a_path_summaries_are_kept_in_memory_only(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    cache = SummaryCache(None)
    cache.add([ROW], summaries=["kept"], fingerprint="m1")
    assert cache.get(ROW, fingerprint="m1") == "kept"
    assert list(tmp_path.iterdir()) == []
