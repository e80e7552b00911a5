"""The policy for programs: read it, and for a lead's token put another in force."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Depends

from app.api.authorizing import OpenDatabase, caller
from app.api.forms import PolicyAnswer, PolicyToSave
from backend.people.person import Person
from backend.review.policy import policies
from backend.review.store.inbox_views import Rule
from backend.review.store.views import Policy

router = APIRouter(prefix="/policy", tags=["policy"])
Reader = Annotated[Person, Depends(caller("policy", role="submitter"))]
Lead = Annotated[Person, Depends(caller("policy", role="lead"))]


@router.get("")
def read_policy(person: Reader, database: OpenDatabase) -> PolicyAnswer:
    """The policy in force."""
    return _to_answer(policies.current(database))


@router.put("")
def save_policy(body: PolicyToSave, person: Lead, database: OpenDatabase) -> PolicyAnswer:
    """Put new values in force as a new version; refused with 409 when `seen_version` is no longer the one in force."""
    policy = policies.save(
        database,
        threshold=body.threshold,
        samples=body.samples,
        audit_share=body.audit_share,
        second_share=body.second_share,
        seed_share=body.seed_share,
        rules=None if body.rules is None else [Rule(**rule.model_dump()) for rule in body.rules],
        seen_version=body.seen_version,
        saved_by=person.name,
    )
    return _to_answer(policy)


def _to_answer(policy: Policy) -> PolicyAnswer:
    return PolicyAnswer(**asdict(policy))
