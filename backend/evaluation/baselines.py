"""Summaries without a language model: the first three sentences, and three sentences that a library picks.

In: the text of a document and its language. Out: a summary of at most three sentences, in the document's
order, so both have the same length budget. A baseline that the adapted model does not beat means that the
adapter is not needed.

The extractive summarizer is TextRank of sumy (Apache-2.0). Looked at: summa (2019, no Japanese, chooses a
ratio of the sentences instead of a number, its source no longer compiles without warnings), lexrank (2018,
needs a corpus to learn word weights from), sumy's own LexRank (can divide by zero where most sentences share
their words) and LSA. On 80 ASRS / 77 LLIS rows ROUGE-L was 0.130 / 0.245 for TextRank, 0.133 / 0.240 for
LexRank, 0.133 / 0.219 for LSA (first three sentences: 0.148 / 0.249). sumy's `Tokenizer` needs downloaded
NLTK data; its summarizers take any object with `to_words`, so sentences and words are split here by rules and
nothing is downloaded. Japanese "words" are pairs of neighbouring characters: BudouX phrases carry their
particles, so that few of them occur twice. sumy also compares each sentence with itself: one that shares
nothing with the others ranks in the middle, not last.

Does not know the reference summaries, a model, or which facts a summary should carry.
"""

from __future__ import annotations

import re
import unicodedata

from nltk.stem.porter import PorterStemmer
from sumy.models.dom import ObjectDocumentModel, Paragraph, Sentence
from sumy.summarizers.text_rank import TextRankSummarizer

from backend.documents.sentences import join_sentences, split_sentences

SENTENCES = 3
_MAX_RANKED_SENTENCES = 400  # TextRank compares all pairs; longer documents are ranked on their beginning
_WORD = re.compile(r"[^\W_]+(?:[.\-/:][^\W_]+)*")


def first_sentences(text: str, *, count: int = SENTENCES) -> str:
    """The document's first sentences (lines count as sentences)."""
    return join_sentences(split_sentences(text)[:count])


def extract_sentences(text: str, *, language: str, count: int = SENTENCES) -> str:
    """The most central sentences by TextRank, in the document's order."""
    sentences = split_sentences(text)[:_MAX_RANKED_SENTENCES]
    if len(sentences) <= count:
        return join_sentences(sentences)
    splitter = _JapaneseWords() if language == "ja" else _EnglishWords()
    paragraph = Paragraph([Sentence(sentence, splitter) for sentence in sentences])
    chosen = TextRankSummarizer(splitter.stem)(ObjectDocumentModel([paragraph]), count)
    return join_sentences([str(sentence) for sentence in chosen])


class _EnglishWords:
    def __init__(self) -> None:
        self._stemmer = PorterStemmer()

    def to_words(self, sentence: str) -> tuple[str, ...]:
        return tuple(_WORD.findall(sentence))

    def stem(self, word: str) -> str:
        return self._stemmer.stem(word)


class _JapaneseWords:
    def to_words(self, sentence: str) -> tuple[str, ...]:
        runs = _WORD.findall(unicodedata.normalize("NFKC", sentence))
        return tuple(word for run in runs for word in ([run] if run.isascii() else _pair_characters(run)))

    def stem(self, word: str) -> str:
        return word


def _pair_characters(run: str) -> list[str]:
    return [run[index : index + 2] for index in range(max(1, len(run) - 1))]
