"""Documents and summaries → records with all signals, by the model in use.

In: documents, and summaries as text (of other writers) or as token ids (its own). Out: token ids, `SignalRecord`s.
Knows nothing of labels or of what the signals are used for.
"""

from __future__ import annotations

from collections.abc import Sequence

from backend.documents import Document
from backend.evaluation.signals import SignalReader
from backend.evaluation.signals_cache import SignalRecord
from backend.language.decoding import write_batch
from backend.language.pieces import text_pieces
from backend.language.prompts import encode_text
from backend.pipeline import trim

MOST_TOKENS = 256  # of a summary by another writer: a longer one is read up to here


class SignalScorer:
    """Writes summaries with a reader's model, and scores its own and others'."""

    def __init__(self, reader: SignalReader) -> None:
        """Takes the reader of the model in use."""
        self._reader = reader
        self.fingerprint = reader.fingerprint

    def write(self, documents: Sequence[Document]) -> list[list[int]]:
        """Token ids of the model's own summaries, several at once."""
        one = self._reader.summarizer
        prompts = [one.read(document).prompt.ids for document in documents]
        return write_batch(one.language, prompts, max_tokens=one.max_summary_tokens)

    def score(self, document: Document, summary: str | Sequence[int]) -> SignalRecord | None:
        """Signals of a summary; None where it has no text.

        A text keeps its spaces, so that offsets into it stay valid; the model's own loses those at its ends, as on the
        page.
        """
        tokenizer = self._reader.summarizer.language.tokenizer
        if isinstance(summary, str):
            ids = encode_text(tokenizer, summary)[:MOST_TOKENS]
            pieces = text_pieces(tokenizer, ids)
        else:
            ids = list(summary)
            pieces = trim(text_pieces(tokenizer, ids))
        text = "".join(pieces)
        if not text.strip():
            return None
        signals = self._reader.read(document, ids)
        return SignalRecord(text, tuple(pieces), {name: tuple(values) for name, values in signals.items()})
