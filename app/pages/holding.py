"""Who works on the item that is open: taken when it is opened, given back when it is left.

In: an item, who opens it. Out: the item as it is then, and a line about who holds it for `lease.js`.
Knows nothing of the list; `lease_route` keeps the item while somebody works.
"""

from __future__ import annotations

from contextlib import suppress

from app.pages.context import Context
from app.text import local_time, text
from backend.errors import AccessError, ReviewError
from backend.people.person import Person
from backend.review.queue import inbox, leases
from backend.review.queue.second_review import Team, is_alone, missing_role
from backend.review.store.inbox_views import Conflict, Lease
from backend.review.store.views import ItemView


def open_item(context: Context, item_id: int, *, person: Person) -> ItemView:
    """Take an item where it waits for this person and is free, and read it as it is then."""
    # What is another's, or is decided, is opened all the same, and says so.
    with suppress(ReviewError, AccessError):
        leases.claim(
            context.database, item_id=item_id, reviewer=person.name, roles=person.roles, team=context.team()
        )  # fmt: skip
    return inbox.item(context.database, item_id, viewer=person.name)


def leave_item(context: Context, item_id: int | None, *, user: str) -> None:
    """Give an item back for others; what was never this person's stays as it is."""
    if item_id is not None:
        leases.release(context.database, item_id=item_id, reviewer=user)


def next_item(context: Context, person: Person, *, after: int | None = None) -> int | None:
    """What comes next to this person."""
    return inbox.next_pending(
        context.database, after=after, reviewer=person.name, roles=person.roles, team=context.team()
    )  # fmt: skip


def is_for_others(item: ItemView, *, user: str, team: Team) -> bool:
    """Whether one of the two blind verdicts is this person's already, and others are there to decide."""
    authors = {one.reviewer for one in item.history if not one.is_final and not one.is_undone}
    return user in authors and not is_alone(team, stage=item.stage, role=item.role, authors=authors)


def holding_value(item: ItemView, *, person: Person, team: Team, language: str) -> dict:
    """What `lease.js` draws first: "own", "other", "given" (not this person's turn), or "" for a decided item."""
    if item.state != "pending":
        return {"state": "", "sentence": ""}
    if is_for_others(item, user=person.name, team=team):
        return {"state": "given", "sentence": text(language, "review.lease.given")}
    role = missing_role(stage=item.stage, role=item.role, roles=person.roles)
    if role is not None:
        return {"state": "given", "sentence": text(language, "review.lease.role", role=text(language, f"role.{role}"))}
    return lease_value(item.lease, user=person.name, language=language)


def lease_value(lease: Lease | None, *, user: str, language: str) -> dict:
    """One line about who works on an item."""
    if lease is None:
        return {"state": "free", "sentence": ""}
    until = local_time(language, lease.until)
    if lease.owner == user:
        return {"state": "own", "sentence": text(language, "inbox.chip.lease.own", until=until)}
    sentence = text(language, "review.lease.other", owner=lease.owner, until=until)
    return {"state": "other", "sentence": sentence}


def conflict_value(conflict: Conflict, *, sentence: str, language: str) -> dict:
    """Both texts, where somebody else was faster; `theirs` is "" where the other's is not to be seen."""
    is_shown = conflict.verdict is not None or conflict.theirs != conflict.summary
    said = f"verdict.{conflict.verdict}" if conflict.verdict else "review.conflict.draft"
    return {
        "state": "decided" if conflict.state == "decided" else "other" if conflict.owner else "changed",
        "sentence": sentence,
        "theirs": conflict.theirs if is_shown else "",
        "whose": text(language, "review.conflict.theirs", owner=conflict.owner, verdict=text(language, said)),
    }
