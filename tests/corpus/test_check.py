"""The checker: the reference is right, every corruption is found, other formats are the same fact."""

from __future__ import annotations

import re
from random import Random

import pytest

from backend.corpus import Fact, check_summary, generate

VERDICT_FLIPS = {
    "accepted": "rejected",
    "rejected": "accepted",
    "on hold": "accepted",
    "不合格": "合格",
    "保留": "合格",
    "within limits": "out of tolerance",
    "in tolerance": "out of spec",
    "規格外": "規格内",
    "規格内": "規格外",
}

TEXT = (
    "Lot L24118, part 4410-22: bore 12.07 mm (limit 12.00 ±0.05) NG, flatness 0.06 mm, max 0.10. "
    "3 of 50 pcs. REJECTED, due 14 Mar"
)


def _fact(kind: str, text: str, value: str, subject: str = "") -> Fact:
    start = TEXT.index(text)
    return Fact(kind, text, value, True, start, start + len(text), subject)


FACTS = (
    _fact("lot", "L24118", "L24118", "lot"),
    _fact("part", "4410-22", "4410-22", "part"),
    _fact("measurement", "12.07", "12.07 mm", "bore"),
    _fact("limit", "12.00 ±0.05", "11.95..12.05 mm", "bore"),
    _fact("measurement", "0.06", "0.06 mm", "flatness"),
    _fact("limit", "max 0.10", "..0.10 mm", "flatness"),
    _fact("count", "3", "3", "affected"),
    _fact("count", "50", "50", "sample"),
    _fact("verdict", "REJECTED", "ng", "lot"),
    _fact("date", "14 Mar", "2025-03-14", "cause"),
)


def wrong(summary: str) -> list[tuple[str, str]]:
    return [(summary[start:end], kind) for start, end, kind in check_summary((FACTS, TEXT), summary).wrong_spans]


def test_every_reference_is_complete_and_right():
    for document in generate(500, seed=21):
        check = check_summary(document, document.reference)
        assert not check.has_wrong_fact, (document.reference, check.wrong_spans)
        assert check.fact_recall == 1.0, (document.reference, check.missed)


def test_a_changed_digit_is_found_in_lots_parts_readings_limits_counts_and_dates():
    rng, tried, missed = Random(5), 0, []
    for document in generate(300, seed=22):
        for fact in document.facts:
            if not fact.must_carry or fact.kind in ("open_item", "disposition") or fact.text not in document.reference:
                continue
            places = [place for place, character in enumerate(fact.text) if character.isdigit()]
            if not places:
                continue
            place = rng.choice(places)
            digit = str((int(fact.text[place]) + rng.randint(1, 9)) % 10)
            corrupted = fact.text[:place] + digit + fact.text[place + 1 :]
            if corrupted in document.document:
                continue
            tried += 1
            summary = document.reference.replace(fact.text, corrupted, 1)
            if not check_summary(document, summary).has_wrong_fact:
                missed.append((fact.kind, fact.text, corrupted, summary))
    assert tried > 1000
    assert len(missed) <= tried * 0.001, missed


def test_a_contrary_verdict_is_found():
    tried = 0
    for document in generate(300, seed=23):
        for said, contrary in VERDICT_FLIPS.items():
            if said in document.reference:
                tried += 1
                summary = document.reference.replace(said, contrary, 1)
                assert check_summary(document, summary).has_wrong_fact, summary
    assert tried > 200


def test_another_documents_summary_is_wrong():
    documents = list(generate(200, seed=24, languages={"en": 1.0}))
    for document, other in zip(documents, documents[1:], strict=False):
        assert check_summary(document, other.reference).has_wrong_fact


