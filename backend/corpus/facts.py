"""What a generated document is: its text, its reference summary, and the facts that are known about it.

In: nothing. Out: `Fact`, `GeneratedDocument` and their plain JSON rows.
Knows nothing of how a document is drawn, worded or checked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from backend.errors import DataError


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that is true of a document, and where it stands there.

    Attributes:
        kind: lot, part, specification, revision, measurement, limit, former_limit, verdict, hold, missing,
            count, defect, disposition, open_item, date, status, nonconformance, gauge, inspector.
        text: the surface, exactly as in the document; the reference summary writes it in the same way.
        value: the normal form: `12.07 mm`, `11.95..12.05 mm`, `2025-03-14`, ok / ng / hold, a vocabulary key.
        must_carry: a summary that leaves this out is incomplete.
        source_start_char, source_end_char: half-open code points of the first place in the document.
        subject: what it is about: a characteristic's key, `lot`, `sample`, `inspection`, an open item's key.
    """

    kind: str
    text: str
    value: str
    must_carry: bool
    source_start_char: int
    source_end_char: int
    subject: str = ""


@dataclass(frozen=True, slots=True)
class GeneratedDocument:
    """A document whose truth is known: the training pair, and the key to check any summary of it."""

    id: str
    document: str
    reference: str
    kind: str
    language: str
    title: str
    facts: tuple[Fact, ...]


def to_row(document: GeneratedDocument) -> dict[str, object]:
    """Return the document as a dictionary that `json.dumps` takes: one JSONL row."""
    row = asdict(document)
    row["facts"] = [asdict(fact) for fact in document.facts]
    return row


def from_row(row: Mapping[str, object]) -> GeneratedDocument:
    """Read a row of `to_row` back.

    Raises:
        DataError: a field is missing or unknown.
    """
    try:
        fields = {**row, "facts": tuple(Fact(**fact) for fact in row["facts"])}
        return GeneratedDocument(**fields)
    except (KeyError, TypeError) as error:
        raise DataError(
            "corpus.row",
            "A row of the generated corpus cannot be read ({reason}); make the file again with `tashika demo-data`.",
            reason=str(error),
        ) from error
