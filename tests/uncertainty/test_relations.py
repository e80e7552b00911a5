from __future__ import annotations

import pytest

from backend.uncertainty.folding import fold_case
from backend.uncertainty.relations import find_broken_shares, find_changes, find_counts, find_shares
from backend.uncertainty.source import split_lines
from backend.uncertainty.tables import read_rows


@pytest.mark.parametrize(
    ("text", "shares"),
    [
        ("sample 8 of 120 pcs", [(8, 120)]),
        ("2 pcs out of 5 affected", [(2, 5)]),
        ("3 of the 1,250 parts", [(3, 1250)]),
        ("3/50 pcs", [(3, 50)]),
        ("50個中3個", [(3, 50)]),
        ("規格外れ２０個中４個", [(4, 20)]),
        ("16 of 1000000.", [(16, 1000000)]),
        ("8 of 2024-02-16", []),
        ("56 of 51R-2381", []),
        ("1.2 of 3", []),
        ("rev 3/50", []),
    ],
)
def test_shares_are_found_in_both_languages(text: str, shares: list[tuple[int, int]]) -> None:
    assert [(share.part, share.whole) for share in find_shares(fold_case(text))] == shares


@pytest.mark.parametrize(
    ("text", "is_broken"),
    [
        ("sample 30 of 443-8989-46", True),
        ("sample 8 of 2024-02-16", True),
        ("sample 3 of 609.6 g", True),
        ("sample 3 of 50 pcs", False),
        ("sample 3 of lot", False),
    ],
)
def test_a_sample_is_taken_of_a_number_of_pieces(text: str, is_broken: bool) -> None:
    assert bool(list(find_broken_shares(fold_case(text)))) == is_broken


@pytest.mark.parametrize(
    ("text", "counts"),
    [
        ("Lot 98L-1618, 120 pcs, 2024-02-16\n1. Take 8 pcs at random", {8, 120}),
        ("lot,part,date,qty,sample\nA1,P-2,12/3,404,50\n", {50, 404}),
        ("Lot size 260, n = 13 cans", {260, 13}),
        ("Qty: 256 pcs, sample: 30\nPacked in 4 boxes", {256, 30}),
        ("抜取数80個、13缶中4缶", {80, 13, 4}),
        ("980 mPas at 20 °C after 48 hours, 12.4 mm", set()),
        ("inspected 8.5 mm", set()),
    ],
)
def test_numbers_of_pieces_are_told_from_other_numbers(text: str, counts: set[int]) -> None:
    lower = fold_case(text)
    assert set(find_counts(read_rows(lower, list(split_lines(text))))) == counts


def test_a_number_that_is_labelled_and_counted_stands_there_once() -> None:
    text = "Qty: 8 pcs, sample 8; 3 of 8 pcs"
    assert find_counts(read_rows(fold_case(text), list(split_lines(text)))) == {8: 3, 3: 1}


@pytest.mark.parametrize(
    ("text", "before", "after"),
    [
        ("changed from 52 - 58 to 52 - 56 HRC", (52, 58), (52, 56)),
        ("changed from 1.60 ±0.45 to 1.60 ±0.15 mm", (1.6, 0.45), (1.6, 0.15)),
        ("viscosity was 180 to 390, now 180 to 330 mPas", (180, 390), (180, 330)),
        ("viscosity 180 to 330, was 180 to 390", (180, 390), (180, 330)),
        ("is now max. 0.10 mm (previously max. 0.30)", (0.3,), (0.1,)),
        ("0.10 mm instead of 0.30 mm", (0.3,), (0.1,)),
        ("12.0 - 15.6 Nm was changed to 12.0 - 15.0", (12, 15.6), (12, 15)),
        ("粘度を900〜1050から900〜1000に変更", (900, 1050), (900, 1000)),
        ("硬さ　旧52-57→新52-56", (52, 57), (52, 56)),
        ("from 5 to 7", (5,), (7,)),
    ],
)
def test_a_change_has_a_direction(text: str, before: tuple[float, ...], after: tuple[float, ...]) -> None:
    found = [(change.before, change.after) for change in find_changes(fold_case(text))]
    assert found == [(before, after)]


@pytest.mark.parametrize("text", ["1" * 200_000, "1," * 100_000, "1 of " * 40_000, "from 1 to " * 20_000])
def test_a_hostile_text_is_read_in_time_linear_in_it(text: str) -> None:
    # Quadratic work on these would take minutes, and the test run with it.
    assert len(list(find_shares(text))) + len(list(find_changes(text))) < len(text)
