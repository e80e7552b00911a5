"""Whether two mixes of documents are the same, by χ²."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.uncertainty.mix import DIFFERENT_BELOW, compare_mixes

MIXES = st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 300), max_size=6)


def test_other_documents_are_noticed_and_the_same_ones_are_not():
    before = {"log, en": 400, "log, ja": 100}
    assert not compare_mixes(before, {"log, en": 160, "log, ja": 40}).is_different
    assert compare_mixes(before, {"log, en": 60, "log, ja": 140}).is_different
    assert compare_mixes(before, {"specification, en": 50}).is_different


def test_with_few_documents_nothing_is_said():
    assert compare_mixes({"a": 500}, {"b": 29}).p_value == 1.0
    assert compare_mixes({}, {"b": 900}).p_value == 1.0


def test_the_same_mix_is_called_different_about_as_rarely_as_promised():
    generator = np.random.default_rng(2)
    shares, runs = [0.6, 0.25, 0.1, 0.05], 400
    false = 0
    for _ in range(runs):
        before, after = (dict(zip("abcd", generator.multinomial(n, shares), strict=True)) for n in (300, 120))
        false += compare_mixes(before, after).is_different
    assert false / runs < 3 * DIFFERENT_BELOW


@settings(deadline=None, max_examples=60)
@given(MIXES, MIXES)
def test_any_counts_give_a_probability(before, after):
    assert 0.0 <= compare_mixes(before, after).p_value <= 1.0
