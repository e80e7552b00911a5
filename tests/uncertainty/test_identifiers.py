from __future__ import annotations

import pytest

from backend.uncertainty.identifiers import canonical, find_identifiers, spelling_pattern


def read(text: str) -> list[str]:
    return [text[i.start_char : i.end_char] for i in find_identifiers(text)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Lot A-4021 was", ["A-4021"]),
        ("Lot B of BH-4420: on hold", ["B", "BH-4420"]),
        ("ロットBは保留", ["B"]),
        ("Lot OK, part I checked, a lot A4", ["A4"]),
        ("lot 240312-01 ok", ["240312-01"]),
        ("part SH-200 rev", ["SH-200"]),
        ("see NCR 2031.", ["NCR 2031"]),
        ("drawing D-1234/A", ["D-1234/A"]),
        ("serial no. 12345", ["12345"]),
        ("ロットA-4021の外径", ["A-4021"]),
        ("品番1454-38を", ["1454-38"]),
        ("No. 2 and #4", ["No. 2", "#4"]),
        ("a B737-300 at", ["B737-300"]),
        ("12mm 3rd 2x 1.2e5", ["12mm"]),
        ("pH7.0 Ra1.6 plain words", []),
        ("11-13 and 100-200", []),
    ],
)
def test_names_of_letters_and_digits_are_found(text: str, found: list[str]) -> None:
    assert read(text) == found


def test_the_canonical_form_forgets_case_hyphens_and_spaces_but_no_decimal_point() -> None:
    assert canonical("sh-200 a") == canonical("SH200A")
    assert canonical("Ra1.6") != canonical("Ra16")


@pytest.mark.parametrize("text", ["NCR-2031", "ncr 2031", "NCR No. 2031", "NCR2031"])
def test_an_identifier_is_found_however_it_is_broken_up(text: str) -> None:
    assert spelling_pattern("NCR2031").search(text)


@pytest.mark.parametrize("text", ["NCR-20310", "XNCR-2031", "NCR 203 1"])
def test_a_longer_or_broken_identifier_is_another_one(text: str) -> None:
    assert not spelling_pattern("NCR2031").search(text)
