"""Words that nothing accounts for are found; the document's own, and those of references, never."""

import pytest

from backend.corpus import check_summary, generate
from backend.corpus.inventions import find_inventions, wording

DOCUMENT = "Bearing housing BH-4420, lot L2406-117: scratches on 2 pcs, lot repaired and measured again."
JAPANESE = "品番 SH-310 シャフト。外径と硬度は合格。材料証明書が未着。"


def found(summary, document=DOCUMENT):
    return [summary[start:end] for start, end in find_inventions(summary, document)]


@pytest.mark.parametrize(
    ("summary", "expected"),
    [
        ("Lot L2406-117, repairer.", ["repairer"]),
        ("Lot was measured by a body shop.", ["body", "shop"]),
        ("Hats: scratched housings", ["Hats"]),
        ("Repairing of 2 pcs; a scratch was measured. Still open: bearing.", []),
        ("Decided: all characteristics within limits.", []),
        ("due to May 12, for 3 days", []),
        ("", []),
    ],
)
def test_latin_words_count_whole_but_for_their_inflection(summary, expected):
    assert found(summary) == expected


@pytest.mark.parametrize(
    ("summary", "expected"),
    [
        ("シャフトの外径は合格。", []),
        ("材料証明は未着。", []),
        ("外径硬度は全項目規格内。", []),
        ("墓番 SH-310", ["墓番"]),
        ("該当基礎は合格。", ["該当基礎"]),
        ("ネクルは合格。", ["ネクル"]),
    ],
)
def test_runs_of_kanji_and_katakana_are_made_of_known_pieces(summary, expected):
    assert found(summary, JAPANESE) == expected


def test_references_of_other_documents_invent_nothing():
    made = [(found(one.reference, one.document), one.reference) for one in generate(300, seed=77)]
    assert [pair for pair in made if pair[0]] == []


def test_the_wording_is_small_so_that_it_does_not_excuse_everything():
    assert len(wording()) < 150
    assert {"decid", "残件"} <= wording()


def test_a_made_up_word_is_an_error_but_no_claim():
    document = next(iter(generate(1, seed=3)))
    right, wrong = (check_summary(document, document.reference + end) for end in ("", " repairers"))
    assert right.errors == ()
    start = len(document.reference) + 1
    assert wrong.errors == ((start, start + len("repairers")),)
    assert not wrong.has_wrong_fact
    assert (wrong.claim_count, wrong.fact_precision) == (right.claim_count, right.fact_precision)
