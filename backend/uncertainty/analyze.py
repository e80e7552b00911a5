"""The one verb of this room: document, summary and scored tokens → phrases, reasons, omissions, features.

In: plain text and `ScoredToken`s. Out: an `Analysis`.
Knows nothing of models, calibration, the database or the screen.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import replace

from backend.uncertainty.context import Check, read_context
from backend.uncertainty.facts import find_facts
from backend.uncertainty.features import TOKEN_FEATURE_NAMES, novel_surprisal_nats, phrase_features, summary_features
from backend.uncertainty.grounding import check
from backend.uncertainty.model_reasons import MODEL_REASONS, model_reasons
from backend.uncertainty.omissions import find_omissions
from backend.uncertainty.phrases import Analysis, Phrase, Reason
from backend.uncertainty.source import DocumentIndex, index_document
from backend.uncertainty.split import Piece, split
from backend.uncertainty.tokens import ScoredToken


def analyze(document_text: str, *, summary: str, tokens: Sequence[ScoredToken], language: str) -> Analysis:
    """Splits the summary into phrases, checks each against the document, and computes their features.

    Args:
        document_text: the text that was summarized.
        summary: the summary.
        tokens: its scored tokens; none for a summary that was never scored.
        language: "en" or "ja".
    """
    index = index_document(document_text)
    facts = find_facts(summary)
    context = read_context(summary, facts, index)
    ordered = sorted(tokens, key=lambda token: token.start_char)
    phrases = tuple(
        _read_phrase(summary, piece, check(context, piece), ordered, index) for piece in split(summary, facts)
    )
    omissions = find_omissions(context)
    features = summary_features(
        phrases,
        omissions=len(omissions),
        document_chars=len(document_text),
        summary_chars=len(summary),
        language=language,
    )
    return Analysis(phrases, omissions, features)


def recheck(analysis: Analysis, document_text: str, *, language: str) -> Analysis | None:
    """The phrases of an analysis checked anew; what their tokens said stays.

    The spaces between phrases are taken to be single ones where the analysis does not say. None where the text would
    be split otherwise now: its tokens are needed then.
    """
    summary = text_of(analysis)
    anew = analyze(document_text, summary=summary, tokens=[], language=language)
    if [(one.start_char, one.end_char, one.kind) for one in anew.phrases] != [
        (one.start_char, one.end_char, one.kind) for one in analysis.phrases
    ]:
        return None
    phrases = tuple(
        replace(
            now,
            features=_with_tokens_of(before, now),
            reasons=now.reasons + tuple(reason for reason in before.reasons if reason.code in MODEL_REASONS),
        )
        for before, now in zip(analysis.phrases, anew.phrases, strict=True)
    )
    features = summary_features(
        phrases,
        omissions=len(anew.omissions),
        document_chars=len(document_text),
        summary_chars=len(summary),
        language=language,
    )
    return Analysis(phrases, anew.omissions, features)


def _with_tokens_of(before: Phrase, now: Phrase) -> dict[str, float]:
    features = {**now.features, **{name: before.features[name] for name in TOKEN_FEATURE_NAMES}}
    return {**features, "novel_surprisal_nats": novel_surprisal_nats(features)}


def text_of(analysis: Analysis) -> str:
    """The summary that an analysis is of; spaces between its phrases are taken to be single ones."""
    parts, position = [], 0
    for phrase in analysis.phrases:
        parts += [" " * (phrase.start_char - position), phrase.text]
        position = phrase.end_char
    return "".join(parts)


def _read_phrase(
    summary: str, piece: Piece, found: Check, tokens: Sequence[ScoredToken], index: DocumentIndex
) -> Phrase:
    own = _tokens_of(piece, tokens)
    from_document = tuple(Reason(code, parameters) for code, parameters in found.reasons)
    from_model = model_reasons(summary, start_char=piece.core_start_char, end_char=piece.core_end_char, tokens=own)
    return Phrase(
        start_char=piece.start_char,
        end_char=piece.end_char,
        text=summary[piece.start_char : piece.end_char],
        kind=piece.kind,
        features=phrase_features(piece.kind, tokens=own, check=found),
        reasons=from_document + from_model,
        source=tuple(index.span(line) for line in dict.fromkeys(found.lines)),
    )


def _tokens_of(piece: Piece, tokens: Sequence[ScoredToken]) -> list[ScoredToken]:
    """Tokens that overlap the core; empty pieces of a split character count with the one that carries it."""
    first = bisect_right(tokens, piece.core_start_char, key=lambda token: token.end_char)
    last = bisect_left(tokens, piece.core_end_char, key=lambda token: token.start_char)
    while first > 0 and tokens[first - 1].text == "" and tokens[first - 1].end_char == piece.core_start_char:
        first -= 1
    own = list(tokens[first:last])
    spoken = [token for token in own if token.text.strip() or token.text == ""]
    return spoken or own
