"""Records and labels → items to rank: tokens, first tokens, phrases, summaries, each with its signals and its flag.

In: cases with their records. Out: a `Table` a level: one row an item, one column a signal, higher more doubtful.

- token: every token; wrong where it shares a character with a wrong span;
- first_token: the tokens outside wrong spans, and of each wrong span the first one only;
- phrase: the pieces that people judge (`uncertainty.split`); a signal is the mean over the tokens, with `_max` the
  largest and with `_first` that of the first token;
- summary: likewise over the summary's tokens, without `_first`; wrong where any phrase is.

The grounding checks and `not_in_source` come from the document and the summary alone and belong to the phrase; its
tokens have the phrase's value. Knows nothing of models or of how good a ranking is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from backend.corpus import overlaps
from backend.corpus.claims import fold
from backend.evaluation.errors_corrupt import Span
from backend.evaluation.errors_data import Case
from backend.evaluation.signals_cache import SignalRecord
from backend.uncertainty import Analysis, Phrase, analyze

LEVELS = ("token", "first_token", "phrase", "summary")
GROUNDING = ("grounding", "not_in_source")


@dataclass(frozen=True)
class Table:
    """N items of one level.

    Attributes:
        names: of the signals, (D,).
        values: (N, D).
        errors: (N,), whether the item is wrong.
        documents: (N,), number of the document, the same at all levels.
        summaries: (N,), number of the summary.
        kinds: (N,), the phrase's kind; "" at other levels.
    """

    names: tuple[str, ...]
    values: np.ndarray
    errors: np.ndarray
    documents: np.ndarray
    summaries: np.ndarray
    kinds: np.ndarray

    def column(self, name: str) -> np.ndarray:
        """The values of one signal, (N,)."""
        return self.values[:, self.names.index(name)]

    def only(self, names: Sequence[str]) -> Table:
        """The same items with these signals."""
        columns = [self.names.index(name) for name in names]
        return replace(self, names=tuple(names), values=self.values[:, columns])

    def rows(self, indices: np.ndarray) -> Table:
        """These items, in this order."""
        arrays = ("values", "errors", "documents", "summaries", "kinds")
        return replace(self, **{name: getattr(self, name)[indices] for name in arrays})


@dataclass(frozen=True)
class _Read:
    """One summary taken apart: token signals (T, D), flags of tokens, first tokens and phrases, phrases' tokens."""

    tokens: np.ndarray
    wrong: np.ndarray
    is_first_or_right: np.ndarray
    phrase_tokens: list[np.ndarray]
    phrase_wrong: np.ndarray
    kinds: list[str]


def build_tables(pairs: Sequence[tuple[Case, SignalRecord]]) -> dict[str, Table]:
    """The items of every level; signals that not every record has are left out."""
    names = _shared_names(pairs)
    groups = {group: number for number, group in enumerate(dict.fromkeys(case.group for case, _ in pairs))}
    rows: dict[str, list[tuple[np.ndarray, bool, int, int, str]]] = {level: [] for level in LEVELS}
    for number, (case, record) in enumerate(pairs):
        read = _take_apart(case, record, names)
        place = (groups[case.group], number)
        for values, wrong, counts in zip(read.tokens, read.wrong, read.is_first_or_right, strict=True):
            rows["token"].append((values, wrong, *place, ""))
            if counts:
                rows["first_token"].append((values, wrong, *place, ""))
        for tokens, wrong, kind in zip(read.phrase_tokens, read.phrase_wrong, read.kinds, strict=True):
            values = np.concatenate([tokens.mean(axis=0), tokens.max(axis=0), tokens[0]])
            rows["phrase"].append((values, wrong, *place, kind))
        whole = np.concatenate([read.tokens.mean(axis=0), read.tokens.max(axis=0)])
        rows["summary"].append((whole, bool(read.phrase_wrong.any()), *place, ""))
    every = (*names, *GROUNDING)
    of_level = {
        "token": every,
        "first_token": every,
        "phrase": (*every, *(f"{n}_max" for n in every), *(f"{n}_first" for n in every)),
        "summary": (*every, *(f"{n}_max" for n in every)),
    }
    return {level: _table(of_level[level], rows[level]) for level in LEVELS}


