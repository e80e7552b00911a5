"""Is one claim of a summary true?

In: a claim, the summary around it, and what is known of the document.
Out: "" when it is supported, else the kind of error: date, identifier, revision, limit, number, unit,
characteristic, role, count, verdict.
Knows nothing of how claims are found or facts are drawn.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from backend.corpus.claims import Claim, fold, read_number
from backend.corpus.judging_numbers import judge_limit, judge_number
from backend.corpus.judging_verdicts import judge_verdict
from backend.corpus.knowledge import Knowledge
from backend.corpus.terms import Mention

_LOT_CUE = re.compile(r"(?:lot|batch|ロット)(?: no\.?| number)?[\s:：#(（]*$")
_PART_CUE = re.compile(r"(?:part|p/n|品番)(?: no\.?| number)?[\s:：#(（]*$")
_DUE_CUE = re.compile(r"(?:due|by|until|target|期限は?)[\s:：(（]*(?:on )?$")


def judge_claim(claim: Claim, *, summary: str, knowledge: Knowledge, mentions: Sequence[Mention]) -> str:
    """Return "" when the claim is supported, else the kind of error."""
    claim = _reread(claim, knowledge)
    in_context = {"verdict": judge_verdict, "limit": judge_limit, "number": judge_number}
    if claim.kind in in_context:
        return in_context[claim.kind](claim, fold(summary), knowledge, mentions)
    alone = {
        "date": _judge_date,
        "identifier": _judge_identifier,
        "revision": _judge_revision,
        "share": _judge_share,
    }
    return alone[claim.kind](claim, knowledge)


def _reread(claim: Claim, knowledge: Knowledge) -> Claim:
    """`180-260` looks like an identifier: it is a limit unless the document has such an identifier."""
    bounds = re.fullmatch(r"(\d+)-(\d+)", claim.value) if claim.kind == "identifier" else None
    known = {fold(value) for value in knowledge.values("lot", "part", "specification", "nonconformance", "gauge")}
    if bounds is None or claim.value in known or _LOT_CUE.search(claim.cue) or _PART_CUE.search(claim.cue):
        return claim
    return replace(claim, kind="limit", value=f"{read_number(bounds.group(1))}..{read_number(bounds.group(2))}")


def _judge_date(claim: Claim, knowledge: Knowledge) -> str:
    dates = [(fact.value, fact.subject) for fact in knowledge.facts if fact.kind == "date"]
    dates += [(other.value, "") for other in knowledge.other_claims if other.kind == "date"]
    is_due = _DUE_CUE.search(claim.cue) is not None
    if not is_due and _judge_share(replace(claim, value=_as_share(claim.value)), knowledge) == "":
        return ""
    subjects = {subject for value, subject in dates if value.endswith(claim.value) or claim.value.endswith(value)}
    if not subjects:
        return "date"
    return "date" if is_due and subjects <= {"inspection", "specification"} else ""


def _as_share(date_value: str) -> str:
    """`03-32` was written 3/32: it may be three of thirty-two."""
    return "/".join(part.lstrip("0") for part in date_value.split("-")[-2:])


def _judge_identifier(claim: Claim, knowledge: Knowledge) -> str:
    if _LOT_CUE.search(claim.cue) and knowledge.values("lot"):
        return "" if claim.value in map(fold, knowledge.values("lot")) else "identifier"
    if _PART_CUE.search(claim.cue) and knowledge.values("part"):
        return "" if claim.value in map(fold, knowledge.values("part")) else "identifier"
    known = re.search(rf"(?<![a-z0-9\-]){re.escape(claim.value)}(?![a-z0-9\-])", knowledge.folded_text)
    return "" if known else "identifier"


def _judge_revision(claim: Claim, knowledge: Knowledge) -> str:
    stated = {fold(value) for value in knowledge.values("revision")} | {
        other.value for other in knowledge.other_claims if other.kind == "revision"
    }
    return "" if claim.value in stated else "revision"


def _judge_share(claim: Claim, knowledge: Knowledge) -> str:
    counts = knowledge.counts
    pairs = {
        f"{counts.get(part)}/{counts.get(whole)}"
        for part, whole in (("affected", "sample"), ("sample", "lot_quantity"))
    }
    pairs |= {other.value for other in knowledge.other_claims if other.kind == "share"}
    return "" if claim.value in pairs else "count"
