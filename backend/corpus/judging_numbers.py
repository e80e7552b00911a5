"""Is a number or a limit in a summary true: of this characteristic, in this role, with this unit?

In: a claim, the folded summary, what is known. Out: "" or limit, number, count, characteristic, unit, role.
Knows nothing of verdicts, identifiers or dates.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from backend.corpus.claims import Claim, read_number
from backend.corpus.knowledge import Band, Knowledge
from backend.corpus.scope import find_subject
from backend.corpus.terms import Mention

_LIMIT_CUE = re.compile(
    r"(?:limits?(?: of| is)?|spec\.?|specified|specification|tolerance(?: of)?|against|allowed|vs\.?"
    r"|規格値?|許容|上限|下限|(?:max|min)\.?|≤|≥)[\s:：(（]*$"
)
_READING_CUE = re.compile(r"(?:measured(?: at)?|reading(?: of)?|read|came out at|actual|実測値?|測定値が?は?)[\s:：]*$")
_FORMER_CUE = re.compile(r"(?:from|was|were|previously|formerly|before|old|旧|従来)[\s:：(（]*$")
_SAMPLE_CUE = re.compile(r"(?:sample(?: size)?(?: of| was)?|n ?=|抜取数?|サンプル)[\s:：]*$")
_DISTANCE_CUE = re.compile(r"(?:by|over by|deviation(?: of)?|差)\s*$")
_DISTANCE_AFTER = re.compile(r"\s*(?:over|above|under|below|too|超)")
_FORMER_AFTER = re.compile(r"\s*(?:から|→)")
_READING_AFTER = re.compile(r",? *[(（、]?(?:against|limit|vs|spec|が?規格|で規格)")
_COUNT_AFTER = re.compile(r"\s*(?:pcs|pieces|parts|units|samples|drums|cans|[個本枚缶件])")
_SENTENCE_START = re.compile(r"(?:^|[.;|。\n])\s*$")
_ROLES = (("limit", _LIMIT_CUE), ("reading", _READING_CUE), ("former", _FORMER_CUE), ("sample", _SAMPLE_CUE))


def _role(claim: Claim) -> str:
    """Return how the words around a number use it, or "" when they do not say."""
    if _FORMER_AFTER.match(claim.after):
        return "former"
    if _READING_AFTER.match(claim.after) and not _LIMIT_CUE.search(claim.cue):
        return "reading"
    return next((role for role, cue in _ROLES if cue.search(claim.cue)), "")


def _covers(band: Band, value: str) -> bool:
    low, _, high = value.partition("..")
    is_single = not low or not high
    return (band.low, band.high) == (low, high) or (
        is_single and bool(low or high) and low in ("", band.low) and high in ("", band.high)
    )


def judge_limit(claim: Claim, text: str, knowledge: Knowledge, mentions: Sequence[Mention]) -> str:
    """Return "" when the limit is one of the characteristic of which it is said."""
    subject = find_subject(claim, text, mentions)
    matching = [band for band in knowledge.bands if _covers(band, claim.value)]
    if not matching:
        return _judge_pair(claim, subject, knowledge)
    if subject:
        matching = [band for band in matching if band.subject == subject]
        if not matching:
            return "characteristic"
    if claim.unit and all(band.unit and band.unit != claim.unit for band in matching):
        return "unit"
    if any(band.is_former for band in knowledge.bands):
        return _judge_age(claim, matching)
    return ""


def _judge_age(claim: Claim, matching: Sequence[Band]) -> str:
    """In a specification: the former limit is not the new one."""
    role = _role(claim)
    if role == "former" and not any(band.is_former for band in matching):
        return "role"
    if role != "former" and all(band.is_former for band in matching):
        return "role"
    return ""


def _judge_pair(claim: Claim, subject: str, knowledge: Knowledge) -> str:
    """Two numbers that are no limit may be two readings ("12.04 and 12.08"), or stand so in the text."""
    parts = [part for part in claim.value.split("..") if part]
    readings = {reading.value for reading in knowledge.readings if subject in ("", reading.subject)}
    if len(parts) == 2 and readings.issuperset(parts) and _role(claim) != "limit":
        return ""
    is_in_text = any(other.kind == "limit" and other.value == claim.value for other in knowledge.other_claims)
    return "" if is_in_text else "limit"


def judge_number(claim: Claim, text: str, knowledge: Knowledge, mentions: Sequence[Mention]) -> str:
    """Return "" when the number is one of the facts, or else of the text, in the role in which it is used."""
    role = _role(claim)
    if role == "sample" and "sample" in knowledge.counts:
        return "" if claim.value == knowledge.counts["sample"] else "count"
    if _COUNT_AFTER.match(claim.after) or (role == "" and not claim.unit and claim.value in knowledge.counts.values()):
        known = claim.value in knowledge.counts.values() or any(
            value == claim.value for value, _ in knowledge.other_numbers
        )
        return "" if known else "count"
    if not claim.unit and claim.value in knowledge.numbering and _SENTENCE_START.search(claim.cue):
        return ""  # "2.3 The hardness shall be": an extract brings the clause's number with it
    subject = find_subject(claim, text, mentions)
    uses = _uses(claim.value, knowledge)
    is_in_text = any(value == claim.value and claim.unit in ("", unit) for value, unit in knowledge.other_numbers)
    if is_in_text and (claim.unit or role not in ("reading", "limit")):
        return ""
    if not uses:
        return "" if _is_deviation(claim, subject, knowledge) else "number"
    return _judge_uses(claim, uses, role=role, subject=subject)


def _uses(value: str, knowledge: Knowledge) -> list[tuple[str, str, str]]:
    """Return (role, unit, subject) of every fact that holds the number."""
    uses = [("reading", reading.unit, reading.subject) for reading in knowledge.readings if reading.value == value]
    for band in knowledge.bands:
        numbers = {band.low, band.high} - {""}
        if len(numbers) == 2:
            low, high = Decimal(band.low), Decimal(band.high)
            numbers |= {read_number(str((low + high) / 2)), read_number(str((high - low) / 2))}
        if value in numbers:
            uses.append(("former" if band.is_former else "limit", band.unit, band.subject))
    return uses


def _judge_uses(claim: Claim, uses: list[tuple[str, str, str]], *, role: str, subject: str) -> str:
    if subject:
        uses = [use for use in uses if use[2] == subject]
        if not uses:
            return "characteristic"
    if claim.unit:
        uses = [use for use in uses if use[1] in ("", claim.unit)]
        if not uses:
            return "unit"
    roles = {use[0] for use in uses}
    if role == "reading" and "reading" not in roles:
        return "role"
    return "role" if role == "limit" and not roles & {"limit", "former"} else ""


def _is_deviation(claim: Claim, subject: str, knowledge: Knowledge) -> bool:
    """The distance of a reading from its limit ("0.02 over") is right, though nobody wrote it down."""
    if not (_DISTANCE_CUE.search(claim.cue) or _DISTANCE_AFTER.match(claim.after)):
        return False
    for reading in knowledge.readings:
        for band in knowledge.bands:
            if reading.subject == band.subject and subject in ("", band.subject):
                bounds = [Decimal(bound) for bound in (band.low, band.high) if bound]
                if any(abs(Decimal(reading.value) - bound) == Decimal(claim.value) for bound in bounds):
                    return True
    return False