@pytest.mark.parametrize(
    "summary",
    [
        "Lot L24118 (4410-22) rejected: bore 12.07 mm against 11.95–12.05, 3 of 50 pcs; due 14 March.",
        "Lot l24118: bore Ø12.070mm, limit 12 ± 0.05. NG.",
        "ロットＬ２４１１８は不合格。内径１２．０７mmが規格11.95～12.05を外れ、50個中3個。期限3月14日。",
        "Lot L24118 not accepted; bore 0.02 mm over the limit, flatness within limits.",
        "Flatness 0.06 mm is fine (≤ 0.1).",
        "",
    ],
)
def test_another_format_of_a_fact_is_right(summary):
    assert wrong(summary) == []


@pytest.mark.parametrize(
    ("summary", "span", "kind"),
    [
        ("Bore 12.09 mm", "12.09 mm", "number"),
        ("Bore 12.07 kN", "12.07 kN", "unit"),
        ("Flatness 12.07 mm", "12.07 mm", "characteristic"),
        ("Bore 12.07 mm, limit ≤ 0.10", "≤ 0.10", "characteristic"),
        ("Bore measured 12.05 mm", "12.05 mm", "role"),
        ("Flatness min 0.10", "min 0.10", "limit"),
        ("Lot 4410-22", "4410-22", "identifier"),
        ("Part L24119", "L24119", "identifier"),
        ("5 of 50 pcs", "5 of 50", "count"),
        ("Due 15 Mar", "15 Mar", "date"),
        ("Lot L24118 accepted", "accepted", "verdict"),
        ("Lot L24118 on hold", "on hold", "verdict"),
        ("Lot not rejected", "rejected", "verdict"),
        ("All characteristics within limits", "within limits", "verdict"),
        ("ロットL24118は合格", "合格", "verdict"),
        ("Hardness checked", "Hardness", "characteristic"),
        ("Disposition: rework", "rework", "disposition"),
    ],
)
def test_a_wrong_claim_is_marked_with_its_place_and_kind(summary, span, kind):
    assert (span, kind) in wrong(summary)


def test_recall_counts_what_is_missing_and_precision_what_is_wrong():
    check = check_summary((FACTS, TEXT), "Lot L24118 accepted.")
    assert check.fact_recall == pytest.approx(1 / len(FACTS))
    assert check.fact_precision == 0.5
    assert {fact.kind for fact in check.missed} >= {"verdict", "measurement", "part"}


def test_spans_are_code_points_also_after_an_emoji():
    summary = "😀 bore 12.09 mm 🔧"
    ((start, end, _),) = check_summary((FACTS, TEXT), summary).wrong_spans
    assert re.fullmatch(r"12\.09 mm", summary[start:end])


def test_an_extract_is_right_whatever_rules_read_into_a_table():
    wrong_extracts = []
    for document in generate(150, seed=31, languages={"en": 1.0}):
        lines = [line.strip() for line in document.document.split("\n") if len(line.split()) >= 3]
        extract = " ".join(line if line[-1] in ".!?" else f"{line}." for line in lines[1:5])
        check = check_summary(document, extract)
        wrong_extracts += [(extract[start:end], kind, extract) for start, end, kind in check.wrong_spans]
    assert wrong_extracts == []


def test_the_number_of_a_clause_is_no_claim_but_another_number_is():
    text = "1 Scope\n2.3 The hardness shall be 38 to 43 HRC."
    fact = Fact("limit", "38 to 43 HRC", "38..43 HRC", True, text.index("38"), len(text) - 1, "hardness")

    def spans(summary):
        return [summary[start:end] for start, end, _ in check_summary(((fact,), text), summary).wrong_spans]

    assert spans("2.3 Hardness is 38 to 43 HRC.") == []
    assert spans("2.4 Hardness is 38 to 43 HRC.") == ["2.4"]
    assert spans("Hardness is 2.3 HRC.") == ["2.3 HRC"]


def test_a_short_copy_is_judged_like_any_other_claim():
    assert ("accepted", "verdict") in wrong("Lot accepted.")
    assert wrong("Bore 12.07 mm (limit 12.00 ±0.05) NG.") == []
