"""Reference summaries → extracts of their own documents, as targets that teach a small model to choose and to copy.

A model of a hundred million weights that is trained on free abstracts learns to rephrase, badly. The sentences of the
document that together are closest to the abstract (the *oracle extract* of extractive summarization, Nallapati et al.,
arXiv 1611.04230) are a target it can reach, and a summary whose every phrase stands in the document.

The plain oracle follows chance likenesses: any of thirty sentences may share a few words with the abstract. So the
search starts from the document's opening and leaves it only for a clear gain. Rows in, rows out; knows no model.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from rouge_score import rouge_scorer

from backend.documents.classification import guess_language
from backend.documents.sentences import join_sentences, split_sentences
from backend.training.rouge_tokens import tokenizer_of

OPENING_WORDS = 50  # about the shortest at which ROUGE-L of LLIS openings stops rising
MOST_SENTENCES = 40  # later ones are rarely worth the search
MIN_GAIN = 0.03  # ROUGE-L that a change must add
LEAST_WORDS_KEPT = 40  # no change goes below: a model that learns from shorter ones stops after one sentence
JAPANESE_TOKENS_A_WORD = 2  # about as much is said by so many characters as by an English word


def extract_rows(
    rows: Iterable[Mapping[str, Any]],
    *,
    read: Callable[[str], str],
    min_gain: float = MIN_GAIN,
    least_words: int = LEAST_WORDS_KEPT,
    candidates: int = 0,
) -> Iterator[dict[str, Any]]:
    """Rows with the reference replaced by an extract of what the model reads of the document.

    Args:
        rows: `document`, `reference` and whatever else; the rest is kept.
        read: the document as the model will read it (a long one loses its middle).
        min_gain, least_words: of `choose_extract`.
        candidates: how many extracts to list with their reward; 0 leaves the column out.
    """
    for row in rows:
        document = read(row["document"])
        extract = choose_extract(document, row["reference"], min_gain=min_gain, least_words=least_words)
        if extract:
            found = {**row, "reference": extract}
            if candidates:
                found["candidates"] = list_candidates(document, row["reference"], extract=extract, most=candidates)
            yield found


def list_candidates(document: str, reference: str, *, extract: str, most: int) -> list[dict[str, Any]]:
    """At most `most` different extracts, each with its ROUGE-L (F) as the reward.

    They are the chosen one, openings of several lengths, and some drawn at random (the same ones for the same
    document), as a model may write them that has not learned yet.
    """
    sentences = split_sentences(document)[:MOST_SENTENCES]
    draw = random.Random(document)  # noqa: S311 (nothing secret)
    language = guess_language(document)
    words = [_count_words(sentence, language) for sentence in sentences]
    openings = [_opening(words, least=least) for least in (OPENING_WORDS, 80, 30, 110)]
    drawn = [sorted(draw.sample(range(len(sentences)), min(size, len(sentences)))) for size in (1, 2, 3)]
    choices = (openings[0], openings[1], drawn[0], openings[2], drawn[2], openings[3], drawn[1])
    texts = [extract, *(join_sentences([sentences[index] for index in choice]) for choice in choices)]
    scorer = rouge_scorer.RougeScorer(["rougeL"], tokenizer=tokenizer_of(language))
    return [
        {"text": text, "reward": scorer.score(reference, text)["rougeL"].fmeasure}
        for text in list(dict.fromkeys(texts))[:most]
    ]


def choose_extract(
    document: str, reference: str, *, min_gain: float = MIN_GAIN, least_words: int = LEAST_WORDS_KEPT
) -> str:
    """Sentences of the document, in its order, that are close to the reference.

    Reached from the document's opening by adding, dropping and exchanging one sentence at a time, the best change
    first, while ROUGE-L (F) with the reference rises by `min_gain` or more. Never below `least_words`, if the
    opening has as many.
    """
    sentences = split_sentences(document)[:MOST_SENTENCES]
    language = guess_language(document)
    words = [_count_words(sentence, language) for sentence in sentences]
    scorer = rouge_scorer.RougeScorer(["rougeL"], tokenizer=tokenizer_of(language))
    score = partial(_score_extract, scorer=scorer, sentences=sentences, reference=reference)
    chosen = _opening(words, least=OPENING_WORDS)
    best = score(chosen)
    least = min(least_words, sum(words[index] for index in chosen))
    while True:
        allowed = (way for way in _changes(chosen, len(sentences)) if sum(words[index] for index in way) >= least)
        changes = [(score(change), change) for change in allowed]
        value, change = max(changes, default=(0.0, ()))
        if value < best + min_gain:
            return join_sentences([sentences[index] for index in chosen])
        best, chosen = value, change


def _opening(words: Sequence[float], *, least: float) -> tuple[int, ...]:
    """The first sentences, until they have so many words."""
    totals = itertools.accumulate(words)
    return tuple(range(next((index + 1 for index, total in enumerate(totals) if total >= least), len(words))))


def _count_words(sentence: str, language: str) -> float:
    if language != "ja":
        return len(sentence.split())
    return len(tokenizer_of(language).tokenize(sentence)) / JAPANESE_TOKENS_A_WORD


def _changes(chosen: tuple[int, ...], count: int) -> Iterator[tuple[int, ...]]:
    """All choices one step away: one more sentence, one fewer, or one exchanged."""
    others = [index for index in range(count) if index not in chosen]
    for index in others:
        yield tuple(sorted((*chosen, index)))
    for dropped in chosen:
        rest = tuple(index for index in chosen if index != dropped)
        if rest:
            yield rest
        for index in others:
            yield tuple(sorted((*rest, index)))


def _score_extract(chosen: tuple[int, ...], *, scorer: Any, sentences: Sequence[str], reference: str) -> float:
    return scorer.score(reference, join_sentences([sentences[index] for index in chosen]))["rougeL"].fmeasure
