"""Places where one small change makes a text wrong."""

from __future__ import annotations

from random import Random

import pytest

from backend.uncertainty.swaps import swap_identifiers, swap_numbers, swap_units, swap_verdicts

TEXT = "Lot A-1741: 12 of 12 passed, diameter 12.4 mm. Result: OK. 検査は不合格。"


@pytest.mark.parametrize("find", [swap_numbers, swap_identifiers, swap_units, swap_verdicts])
def test_every_swap_changes_exactly_its_range(find):
    swaps = list(find(TEXT, "", Random(1)))
    assert swaps
    for start, end, text in swaps:
        assert TEXT[start:end] != text
        assert text


def test_a_verdict_becomes_its_opposite_in_its_own_case():
    swapped = {TEXT[start:end]: text for start, end, text in swap_verdicts(TEXT, "", Random(0))}
    assert swapped == {"passed": "failed", "OK": "NG", "不合格": "合格"}
    assert [text for *_, text in swap_verdicts("Rejected. PASS", "", Random(0))] == ["Accepted", "FAIL"]


def test_a_word_that_only_holds_a_verdict_is_left_alone():
    assert list(swap_verdicts("The OKs passedby bypass.", "", Random(0))) == []


def test_a_number_of_the_document_is_never_planted():
    document = " ".join(str(number) for number in range(10, 100) if number != 47)
    for seed in range(30):
        assert {text for *_, text in swap_numbers("It was 17 mm.", document, Random(seed))} <= {"47"}
