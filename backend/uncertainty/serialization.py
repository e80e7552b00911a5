"""Plain JSON values from the dataclasses of this room, and back.

In: dataclasses, or what `to_json` once made of them. Out: dicts and lists of strings and numbers.
Tokens, of which there are many, are stored by column and rounded to seven significant digits.
Knows nothing of files or the database.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from backend.uncertainty.phrases import Analysis, Omission, Phrase, Reason, SourceSpan
from backend.uncertainty.summary import Progress, ScoredSummary
from backend.uncertainty.tokens import Alternative, ScoredToken

_NUMBER_COLUMNS = (
    "probability", "entropy_nats", "expected_entropy_nats", "mutual_information_nats", "logit_variance",
)  # fmt: skip


def tokens_to_json(tokens: Sequence[ScoredToken]) -> dict[str, list[Any]]:
    """Tokens by column. Offsets are left out: they follow from the texts."""
    columns: dict[str, list[Any]] = {"text": [token.text for token in tokens]}
    for name in _NUMBER_COLUMNS:
        columns[name] = [_rounded(getattr(token, name)) for token in tokens]
    columns["alternatives"] = [
        [[other.text, _rounded(other.probability)] for other in token.alternatives] for token in tokens
    ]
    return columns


def tokens_from_json(columns: dict[str, list[Any]]) -> tuple[ScoredToken, ...]:
    """The tokens that `tokens_to_json` stored, offsets counted again from the texts."""
    tokens = []
    start_char = 0
    for row, text in enumerate(columns["text"]):
        end_char = start_char + len(text)
        numbers = {name: float(columns[name][row]) for name in _NUMBER_COLUMNS}
        others = tuple(Alternative(str(word), float(p)) for word, p in columns["alternatives"][row])
        tokens.append(ScoredToken(text=text, start_char=start_char, end_char=end_char, alternatives=others, **numbers))
        start_char = end_char
    return tuple(tokens)


def analysis_to_json(analysis: Analysis) -> dict[str, Any]:
    """Phrases, omissions and raw features as plain values."""
    return {
        "phrases": [_phrase_to_json(phrase) for phrase in analysis.phrases],
        "omissions": [{"text": o.text, "kind": o.kind, "source": _span_to_json(o.source)} for o in analysis.omissions],
        "features": dict(analysis.features),
    }


def analysis_from_json(values: dict[str, Any]) -> Analysis:
    """The analysis that `analysis_to_json` stored."""
    return Analysis(
        phrases=tuple(_phrase_from_json(phrase) for phrase in values["phrases"]),
        omissions=tuple(
            Omission(text=o["text"], kind=o["kind"], source=_span_from_json(o["source"])) for o in values["omissions"]
        ),
        features={name: float(value) for name, value in values["features"].items()},
    )


def summary_to_json(scored: ScoredSummary) -> dict[str, Any]:
    """A whole scored summary as plain values."""
    return {
        "text": scored.text,
        "tokens": tokens_to_json(scored.tokens),
        "analysis": analysis_to_json(scored.analysis),
        "base": scored.base,
        "adapter": scored.adapter,
        "posterior": scored.posterior,
        "samples": scored.samples,
        "seconds": dict(scored.seconds),
        "notes": list(scored.notes),
    }


def summary_from_json(values: dict[str, Any]) -> ScoredSummary:
    """The scored summary that `summary_to_json` stored."""
    return ScoredSummary(
        text=values["text"],
        tokens=tokens_from_json(values["tokens"]),
        analysis=analysis_from_json(values["analysis"]),
        base=values["base"],
        adapter=values["adapter"],
        posterior=values["posterior"],
        samples=int(values["samples"]),
        seconds={name: float(value) for name, value in values["seconds"].items()},
        notes=tuple(values["notes"]),
    )


def progress_to_json(progress: Progress) -> dict[str, Any]:
    """A progress row as plain values."""
    return {
        "stage": progress.stage, "done": progress.done, "total": progress.total, "text": progress.text,
    }  # fmt: skip


def progress_from_json(values: dict[str, Any]) -> Progress:
    """The progress that `progress_to_json` stored."""
    return Progress(values["stage"], int(values["done"]), int(values["total"]), values["text"])


def _rounded(value: float) -> float:
    return float(f"{value:.7g}")


def _span_to_json(span: SourceSpan) -> list[int]:
    return [span.start_char, span.end_char]


def _span_from_json(pair: list[int]) -> SourceSpan:
    return SourceSpan(int(pair[0]), int(pair[1]))


def _phrase_to_json(phrase: Phrase) -> dict[str, Any]:
    return {
        "start_char": phrase.start_char,
        "end_char": phrase.end_char,
        "text": phrase.text,
        "kind": phrase.kind,
        "features": dict(phrase.features),
        "reasons": [{"code": r.code, "parameters": dict(r.parameters)} for r in phrase.reasons],
        "source": [_span_to_json(span) for span in phrase.source],
    }


def _phrase_from_json(values: dict[str, Any]) -> Phrase:
    return Phrase(
        start_char=int(values["start_char"]),
        end_char=int(values["end_char"]),
        text=values["text"],
        kind=values["kind"],
        features={name: float(value) for name, value in values["features"].items()},
        reasons=tuple(Reason(r["code"], dict(r["parameters"])) for r in values["reasons"]),
        source=tuple(_span_from_json(pair) for pair in values["source"]),
    )