def token_ranges(pieces: Sequence[str]) -> list[Span]:
    """Where each token stands in the summary, without the spaces around its word."""
    ranges, start = [], 0
    for piece in pieces:
        is_word = bool(piece.strip())
        lead = len(piece) - len(piece.lstrip()) if is_word else 0
        ranges.append((start + lead, start + (len(piece.rstrip()) if is_word else len(piece))))
        start += len(piece)
    return ranges


def _take_apart(case: Case, record: SignalRecord, names: Sequence[str]) -> _Read:
    spans = case.wrong_spans(record.summary)
    analysis = analyze(case.document, summary=record.summary, tokens=(), language=case.language)
    ranges = _with_split_characters(token_ranges(record.pieces))
    wrong = np.array([overlaps(one, spans) for one in ranges])
    phrase_of = [_phrase_at(analysis, one) for one in ranges]
    grounding = [_grounding(phrase, case.document) for phrase in analysis.phrases]
    own = np.array([record.signals[name] for name in names]).T.reshape(len(ranges), len(names))
    checks = np.array([grounding[number] if number is not None else (0.0, 0.0) for number in phrase_of])
    tokens = np.concatenate([own, checks.reshape(len(ranges), len(GROUNDING))], axis=1)
    firsts = {next((i for i, one in enumerate(ranges) if overlaps(one, [span])), -1) for span in spans}
    numbers = [number for number in range(len(analysis.phrases)) if number in phrase_of]
    return _Read(
        tokens=tokens,
        wrong=wrong,
        is_first_or_right=np.array([not flag or index in firsts for index, flag in enumerate(wrong)]),
        phrase_tokens=[tokens[[index for index, of in enumerate(phrase_of) if of == number]] for number in numbers],
        phrase_wrong=np.array([overlaps(_range(analysis.phrases[number]), spans) for number in numbers], dtype=bool),
        kinds=[analysis.phrases[number].kind for number in numbers],
    )


def _with_split_characters(ranges: list[Span]) -> list[Span]:
    """A token without text is a piece of the character that a later token carries, and stands where that stands."""
    whole = list(ranges)
    for index in range(len(ranges) - 2, -1, -1):
        if whole[index][0] == whole[index][1]:
            whole[index] = whole[index + 1]
    return whole


def _phrase_at(analysis: Analysis, place: Span) -> int | None:
    """The number of the phrase that holds the token's first character."""
    for number, phrase in enumerate(analysis.phrases):
        if phrase.start_char < place[1] and place[0] < phrase.end_char:
            return number
    return None


def _range(phrase: Phrase) -> Span:
    return phrase.start_char, phrase.end_char


def _grounding(phrase: Phrase, document: str) -> tuple[float, float]:
    """What the deterministic checks say, in one number; and whether the document lacks the phrase's text.

    1 where a check speaks against it, 0 where it is grounded, between them by the share of new words.
    """
    features = phrase.features
    if features["is_ungrounded"]:
        doubt = 1.0
    else:
        reasons = features["is_of_other_item"] + features["is_negation_dropped"] + features["is_rounded"]
        doubt = min(0.9, 0.6 * features["novelty"] + 0.3 * reasons)
    return doubt, float(fold(phrase.text.strip(" .,;:。、")) not in fold(document))


def _shared_names(pairs: Sequence[tuple[Case, SignalRecord]]) -> tuple[str, ...]:
    first: Mapping[str, object] = pairs[0][1].signals if pairs else {}
    return tuple(name for name in first if all(name in record.signals for _, record in pairs))


def _table(names: Sequence[str], rows: Sequence[tuple[np.ndarray, bool, int, int, str]]) -> Table:
    values = np.array([row[0] for row in rows], dtype=float).reshape(len(rows), len(names))
    columns = [np.array([row[place] for row in rows]) for place in (1, 2, 3, 4)]
    return Table(tuple(names), values, columns[0].astype(bool), columns[1], columns[2], columns[3])
