"""What a place in a summary is about: its sentence, and the characteristic of which something is said there.

In: the folded summary and the mentions of characteristics. Out: a span, a key. Knows nothing of facts.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from backend.corpus.claims import Claim
from backend.corpus.terms import Mention

_BOUNDARY = re.compile(r"(?<!max)(?<!min)(?<!rev)(?<!dia)(?<! no)[.](?=\s|$)|[;。；\n]")


def find_sentence(text: str, position: int, mentions: Sequence[Mention]) -> tuple[int, int]:
    """Return the sentence around a position; a full stop inside a name ("shaft dia.") ends nothing."""
    ends = [
        match.start()
        for match in _BOUNDARY.finditer(text)
        if not any(mention.start_char <= match.start() < mention.end_char for mention in mentions)
    ]
    return max((end + 1 for end in ends if end < position), default=0), min(
        (end for end in ends if end >= position), default=len(text)
    )


def find_subject(claim: Claim, text: str, mentions: Sequence[Mention]) -> str:
    """Return the characteristic that a number is said of, or "" when the summary does not say."""
    start, end = find_sentence(text, claim.start_char, mentions)
    inside = [mention for mention in mentions if start <= mention.start_char < end]
    after = next((mention for mention in inside if mention.start_char >= claim.end_char), None)
    if after and re.fullmatch(r"\s*\S{0,7}\s*(?:on|for|in|of)\s+(?:the )?", text[claim.end_char : after.start_char]):
        return after.key
    before = [mention for mention in inside if mention.end_char <= claim.start_char]
    return before[-1].key if before else after.key if after else ""
