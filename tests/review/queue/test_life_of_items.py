"""A machine that claims, types, decides, undoes, escalates and lets leases expire, in any order.

Its model is a few dictionaries; after every step the database must say the same. No verdict is lost or counted
twice, no draft disappears, nobody changes what another person holds, and the record stays one chain.
"""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import text

from backend.errors import AccessError, ReviewError
from backend.review.queue import dispatch, drafts, inbox, leases, verdicts
from backend.review.queue.conflicts import ReviewConflict
from backend.review.store import events
from backend.review.store.database import open_database
from tests.review.builders import record_item
from tests.review.queue.test_leases import expire

ROLES_OF = {"abe": ("reviewer",), "ito": ("reviewer",), "ueda": ("reviewer", "lead")}
PEOPLE = st.sampled_from(list(ROLES_OF))
ITEMS = st.integers(1, 2)
KINDS = st.sampled_from(["approve", "reject", "correct"])


@dataclass
class Expected:
    """What the machine knows of an item."""

    state: str = "pending"
    stage: str = "single"
    role: str | None = None
    version: int = 1
    holder: str | None = None
    given: int = 0
    blind: list[tuple[int, str, str]] = field(default_factory=list)
    final: tuple[int, str] | None = None
    drafts: dict[str, str] = field(default_factory=dict)

    def is_open_to(self, person: str) -> bool:
        """Whether this person may change the item now."""
        return self.state == "pending" and self.holder in (None, person)

    def is_turn_of(self, person: str) -> bool:
        """Whether the next verdict may be this person's."""
        needed = {self.role, "lead" if self.stage == "arbiter" else None} - {None}
        return needed <= set(ROLES_OF[person]) and person not in {by for _, by, _ in self.blind}


