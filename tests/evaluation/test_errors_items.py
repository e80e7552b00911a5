import numpy as np
import pytest

from backend.corpus import overlaps
from backend.evaluation.errors_data import Case
from backend.evaluation.errors_items import build_tables, token_ranges
from backend.evaluation.signals_cache import SignalRecord

DOCUMENT = "Lot A-4711.\nBore 12.40 mm, OK."
PIECES = ("Bore", " 12", ".61", " mm", ",", " lot", " A", "-4711", ".")
SUMMARY = "".join(PIECES)


def case(spans=((5, 10),), document=DOCUMENT):
    return Case("a", "d", document, "inspection_log", "en", SUMMARY, spans)


def record(**signals):
    values = signals or {"entropy": tuple(float(i) for i in range(len(PIECES)))}
    return SignalRecord(SUMMARY, PIECES, values)


def test_a_token_is_wrong_where_its_word_meets_a_wrong_span():
    table = build_tables([(case(), record())])["token"]
    assert table.errors.tolist() == [False, True, True, False, False, False, False, False, False]
    assert table.column("entropy").tolist() == [0, 1, 2, 3, 4, 5, 6, 7, 8]


def test_of_a_wrong_span_only_the_first_token_counts_among_first_tokens():
    table = build_tables([(case(), record())])["first_token"]
    assert table.column("entropy").tolist() == [0, 1, 3, 4, 5, 6, 7, 8]
    assert table.errors.tolist() == [False, True, *[False] * 6]


def test_a_phrase_has_the_mean_the_largest_and_the_first_of_its_tokens():
    table = build_tables([(case(), record())])["phrase"]
    number = int(np.flatnonzero(table.errors)[0])
    assert table.kinds[number] == "number"
    assert table.errors.sum() == 1
    assert table.column("entropy_first")[number] == 1
    assert table.column("entropy_max")[number] >= 3
    assert table.column("entropy")[number] == pytest.approx(
        np.mean(range(1, int(table.column("entropy_max")[number]) + 1))
    )


def test_the_grounding_checks_are_signals_of_the_phrase_and_its_tokens():
    tables = build_tables([(case(), record())])
    assert tables["token"].column("grounding")[1:3].tolist() == [1.0, 1.0]
    wrong = tables["phrase"].errors
    assert tables["phrase"].column("grounding")[wrong].tolist() == [1.0]
    assert tables["phrase"].column("not_in_source")[wrong].tolist() == [1.0]
    assert tables["summary"].column("grounding_max").tolist() == [1.0]


def test_summaries_of_one_text_are_one_document():
    pairs = [(case(), record()), (case(spans=()), record()), (case(document="Other."), record())]
    table = build_tables(pairs)["summary"]
    assert table.documents.tolist() == [0, 0, 1]
    assert table.errors.tolist() == [True, False, True]
    assert table.summaries.tolist() == [0, 1, 2]


def test_a_signal_that_not_all_summaries_have_is_left_out():
    some = record(entropy=(1.0,) * len(PIECES), rauq=(1.0,) * len(PIECES))
    assert "rauq" not in build_tables([(case(), record()), (case(), some)])["token"].names


def test_a_piece_of_a_split_character_has_the_label_of_the_character():
    pieces = ("合", "", "格", "。")
    japanese = SignalRecord("合格。", pieces, {"entropy": (0.0, 1.0, 2.0, 3.0)})
    one = Case("j", "d", "不合格。", "inspection_log", "ja", "合格。", ((1, 2),))
    assert build_tables([(one, japanese)])["token"].errors.tolist() == [False, True, True, False]


def test_ranges_leave_out_the_spaces_around_a_word():
    assert token_ranges([" a", " ", "b "]) == [(1, 2), (2, 3), (3, 4)]
    assert overlaps((1, 2), [(2, 3)]) is False
