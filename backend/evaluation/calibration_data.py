"""Token-level error labels: which tokens of a summary state something that its document does not say.

In: the check of a summary against the known facts, and the summary's tokens. Out: one flag a token.
These labels are exact for generated documents, whatever model wrote the summary.

Does not know the tokens' scores, or how a label is used.
"""

from __future__ import annotations

from collections.abc import Sequence

from backend.corpus import SummaryCheck, overlaps
from backend.uncertainty import ScoredToken


def label_tokens(check: SummaryCheck, *, tokens: Sequence[ScoredToken]) -> list[bool]:
    """Marks the tokens that share a code point with a wrong span; spaces around a word do not count.

    A token without text is a piece of the character that a later token carries, and has that token's label.
    """
    labels = [_is_in_wrong_span(token, check) for token in tokens]
    for index in range(len(tokens) - 2, -1, -1):
        if not tokens[index].text:
            labels[index] = labels[index + 1]
    return labels


def _is_in_wrong_span(token: ScoredToken, check: SummaryCheck) -> bool:
    # " 12" right after a wrong span begins with the space behind it, and is not wrong for that
    lead = len(token.text) - len(token.text.lstrip()) if token.text.strip() else 0
    tail = len(token.text) - len(token.text.rstrip()) if token.text.strip() else 0
    return overlaps((token.start_char + lead, token.end_char - tail), check.errors)