class LifeOfItems(RuleBasedStateMachine):
    """Two items, three people."""

    template: Path

    @initialize()
    def begin(self) -> None:
        """Open a database with two items."""
        self.folder = tempfile.TemporaryDirectory(prefix="tashika-life-", dir=self.template.parent)
        path = Path(self.folder.name) / "a.db"
        shutil.copyfile(self.template, path)
        self.database = open_database(f"sqlite:///{path}")
        self.items = {1: Expected(), 2: Expected()}
        self.typed = 0

    def teardown(self) -> None:
        """Close it."""
        if hasattr(self, "database"):
            assert events.verify(self.database).broken_id is None
            self.database.close()
            self.folder.cleanup()

    @rule(item=ITEMS, person=PEOPLE)
    def claim(self, item: int, person: str) -> None:
        expected = self.items[item]

        def take() -> None:
            leases.claim(self.database, item_id=item, reviewer=person, roles=ROLES_OF[person])

        if expected.is_open_to(person) and expected.is_turn_of(person):
            take()
            expected.holder = person
        else:
            with pytest.raises((ReviewError, AccessError)):
                take()

    @rule(item=ITEMS, person=PEOPLE)
    def release(self, item: int, person: str) -> None:
        expected = self.items[item]
        assert leases.release(self.database, item_id=item, reviewer=person) == (expected.holder == person)
        expected.holder = None if expected.holder == person else expected.holder

    @rule(item=ITEMS)
    def let_the_lease_expire(self, item: int) -> None:
        if self.items[item].holder is not None:
            expire(self.database, item)
            leases.release(self.database, item_id=item, reviewer=self.items[item].holder)
            self.items[item].holder = None

    @rule(item=ITEMS, person=PEOPLE)
    def type_something(self, item: int, person: str) -> None:
        expected = self.items[item]
        self.typed += 1
        words = f"draft {self.typed}"
        is_theirs = expected.holder not in (None, person)
        is_decided = expected.final is not None and expected.final[1] != person
        if is_theirs or is_decided:
            with pytest.raises(ReviewConflict) as raised:
                drafts.save(self.database, item_id=item, reviewer=person, text=words)
            assert raised.value.conflict.mine == words
        else:
            drafts.save(self.database, item_id=item, reviewer=person, text=words)
        expected.drafts[person] = words

    @rule(item=ITEMS, person=PEOPLE, kind=KINDS, is_late=st.booleans())
    def decide(self, item: int, person: str, kind: str, is_late: bool) -> None:
        expected = self.items[item]
        version = expected.version - is_late
        words = "Another summary." if kind == "correct" else None

        def give() -> int:
            return verdicts.give(
                self.database, item_id=item, kind=kind, text=words, reviewer=person, roles=ROLES_OF[person],
                expected_version=version,
            )  # fmt: skip

        if is_late or not expected.is_open_to(person) or not expected.is_turn_of(person):
            with pytest.raises((ReviewError, AccessError)):
                give()
            return
        number = give()
        expected.given += 1
        expected.version += 1
        expected.holder = None
        self._move_on(expected, number, person, kind)

    @staticmethod
    def _move_on(expected: Expected, number: int, person: str, kind: str) -> None:
        is_agreed = expected.stage == "second" and expected.blind[0][2] == kind
        if expected.stage in ("single", "arbiter") or is_agreed:
            expected.state, expected.final = "decided", (number, person)
            return
        expected.blind.append((number, person, kind))
        expected.stage = "second" if expected.stage == "first" else "arbiter"
        expected.role = "lead" if expected.stage == "arbiter" else expected.role

    @rule(item=ITEMS, person=PEOPLE)
    def undo(self, item: int, person: str) -> None:
        expected = self.items[item]
        roles = ROLES_OF[person]
        if expected.final is not None:
            number, by = expected.final
            if by != person and expected.role is not None and expected.role not in roles:
                with pytest.raises(AccessError):
                    verdicts.undo(self.database, number, undone_by=person, roles=roles)
                return
            verdicts.undo(self.database, number, undone_by=person, roles=roles)
            expected.final, expected.state = None, "pending"
            expected.version += 1
        elif expected.blind:
            number, by, _ = expected.blind[-1]
            if expected.stage == "second" and by == person:
                verdicts.undo(self.database, number, undone_by=person, roles=roles)
                expected.blind.pop()
                expected.stage, expected.version = "first", expected.version + 1
            else:
                with pytest.raises(ReviewError):
                    verdicts.undo(self.database, number, undone_by=person, roles=roles)

    @rule(item=ITEMS, person=PEOPLE, to_role=st.sampled_from(["reviewer", "lead"]), wants_second=st.booleans())
    def escalate(self, item: int, person: str, to_role: str, wants_second: bool) -> None:
        expected = self.items[item]

        def pass_on() -> None:
            dispatch.escalate(
                self.database, item_id=item, reviewer=person, roles=ROLES_OF[person], to_role=to_role,
                wants_second=wants_second,
            )  # fmt: skip

        has_role = {expected.role, "lead" if expected.stage == "arbiter" else None} - {None} <= set(ROLES_OF[person])
        if not expected.is_open_to(person) or not has_role:
            with pytest.raises((ReviewConflict, AccessError)):
                pass_on()
            return
        pass_on()
        expected.holder, expected.role = None, to_role
        if wants_second and expected.stage == "single":
            expected.stage, expected.version = "first", expected.version + 1

    @invariant()
    def the_database_says_the_same(self) -> None:
        for number, expected in self.items.items():
            view = inbox.item(self.database, number)
            assert (view.state, view.stage, view.version) == (expected.state, expected.stage, expected.version)
            assert view.role == expected.role
            others = [one for one in inbox.item(self.database, number, viewer="abe").history if one.reviewer != "abe"]
            assert not (view.state == "pending" and view.stage in ("first", "second") and others)
            assert (view.verdict.id if view.verdict else None) == (expected.final[0] if expected.final else None)
            assert (view.lease.owner if view.lease else None) == expected.holder
            for person, words in expected.drafts.items():
                assert drafts.find(self.database, item_id=number, reviewer=person).text == words
            self._check_rows(number, expected)

    def _check_rows(self, number: int, expected: Expected) -> None:
        query = text(
            "SELECT count(*), count(u.id), sum(v.is_final AND u.id IS NULL) FROM verdicts v "
            "LEFT JOIN verdict_undos u ON u.verdict_id = v.id WHERE v.item_id = :item"
        )
        with self.database.reading() as session:
            given, undone, final = session.execute(query, {"item": number}).one()
        standing = len(expected.blind) + (expected.final is not None)
        assert (given, given - undone, final or 0) == (expected.given, standing, int(expected.final is not None))


def test_no_verdict_is_lost_or_given_twice_whatever_people_do(migrated_file: Path, tmp_path: Path):
    template = tmp_path / "two-items.db"
    shutil.copyfile(migrated_file, template)
    database = open_database(f"sqlite:///{template}")
    for number in (1, 2):
        assert record_item(database, number=number).item_id == number
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    LifeOfItems.template = template
    run_state_machine_as_test(
        LifeOfItems,
        settings=settings(
            max_examples=25, stateful_step_count=25, deadline=None, derandomize=True, database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip
