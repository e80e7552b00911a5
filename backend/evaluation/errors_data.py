"""Summaries whose wrong spans are known, from any of three kinds of JSONL file or from generated documents.

In: a JSONL file. Out: `Case`s. What a row's wrong spans are is decided by its columns:

- `document`, `summary`, `unfaithful_spans` (texts, or [start_char, end_char]): as they stand, marked by people;
- `doc`, `original_summary`, `summary`, `label` (SummEdits): where label is 0, the words that differ from the original;
  an edited summary has harmless edits among them, so these labels are noisy;
- `document`, `reference`: a copy of the reference with swaps at known places (`errors_corrupt`); what the person who
  wrote it added to the document counts as right.

A generated document comes without a summary: the model writes it, and the corpus checker knows what is wrong in it.
Knows nothing of models, tokens or signals.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rapidfuzz.distance import Levenshtein

from backend.corpus import GeneratedDocument, check_summary, generate
from backend.datasets import hash_document
from backend.errors import DataError
from backend.evaluation.errors_corrupt import Span, collect_pool, corrupt, generator_of
from backend.evaluation.json_lines import read_lines
from backend.uncertainty.folding import is_japanese

GENERATED = "generated"
_WORD = re.compile(r"\w+(?:[.,'\-/]\w+)*")


@dataclass(frozen=True, slots=True)
class Case:
    """A document with a summary whose wrong spans are known.

    Attributes:
        id: of the row.
        data: name of the source: the file's stem, or "generated".
        document, kind, language: as a reading needs them.
        summary: None where the model in use is to write it.
        spans: wrong half-open ranges of the summary; of a generated document known once there is a summary.
        generated: the document with its facts.
    """

    id: str
    data: str
    document: str
    kind: str
    language: str
    summary: str | None
    spans: tuple[Span, ...] = ()
    generated: GeneratedDocument | None = None

    @property
    def group(self) -> str:
        """What belongs together when documents are resampled or folded: all summaries of one text."""
        return hash_document(self.document)[:16]

    def wrong_spans(self, summary: str) -> tuple[Span, ...]:
        """The wrong spans of this summary of the document."""
        if self.generated is None:
            return self.spans
        return check_summary(self.generated, summary).errors


def generated_cases(count: int, *, seed: int) -> list[Case]:
    """Generated documents that the model in use is to summarize."""
    return [
        Case(one.id, GENERATED, one.document, one.kind, one.language, summary=None, generated=one)
        for one in generate(count, seed=seed)
    ]


def read_cases(path: Path, *, limit: int, seed: int, is_seen: Callable[[str], bool] = lambda text: False) -> list[Case]:
    """The cases of a file, at most `limit` (0: all), chosen by a hash of their id.

    Args:
        path: a JSONL file, see the module's docstring.
        limit: most cases.
        seed: of the swaps in copies of references.
        is_seen: whether the adapter was trained on a document; such rows are left out.

    Raises:
        DataError: a file that cannot be read, a bad row (with its line), or nothing left.
    """
    rows = [(line, row) for line, row in _read_lines(path) if not is_seen(_text_of(row, "document", "doc"))]
    if not rows:
        raise DataError(
            "evaluation.no_rows",
            "No document is left to evaluate: the adapter was trained on all of them. Give other documents.",
        )
    rows.sort(key=lambda pair: hashlib.sha256(_id_of(pair[1]).encode()).digest())
    pool = collect_pool(row["reference"] for _, row in rows if isinstance(row.get("reference"), str))
    chosen = rows[:limit] if limit else rows
    return [_read_case(row, line=line, path=path, pool=pool, seed=seed) for line, row in chosen]


def find_spans(summary: str, marked: object) -> tuple[Span, ...]:
    """The ranges that `unfaithful_spans` mean: pairs of offsets, or texts (each where it first stands).

    A marked text that the summary does not hold marks nothing.

    Raises:
        ValueError: something else, or a range outside the summary.
    """
    if not isinstance(marked, list):
        raise ValueError("unfaithful_spans is no list")
    spans = []
    for mark in marked:
        if isinstance(mark, str):
            start = summary.lower().find(mark.strip().lower())
            spans += [(start, start + len(mark.strip()))] if mark.strip() and start >= 0 else []
        elif _is_range(mark, len(summary)):
            spans.append((mark[0], mark[1]))
        else:
            raise ValueError(f"{str(mark)[:60]} is neither a text nor a [start_char, end_char] of the summary")
    return tuple(sorted(set(spans)))


def changed_spans(original: str, edited: str) -> tuple[Span, ...]:
    """Where the edited text differs from the original, by words; at a removal, the word behind it."""
    old, new = list(_WORD.finditer(original)), list(_WORD.finditer(edited))
    spans = []
    for step in Levenshtein.opcodes([word.group() for word in old], [word.group() for word in new]):
        if step.tag == "equal" or not new:
            continue
        first = min(step.dest_start, len(new) - 1)
        last = max(first, step.dest_end - 1)
        spans.append((new[first].start(), new[last].end()))
    return tuple(spans)


def _read_case(row: Mapping[str, Any], *, line: int, path: Path, pool: tuple[str, ...], seed: int) -> Case:
    try:
        document = _text_of(row, "document", "doc")
        summary, spans = _summary_of(row, document, pool=pool, seed=seed)
    except (ValueError, KeyError) as error:
        raise _bad_row(line, path, str(error)) from error
    language = str(row.get("language") or ("ja" if is_japanese(document) else "en"))
    return Case(_id_of(row), path.stem, document, str(row.get("kind") or "report"), language, summary, spans)


def _summary_of(
    row: Mapping[str, Any], document: str, *, pool: tuple[str, ...], seed: int
) -> tuple[str, tuple[Span, ...]]:
    if "unfaithful_spans" in row:
        summary = _text_of(row, "summary")
        return summary, find_spans(summary, row["unfaithful_spans"])
    if "original_summary" in row and row.get("label") in (0, 1):
        summary = _text_of(row, "summary")
        return summary, () if row["label"] else changed_spans(_text_of(row, "original_summary"), summary)
    if "reference" in row:
        rng = generator_of(_id_of(row), seed=seed)
        return corrupt(_text_of(row, "reference"), document=document, pool=pool, rng=rng)
    raise ValueError("it has neither unfaithful_spans, nor original_summary with label 0 or 1, nor reference")


def _text_of(row: Mapping[str, Any], *names: str) -> str:
    for name in names:
        value = row.get(name)
        if isinstance(value, str) and value.strip():
            return value
    raise ValueError(f"{names[0]} is missing or empty")


def _id_of(row: Mapping[str, Any]) -> str:
    given = row.get("id")
    return str(given) if given not in (None, "") else hash_document(json.dumps(row, sort_keys=True))


def _is_range(mark: object, length: int) -> bool:
    is_pair = isinstance(mark, list) and len(mark) == 2 and all(type(value) is int for value in mark)
    return is_pair and 0 <= mark[0] < mark[1] <= length


def _read_lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    for line, content in read_lines(path):
        try:
            row = json.loads(content)
            if not isinstance(row, dict):
                raise ValueError("it is no JSON object")
            _text_of(row, "document", "doc")
        except (ValueError, RecursionError) as error:
            raise _bad_row(line, path, str(error)[:120]) from error
        yield line, row


def _bad_row(line: int, path: Path, reason: str) -> DataError:
    return DataError(
        "evaluation.row",
        "Line {line} of {name} cannot be used: {reason}. Each line is a JSON object with document, summary and "
        "unfaithful_spans, or with document and reference.",
        line=line,
        name=path.name,
        reason=reason,
    )
