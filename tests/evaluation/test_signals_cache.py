import pytest

from backend.errors import DataError
from backend.evaluation.errors_data import Case
from backend.evaluation.signals_cache import SignalCache, SignalRecord

CASE = Case("a", "d", "Document.", "report", "en", "Summary.")
RECORD = SignalRecord("Summary.", ("Summ", "ary."), {"entropy": (0.25, 1.5)})


def test_a_record_is_found_again_under_its_fingerprint_and_text_only(tmp_path):
    path = tmp_path / "deep" / "cache.jsonl"
    SignalCache(path).add(CASE, RECORD, fingerprint="m1")
    again = SignalCache(path)
    assert again.get(CASE, fingerprint="m1") == RECORD
    assert again.get(CASE, fingerprint="m2") is None
    assert again.get(Case("a", "d", "Document!", "report", "en", "Summary."), fingerprint="m1") is None
    assert again.get(Case("b", "e", "Document.", "report", "en", "Summary."), fingerprint="m1") == RECORD


def test_a_line_that_a_kill_cut_off_is_dropped(tmp_path):
    path = tmp_path / "cache.jsonl"
    SignalCache(path).add(CASE, RECORD, fingerprint="m1")
    whole = path.read_bytes()
    path.write_bytes(whole + whole[:20])
    assert SignalCache(path).get(CASE, fingerprint="m1") == RECORD
    assert path.read_bytes() == whole


@pytest.mark.parametrize("line", ["{}", "[]", '{"summary": "x", "pieces": ["x"], "signals": {"a": [1, 2]}}'])
def test_a_damaged_line_is_named(tmp_path, line):
    path = tmp_path / "cache.jsonl"
    path.write_text(line + "\n", "utf-8")
    with pytest.raises(DataError, match=r"Line 1 of .*cache\.jsonl"):
        SignalCache(path)


def test_without_a_path_records_live_in_memory():
    cache = SignalCache(None)
    cache.add(CASE, RECORD, fingerprint="m")
    assert cache.get(CASE, fingerprint="m") == RECORD
