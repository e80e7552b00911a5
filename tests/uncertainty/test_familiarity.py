"""Documents of the kinds that are known are rarely called unusual, others always."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
from scipy.stats import binom

from backend.corpus.generate import generate
from backend.evaluation.shift_documents import OTHER_LANGUAGES, OTHER_TOPICS, truncate
from backend.uncertainty.familiarity import FEWEST_TEXTS, UNUSUAL_SHARE, Familiarity


@pytest.fixture(scope="module")
def known():
    return Familiarity([one.document for one in generate(150, seed=31)])


def test_few_documents_of_the_known_kinds_are_unusual(known):
    fresh = [one.document for one in generate(100, seed=90)]
    unusual = sum(map(known.is_unusual, fresh))
    assert unusual <= binom.ppf(0.999, len(fresh), UNUSUAL_SHARE)


@pytest.mark.parametrize("text", [*OTHER_TOPICS, *OTHER_LANGUAGES, "-", "", "Page 3 of 9", "会議の議事録です。"])
def test_other_documents_are_unusual(known, text):
    assert known.is_unusual(text)


def test_a_kind_is_familiar_once_such_documents_are_known():
    sheets = [f"Werkstattkarte {n}: Lager {n % 7} geprüft, Spiel 0,{n:02d} mm, in Ordnung." for n in range(60)]
    texts = [one.document for one in generate(60, seed=31)]
    assert Familiarity(texts).is_unusual(sheets[59])
    assert not Familiarity([*texts, *sheets[:40]]).is_unusual(sheets[59])


def test_a_p_value_is_the_rank_among_the_reference_texts(known):
    """Against every cosine by hand, from vectors of its own."""
    texts = [f"{word} part {word} checked" for word in ("bore", "pin", "rod", "cap", "nut", "bolt", "ring")] * 7
    texts = [f"{text} {number % 5}{'x' * number}" for number, text in enumerate(texts)]
    own = Familiarity(texts)
    vectors = own._vectorizer.transform(texts).toarray()
    cosines = vectors @ vectors.T / np.outer(*[np.linalg.norm(vectors, axis=1)] * 2)
    likeness = [max(np.delete(cosines[i], i)) for i in range(len(texts))]
    query = own._vectorizer.transform(["gear part gear checked 0"]).toarray()[0]
    best = max(vectors @ query / np.linalg.norm(query))
    expected = (1 + sum(one <= best + 1e-6 for one in likeness)) / (1 + len(texts))
    assert own.p_value("gear part gear checked 3" + " " * 9) == pytest.approx(min(1.0, 2 * expected))


def test_what_is_left_of_a_cut_off_document_is_often_unusual(known):
    halves = [truncate(one.document, Random(number)) for number, one in enumerate(generate(60, seed=91))]
    assert sum(map(known.is_unusual, halves)) > len(halves) / 3


def test_with_few_reference_texts_nothing_is_unusual():
    few = Familiarity([f"text {'x' * number}" for number in range(FEWEST_TEXTS - 1)])
    assert few.p_value("quite another thing") == 1.0
    assert not few.is_unusual("quite another thing")
    assert Familiarity([]).p_value("") == 1.0
