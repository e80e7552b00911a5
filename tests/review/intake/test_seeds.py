"""A planted error: always the same one, in place, and shown as any confident summary."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.review.intake import seeds
from backend.review.intake.service import record
from backend.review.store.seed_tables import SeededErrorRow
from tests.review.builders import LOG, SUMMARY, build_document, build_scored


def _row(planted: seeds.Planted, summary: str) -> SeededErrorRow:
    text = summary[: planted.start_char] + planted.text + summary[planted.end_char :]
    return SeededErrorRow(
        item_id=7, kind=planted.kind, start_char=planted.start_char, end_char=planted.end_char, planted=planted.text,
        text=text,
    )  # fmt: skip


def test_the_error_of_a_summary_is_always_the_same_and_differs_between_documents():
    found = {seeds.find_place(SUMMARY, document=f"{LOG}{number}") for number in range(40)}
    assert seeds.find_place(SUMMARY, document=LOG) == seeds.find_place(SUMMARY, document=LOG)
    assert {planted.kind for planted in found} == set(seeds.SEED_KINDS)
    for planted in found:
        assert SUMMARY[planted.start_char : planted.end_char] != planted.text


def test_where_there_is_nothing_to_swap_nothing_is_planted():
    assert seeds.find_place("Nothing was found.", document="") is None


@pytest.fixture
def view(database):
    document = build_document()
    return record(database, document=document, scored=build_scored(document=document, probability=0.99))


def test_marks_and_tokens_move_with_the_text(view):
    @given(st.integers(0, len(SUMMARY) - 1), st.integers(1, 6), st.sampled_from(["9", "NG", "不合格です", "18.9 "]))
    def check(start: int, length: int, text: str) -> None:
        end = min(start + length, len(SUMMARY))
        shown = seeds.show(view, _row(seeds.Planted("number", start, end, text), SUMMARY))
        assert "".join(token.text for token in shown.tokens) == shown.text
        for part in (*shown.tokens, *shown.phrases):
            assert shown.text[part.start_char : part.end_char] == part.text
        assert [one.edit_probability for one in shown.phrases] == [one.edit_probability for one in view.phrases]
        edges = [(part.start_char, part.end_char) for part in shown.tokens]
        assert all(one[1] == other[0] for one, other in zip(edges, edges[1:], strict=False))

    check()


def test_it_looks_like_a_random_check_and_gives_the_original_away_nowhere(view):
    planted = seeds.find_place(SUMMARY, document=LOG)
    original = SUMMARY[planted.start_char : planted.end_char]
    shown = seeds.show(view, _row(planted, SUMMARY))
    assert (shown.decision, shown.reason, shown.item_id, shown.risk) == ("review", "audit", 7, view.risk)
    touched = [
        token for token in shown.tokens
        if token.start_char < planted.start_char + len(planted.text) and planted.start_char < token.end_char
    ]  # fmt: skip
    assert touched
    assert not [one for token in touched for one in token.alternatives if original in one.text]
