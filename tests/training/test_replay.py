"""Generated documents to learn again: always the same ones, none twice, none that is taken."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from backend.training.replay import COMPARED, COMPARING_SEED, REPLAY_SEED, draw_rows, share_out


def texts(count: int, *, seed: int, **options) -> list[str]:
    return [row["document"] for row in draw_rows(count, seed=seed, **options)]


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 30), st.sets(st.integers(0, 29)))
def test_what_is_taken_is_passed_over_and_the_rest_keeps_its_order(count, places):
    everything = texts(60, seed=REPLAY_SEED)
    taken = {everything[place] for place in places}
    found = texts(count, seed=REPLAY_SEED, is_taken=taken.__contains__)
    assert found == [text for text in everything if text not in taken][:count]


def test_documents_to_learn_and_to_compare_on_differ():
    learned = texts(300, seed=REPLAY_SEED)
    assert len(set(learned)) == 300
    assert not set(learned) & set(texts(COMPARED, seed=COMPARING_SEED))


@given(st.integers(0, 5000), st.integers(0, 5000), st.integers(0, 5000))
def test_they_are_shared_out_as_the_reviewed_texts_are(count, train, validation):
    parts = share_out(count, train=train, validation=validation)
    assert sum(parts) == count
    assert min(parts) >= 0
    if train + validation:
        assert abs(parts[1] - count * validation / (train + validation)) <= 0.5
