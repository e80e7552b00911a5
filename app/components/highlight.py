"""The document beside its summary, as plain values for `highlight.js`.

In: a `SummaryView` and the language of the page. Out: a dict of texts that are ready to show and of offsets in
UTF-16 units, which is how a browser counts (everywhere else offsets are code points).
Knows nothing of the database or of where the view came from.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from app.text import has_text, percent, text
from backend.review.store.views import PhraseView, SummaryView
from backend.uncertainty.measures import find_missing_measures
from backend.uncertainty.phrases import Reason, SourceSpan
from backend.uncertainty.summary import UNUSUAL
from backend.uncertainty.tokens import ScoredToken

BANDS = ("sure", "check", "doubtful")
SHOWN_ALTERNATIVES = 3
#: Token shading, by probability: level 3 below 25 %, 2 below 50 %, 1 below 80 %.
TOKEN_LEVELS = (0.25, 0.5, 0.8)


class Utf16Offsets:
    """Turns offsets in code points of one text into offsets in UTF-16 units."""

    def __init__(self, content: str) -> None:
        self._astral = [index for index, character in enumerate(content) if ord(character) > 0xFFFF]

    def __call__(self, offset_char: int) -> int:
        """The same place, counted as a browser counts."""
        return offset_char + bisect_left(self._astral, offset_char)

    def span(self, span: SourceSpan) -> list[int]:
        """A span as a pair of UTF-16 offsets."""
        return [self(span.start_char), self(span.end_char)]


def highlight_value(summary: SummaryView, *, language: str, is_cold_start: bool) -> dict:
    """Everything that `highlight.js` draws."""
    in_source = Utf16Offsets(summary.document.text)
    in_summary = Utf16Offsets(summary.text)
    return {
        "language": summary.document.language,
        "source": summary.document.text,
        "subtitle": _subtitle(summary, language=language),
        "summary": summary.text,
        "phrases": [
            _phrase(phrase, summary=summary, in_source=in_source, in_summary=in_summary, language=language)
            for phrase in summary.phrases
        ],
        "tokens": [_token(token, language=language) for token in summary.tokens],
        "omissions": _omissions(summary, in_source=in_source, language=language),
        "decision": _decision(summary, language=language),
        "notes": _notes(summary, language=language, is_cold_start=is_cold_start),
        "provenance": _provenance(summary, language=language),
        "legend": [
            {
                "band": band,
                "name": text(language, f"band.{band}"),
                "meaning": text(language, f"band.{band}.meaning"),
            }
            for band in BANDS
        ],
        "labels": _labels(language),
    }


def _labels(language: str) -> dict[str, str]:
    names = (
        "document", "summary", "tokens", "legend", "hint", "omissions", "no_omissions", "measures", "alternatives",
        "probability", "entropy", "aleatoric", "epistemic", "variance", "part", "rests", "nothing_rests",
    )  # fmt: skip
    return {name: text(language, f"highlight.{name}") for name in names}


def _subtitle(summary: SummaryView, *, language: str) -> str:
    kind = text(language, f"kind.{summary.document.kind}")
    characters = text(language, "highlight.characters", count=f"{len(summary.document.text):,}")
    return f"{summary.document.title} · {kind} · {characters}"


def _phrase(
    phrase: PhraseView,
    *,
    summary: SummaryView,
    in_source: Utf16Offsets,
    in_summary: Utf16Offsets,
    language: str,
) -> dict:
    band_name = text(language, f"band.{phrase.band}")
    chance = text(language, "highlight.chance", percent=percent(phrase.edit_probability))
    return {
        "start": in_summary(phrase.start_char),
        "end": in_summary(phrase.end_char),
        "text": phrase.text,
        "band": phrase.band,
        "band_name": band_name,
        "chance": chance,
        "label": text(language, "highlight.label", phrase=phrase.text, band=band_name, chance=chance),
        # The other wording is listed with its rivals under "alternatives".
        "reasons": [reason_text(language, one) for one in phrase.reasons if one.code != "reason.alternative"],
        "alternatives": _alternatives_in(phrase, tokens=summary.tokens, in_summary=in_summary),
        "spans": [in_source.span(span) for span in phrase.source],
        "origin": _origin(phrase, document_text=summary.document.text, language=language),
    }


def reason_text(language: str, reason: Reason) -> str:
    """A reason in words; a code that the catalogue does not know is shown as it is."""
    known = has_text(language, reason.code)
    return text(language, reason.code, **reason.parameters) if known else reason.code


def _origin(phrase: PhraseView, *, document_text: str, language: str) -> str:
    if not phrase.source:
        return text(language, "highlight.no_source")
    numbers = sorted({document_text.count("\n", 0, span.start_char) + 1 for span in phrase.source})
    return text(language, "highlight.lines", count=len(numbers), lines=", ".join(str(n) for n in numbers))


def _alternatives_in(
    phrase: PhraseView, *, tokens: Sequence[ScoredToken], in_summary: Utf16Offsets
) -> list[dict[str, str | int]]:
    """What the model might have written instead, where it hesitated most within the phrase."""
    first = bisect_right(tokens, phrase.start_char, key=lambda token: token.end_char)
    inside = tokens[first : bisect_left(tokens, phrase.end_char, key=lambda token: token.start_char)]
    if not inside:
        return []
    token = max(inside, key=lambda one: one.entropy_nats)
    before = phrase.text[: max(0, token.start_char - phrase.start_char)]
    # A piece of a Japanese character has no range of its own; another wording takes the whole character's place.
    end_char = next((one.end_char for one in tokens[first:] if one.end_char > token.start_char), token.end_char)
    after = "…" if end_char < phrase.end_char else ""
    place = {"start": in_summary(token.start_char), "end": in_summary(end_char)}
    others = _alternatives(token, before=before, after=after)
    # The model writes a space before its first word; the summary begins without.
    return [{**one, **place, "text": one["text"].lstrip() if token.start_char == 0 else one["text"]} for one in others]


def _alternatives(token: ScoredToken, *, before: str = "", after: str = "") -> list[dict[str, str | int]]:
    others = [
        other
        for other in token.alternatives
        if other.text.strip() not in ("", token.text.strip()) and "\ufffd" not in other.text
    ]
    return [
        {
            "label": f"{' '.join((before + other.text).split())}{after} · {percent(other.probability)}",
            "text": other.text,
        }
        for other in others[:SHOWN_ALTERNATIVES]
    ]


def _token(token: ScoredToken, *, language: str) -> dict:
    chance = percent(token.probability, digits=1)
    return {
        "text": token.text,
        "level": sum(token.probability < limit for limit in TOKEN_LEVELS),
        "chance": chance,
        "label": text(language, "highlight.token_label", token=token.text, chance=chance),
        "entropy": f"{token.entropy_nats:.3f} nats",
        "aleatoric": f"{token.expected_entropy_nats:.3f} nats",
        "epistemic": f"{token.mutual_information_nats:.4f} nats",
        "variance": f"{token.logit_variance:.4f}",
        "alternatives": _alternatives(token),
    }


def _omissions(summary: SummaryView, *, in_source: Utf16Offsets, language: str) -> list[dict]:
    """What is wrong or open in the document and not said; then, marked as such, the measured values not said."""
    found = [
        {
            "text": one.text,
            "kind": text(language, f"omission.{one.kind}"),
            "span": in_source.span(one.source),
            "is_measure": False,
        }
        for one in summary.omissions
    ]
    taken = {one.source.start_char for one in summary.omissions}
    kind = text(language, "omission.measure")
    content = summary.document.text
    measures = [
        {
            "text": content[span.start_char : span.end_char].strip(),
            "kind": kind,
            "span": in_source.span(span),
            "is_measure": True,
        }
        for span in find_missing_measures(content, summary.text)
        if not any(span.start_char <= start < span.end_char for start in taken)
    ]
    return found + measures


def _decision(summary: SummaryView, *, language: str) -> dict[str, str]:
    return {
        "tone": summary.decision,
        "title": text(language, f"decision.{summary.decision}"),
        "why": text(language, f"decision.why.{_why(summary)}", risk=percent(summary.risk)),
    }


def _why(summary: SummaryView) -> str:
    return "unusual" if summary.reason == "low_confidence" and UNUSUAL in summary.notes else summary.reason


def _notes(summary: SummaryView, *, language: str, is_cold_start: bool) -> list[str]:
    codes = dict.fromkeys((*summary.document.notes, *summary.notes))
    notes = [note_text(language, code) for code in codes]
    return [text(language, "highlight.cold_start"), *notes] if is_cold_start else notes


def note_text(language: str, code: str) -> str:
    """What was done to a document, in words; a code that the catalogue does not know is shown as it is."""
    key = f"note.{code}"
    return text(language, key) if has_text(language, key) else code


def _provenance(summary: SummaryView, *, language: str) -> list[str]:
    none = text(language, "highlight.none")
    return [
        text(language, "highlight.model", base=summary.base, adapter=summary.adapter or none),
        text(language, "highlight.posterior", posterior=summary.posterior or none, samples=summary.samples),
        text(language, "highlight.versions", calibration=summary.calibration, policy=summary.policy),
        text(
            language,
            "highlight.seconds",
            generate=f"{summary.seconds.get('generate', 0):.1f}",
            score=f"{summary.seconds.get('score', 0):.1f}",
        ),
    ]
