"""The shapes of requests and answers, as the documentation of the API shows them.

In: JSON. Out: checked values. Knows nothing of use cases.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field

from app.pages.handling import MAX_NOTE_CHARACTERS, MAX_TEXT_CHARACTERS
from backend.documents import MAX_CHARACTERS
from backend.review.policy.escalation import MAX_HOURS, MAX_RULES
from backend.review.policy.policies import MAX_SAMPLES
from backend.review.store.storable import MAX_NUMBER

Number = Annotated[int, Path(ge=1, le=MAX_NUMBER)]
Kind = Literal["inspection_log", "specification", "report"]


class Request(BaseModel):
    """Refuses what it does not know, so that a misspelt field is not silently ignored."""

    model_config = ConfigDict(extra="forbid")


class ErrorAnswer(BaseModel):
    """Why something was refused: a stable code for programs, and one sentence for people."""

    code: str
    message: str


class TextToSubmit(Request):
    """A text to summarize."""

    text: str = Field(max_length=MAX_CHARACTERS)
    title: str = Field(default="", max_length=300)
    kind: Kind | None = Field(default=None, description="What it is; guessed from the text when left out.")


class SubmittedAnswer(BaseModel):
    """Where to ask for the summary. `is_new` is false for a repetition of an `Idempotency-Key`."""

    job: int
    is_new: bool


class JobAnswer(BaseModel):
    """A job; `done` of `total` steps of its stage are behind it."""

    job: int
    state: Literal["queued", "running", "done", "failed"]
    stage: str
    done: int
    total: int
    position: int = Field(description="Place among the waiting jobs, 1 = next; 0 when it does not wait.")
    summary: int | None = Field(description="Number of the summary, once the job is done.")
    error: ErrorAnswer | None


class InboxRowAnswer(BaseModel):
    """A line of the inbox."""

    item_id: int
    summary_id: int
    title: str
    summary_start: str
    kind: str
    language: str
    risk: float
    reason: str
    state: str
    verdict: str | None
    reviewer: str | None
    created_at: str

    model_config = ConfigDict(extra="allow")


class InboxAnswer(BaseModel):
    """A page of the inbox, the most doubtful first."""

    items: list[InboxRowAnswer]
    total: int
    page: int
    pages: int


class LeaseAnswer(BaseModel):
    """Who works on an item, and until when unless it is claimed again."""

    item: int
    owner: str
    until: str


class ItemAnswer(BaseModel):
    """A review item. Send `version` back with the verdict, so that nobody decides about what they have not seen."""

    item: int
    version: int
    state: str
    document_text: str
    summary: dict[str, Any]
    verdicts: list[dict[str, Any]]
    lease: LeaseAnswer | None


class VerdictToGive(Request):
    """What to say about a summary."""

    kind: Literal["approve", "correct", "reject"]
    version: int = Field(ge=1, le=MAX_NUMBER, description="The item's version that was looked at.")
    text: str | None = Field(default=None, max_length=MAX_TEXT_CHARACTERS, description="The corrected summary.")
    note: str = Field(default="", max_length=MAX_NOTE_CHARACTERS)


class CheckAnswer(BaseModel):
    """The item was a check of the reviewers: `planted` stood in place of `original`."""

    kind: Literal["number", "unit", "verdict", "lot"]
    original: str
    planted: str
    is_caught: bool


class VerdictAnswer(BaseModel):
    """The verdict as it was recorded; null where the item was a check, on which no verdict stands."""

    verdict: int | None
    item: int
    check: CheckAnswer | None = None


class RuleForm(Request):
    """An escalation rule; the first that fits an item holds. It needs a role, a second review or a deadline."""

    risk_low: float = Field(default=0.0, ge=0, le=1, allow_inf_nan=False)
    risk_high: float = Field(default=1.0, ge=0, le=1, allow_inf_nan=False)
    kind: Literal["", "inspection_log", "specification", "report"] = Field(default="", description="Empty: any.")
    role: Literal["", "reviewer", "lead", "admin"] = Field(default="", description="Who decides; empty: any reviewer.")
    needs_second: bool = Field(default=False, description="Whether two people review it blind to each other.")
    hours: float | None = Field(default=None, gt=0, le=MAX_HOURS, allow_inf_nan=False, description="Deadline.")


class PolicyAnswer(BaseModel):
    """When a summary goes to a person: `risk > threshold`, or by lot with probability `audit_share`.

    Of what goes to a person, the share `second_share` goes to two; of what is accepted, the share `seed_share` comes
    back with a planted error; `rules` say for which role, by when, or to two people.
    """

    version: int
    threshold: float
    samples: int
    audit_share: float
    second_share: float
    seed_share: float
    rules: list[RuleForm]


class PolicyToSave(Request):
    """New values; equal ones make no new version. What may be left out stays as it is.

    With `seen_version`, the version that the caller read, nothing is changed when another is in force by now.
    """

    seen_version: int | None = Field(default=None, ge=1, le=MAX_NUMBER, description="The version that was read.")
    threshold: float = Field(ge=0, le=1, allow_inf_nan=False)
    samples: int = Field(ge=1, le=MAX_SAMPLES)
    audit_share: float = Field(ge=0, le=1, allow_inf_nan=False)
    second_share: float | None = Field(default=None, ge=0, le=1, allow_inf_nan=False)
    seed_share: float | None = Field(default=None, ge=0, le=1, allow_inf_nan=False)
    rules: list[RuleForm] | None = Field(default=None, max_length=MAX_RULES)
