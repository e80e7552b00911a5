"""Token-level error labels: a token is wrong where it shares text with a wrong claim."""

from __future__ import annotations

import pytest

from backend.corpus import SummaryCheck, check_summary, generate
from backend.evaluation.calibration_data import label_tokens
from backend.uncertainty import ScoredToken


def tokenize(*texts):
    """Tokens with these texts, one behind the other; their scores do not matter here."""
    tokens, start_char = [], 0
    for text in texts:
        end_char = start_char + len(text)
        tokens.append(ScoredToken(text, start_char, end_char, 0.5, 0.1, 0.1, 0.0, 0.0, ()))
        start_char = end_char
    return tokens


def check(*spans):
    """A check that found these spans wrong."""
    return SummaryCheck(1.0, 0.5, tuple((start, end, "number") for start, end in spans), (), 2)


def test_every_token_of_a_wrong_claim_is_marked():
    tokens = tokenize("Width", " 12", ".", "4", " mm", " today")
    assert label_tokens(check((6, 13)), tokens=tokens) == [False, True, True, True, True, False]


def test_a_token_that_reaches_into_a_wrong_claim_is_marked():
    assert label_tokens(check((2, 4)), tokens=tokenize("abc", "def")) == [True, True]


@pytest.mark.parametrize("space", [" ", "\u3000", "\n"])
def test_a_space_beside_a_wrong_claim_does_not_mark_the_next_word(space):
    tokens = tokenize("12.4", f"{space}mm")
    assert label_tokens(check((0, 5)), tokens=tokens) == [True, False]


def test_a_space_inside_a_wrong_claim_is_marked():
    assert label_tokens(check((0, 5)), tokens=tokenize("12", " ", "mm")) == [True, True, True]


def test_the_pieces_of_a_split_character_share_its_label():
    tokens = tokenize("外", "", "", "径", "は")
    assert label_tokens(check((1, 2)), tokens=tokens) == [False, True, True, True, False]


def test_touching_a_wrong_claim_is_not_sharing_it():
    assert label_tokens(check((2, 4)), tokens=tokenize("ab", "cd", "ef")) == [False, True, False]


def test_overlapping_claims_and_no_claims_and_no_tokens_are_no_problem():
    assert label_tokens(check((0, 3), (1, 2)), tokens=tokenize("a", "b", "c")) == [True, True, True]
    assert label_tokens(check(), tokens=tokenize("a", "b")) == [False, False]
    assert label_tokens(check((0, 2)), tokens=[]) == []


def test_a_changed_lot_in_a_generated_summary_marks_exactly_its_tokens():
    document = next(iter(generate(1, seed=3, languages={"en": 1.0}, kinds={"inspection_log": 1.0})))
    lot = next(fact.text for fact in document.facts if fact.kind == "lot" and fact.must_carry)
    before, after = document.reference.split(lot, 1)
    wrong_lot = lot[:-1] + ("1" if lot[-1] != "1" else "2")
    summary = before + wrong_lot + after.replace(lot, wrong_lot)
    tokens = tokenize(before, wrong_lot, after.replace(lot, wrong_lot)[:1])
    assert label_tokens(check_summary(document, summary), tokens=tokens)[1]
    assert not any(label_tokens(check_summary(document, document.reference), tokens=tokens))
