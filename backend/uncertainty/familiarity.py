"""Whether a document resembles those that the scores were learned on: an error probability holds for no other kind.

In: the texts of those documents, then a text. Out: a p-value, and whether the text is unusual.

Two things are compared. A text's likeness is the largest cosine of its character 3- to 5-grams (TF-IDF, digits as one
sign) with a reference text; and a text that is shorter than nearly all of them may have been cut off. The p-value of
each is the share of reference texts that are no more alike to the others, or no longer; of the two, twice the smaller
(Bonferroni): conformal anomaly detection (Laxhammar and Falkman, Fusion 2011), so that of documents of the same kinds
at most `UNUSUAL_SHARE` are called unusual. No model is needed, and any language will do. What a document says does not
matter, only how it is worded. Knows nothing of summaries, policies or the database.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer

from backend.uncertainty.folding import fold_case

UNUSUAL_SHARE = 0.05
FEWEST_TEXTS = 40  # with fewer no p-value could be as small
MOST_CHARS = 20_000  # of a text that are looked at
NGRAMS = (3, 5)
_DIGIT = re.compile(r"\d")


class Familiarity:
    """Reference texts, ready to compare with. Nothing is unusual while there are fewer than `FEWEST_TEXTS`."""

    def __init__(self, texts: Sequence[str]) -> None:
        """Reads all reference texts; about a second for 300 pages."""
        different = list(dict.fromkeys(map(_plain, texts)))
        self.count = len(different)
        if self.count < FEWEST_TEXTS:
            return
        self._vectorizer = TfidfVectorizer(
            analyzer="char", ngram_range=NGRAMS, sublinear_tf=True, lowercase=False, dtype=np.float32
        )
        self._rows = self._vectorizer.fit_transform(different)
        among = (self._rows @ self._rows.T).toarray()
        np.fill_diagonal(among, -1.0)
        self._likenesses = np.sort(among.max(axis=1))
        self._lengths = np.sort([_length(text) for text in dict.fromkeys(texts)])

    def p_value(self, text: str) -> float:
        """Small where the text is less like the others, or shorter, than nearly all reference texts are; at most 1."""
        if self.count < FEWEST_TEXTS:
            return 1.0
        likeness = float((self._vectorizer.transform([_plain(text)]) @ self._rows.T).max())
        values = ((self._likenesses, likeness), (self._lengths, _length(text)))
        return min(1.0, 2 * min(_rank(own, among=among) for among, own in values))

    def is_unusual(self, text: str) -> bool:
        """Whether a person should look, whatever the risk says."""
        return self.p_value(text) <= UNUSUAL_SHARE


def _rank(value: float, *, among: np.ndarray) -> float:
    return (1 + int(np.searchsorted(among, value, side="right"))) / (1 + len(among))


def _length(text: str) -> int:
    """Bytes of UTF-8: a Japanese character says about as much as three letters."""
    return len(text.strip().encode("utf-8", "replace"))


def _plain(text: str) -> str:
    return _DIGIT.sub("0", fold_case(text[:MOST_CHARS]))
