"""Is a verdict in a summary true: accepted, rejected, on hold, OK, NG, within or out of tolerance?

In: a verdict claim, the folded summary, what is known. Out: "" or "verdict".
Knows nothing of numbers.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from backend.corpus.claims import Claim
from backend.corpus.knowledge import Knowledge
from backend.corpus.scope import find_sentence
from backend.corpus.terms import Mention

_LOT_WORDS = re.compile(r"accept|reject|hold|held|quarantin|released|合格|保留")
_OF_PIECES = re.compile(r"\d (?:pcs|pieces|parts|drums|cans) (?:were |was )?$")
_DENIAL = re.compile(r"(?:\bno|\bnot|\bnone|\bwithout|\bzero|\bnever)(?: yet)?(?: be(?:en)?)? $")
_OTHERS = re.compile(r"(?:other|others|remaining|rest|他|その他)[^.;。]*$")
_ALL = re.compile(r"(?:\ball|every|全)[^.;,。、]*$")


def judge_verdict(claim: Claim, text: str, knowledge: Knowledge, mentions: Sequence[Mention]) -> str:
    """Return "" when the verdict is the true one of what it is said of."""
    if "lot" not in knowledge.verdicts:
        return "" if claim.cue in knowledge.folded_text else "verdict"
    before = text[max(0, claim.start_char - 40) : claim.start_char]
    states = {verdict for subject, verdict in knowledge.verdicts.items() if subject != "lot"}
    lot = knowledge.verdicts["lot"]
    if _DENIAL.search(before):
        return "verdict" if claim.value == lot or claim.value in states - {"ok"} else ""
    if _LOT_WORDS.search(claim.cue) and not _OF_PIECES.search(before):
        return "" if claim.value == lot else "verdict"
    if _OTHERS.search(before):
        return "" if claim.value in states else "verdict"
    if _ALL.search(before):
        return "" if states <= {claim.value} else "verdict"
    return _judge_check_verdict(claim, text, knowledge, mentions)


def _judge_check_verdict(claim: Claim, text: str, knowledge: Knowledge, mentions: Sequence[Mention]) -> str:
    """OK, NG, out of tolerance: said of the characteristic beside it, or of the lot."""
    start, _ = find_sentence(text, claim.start_char, mentions)
    before = [mention.key for mention in mentions if start <= mention.start_char < claim.start_char]
    said_of = knowledge.verdicts.get(before[-1]) if before else None
    if said_of is not None:
        return "" if said_of == claim.value else "verdict"
    if claim.value == "ok":
        return "" if knowledge.verdicts["lot"] == "ok" else "verdict"
    return "" if claim.value == knowledge.verdicts["lot"] or claim.value in knowledge.verdicts.values() else "verdict"
