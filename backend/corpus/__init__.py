"""Inspection logs and specification drafts with known facts, and the checker that knows them.

In: a count and a seed, or a document and a summary of it.
Out: documents, references, facts; a `SummaryCheck`.
Knows nothing of models, files or the database.
"""

from backend.corpus.check import SummaryCheck, check_summary, overlaps
from backend.corpus.facts import Fact, GeneratedDocument, from_row, to_row
from backend.corpus.generate import generate

__all__ = ["Fact", "GeneratedDocument", "SummaryCheck", "check_summary", "from_row", "generate", "overlaps", "to_row"]
