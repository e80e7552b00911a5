"""Accounts at an identity provider that are tied to users who were here before."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select

from backend.errors import AccessError
from backend.people import identities, linking, sessions, users
from backend.people.identities import Account, Rules
from backend.review.store import events
from backend.review.store.record_tables import EventRow

ISSUER = "https://id.example"
PASSWORD = "correct horse battery"
OPEN = Rules(default_role="submitter", roles={})


def enter(database, subject="u-1", issuer=ISSUER, **named):
    return sessions.find_person(database, identities.enter(database, Account(issuer, subject, **named), rules=OPEN))


def add(database, name, role="reviewer", password=PASSWORD):
    users.add(database, name=name, role=role, password=password)


def link(database, name, subject="u-1", issuer=ISSUER):
    return linking.link(database, name=name, issuer=issuer, subject=subject, by="root")


def last_event(database):
    with database.reading() as session:
        row = session.scalars(select(EventRow).order_by(EventRow.id.desc()).limit(1)).one()
    return row.kind, row.actor, json.loads(row.facts)


def test_a_linked_account_comes_in_as_the_user_who_was_here_before_and_the_password_stays(database):
    add(database, "yamada")
    assert link(database, " Yamada ").user == "yamada"
    came = enter(database, name="Hanako Yamada")
    assert (came.name, came.role) == ("yamada", "reviewer")
    assert sessions.log_in(database, name="yamada", password=PASSWORD, address="")
    assert last_event(database) == (
        "user_linked", "root",
        {"user": "yamada", "role": "reviewer", "issuer": ISSUER, "subject": "u-1", "before": ""},
    )  # fmt: skip
    assert events.verify(database).broken_id is None


@pytest.mark.parametrize(("linked", "coming"), [(ISSUER, f"{ISSUER}/"), (f"{ISSUER}/", ISSUER)])
def test_a_slash_at_the_end_of_the_issuer_makes_no_other_account(database, linked, coming):
    add(database, "yamada")
    link(database, "yamada", issuer=linked)
    assert enter(database, issuer=coming).name == "yamada"
    assert enter(database, issuer="https://else.example").name != "yamada"


def test_an_account_that_has_come_in_already_is_moved_and_its_own_user_logged_out(database):
    add(database, "yamada")
    token = identities.enter(database, Account(ISSUER, "u-1", name="yamada"), rules=OPEN)
    assert sessions.find_person(database, token).name == "yamada-2"
    assert link(database, "yamada").before == "yamada-2"
    assert sessions.find_person(database, token) is None
    assert enter(database).name == "yamada"
    assert [(one.user, one.subject) for one in linking.list_links(database)] == [("yamada", "u-1")]
    assert [user.name for user in users.list_users(database)] == ["yamada", "yamada-2"]


def test_linking_twice_changes_nothing_and_is_recorded_once(database):
    add(database, "yamada")
    link(database, "yamada")
    token = identities.enter(database, Account(ISSUER, "u-1"), rules=OPEN)
    link(database, "yamada")
    assert sessions.find_person(database, token) is not None
    with database.reading() as session:
        kinds = session.scalars(select(EventRow.kind)).all()
    assert kinds.count("user_linked") == 1


def test_a_temporary_password_ends_when_an_account_is_linked(database):
    made = users.add(database, name="yamada", role="reviewer")
    link(database, "yamada")
    assert not enter(database).must_change_password
    with pytest.raises(AccessError) as caught:
        sessions.log_in(database, name="yamada", password=made, address="")
    assert caught.value.code == "login.wrong"


def test_an_unlinked_account_is_a_stranger_again(database):
    add(database, "yamada")
    link(database, "yamada")
    token = identities.enter(database, Account(ISSUER, "u-1"), rules=OPEN)
    linking.unlink(database, name="yamada", issuer=ISSUER, subject="u-1", by="root")
    assert last_event(database)[0] == "user_unlinked"
    assert sessions.find_person(database, token) is None
    assert enter(database, name="yamada").name == "yamada-2"


def test_only_an_account_of_this_user_is_unlinked(database):
    for name in ("yamada", "abe"):
        add(database, name)
    link(database, "abe")
    with pytest.raises(AccessError) as caught:
        linking.unlink(database, name="yamada", issuer=ISSUER, subject="u-1")
    assert caught.value.code == "users.not_linked"
    assert enter(database).name == "abe"


def test_the_last_administrator_keeps_a_way_in(database):
    add(database, "yamada")
    enter(database, name="boss")
    users.set_role(database, name="boss", role="admin")
    for change in (lambda: link(database, "yamada"),
                   lambda: linking.unlink(database, name="boss", issuer=ISSUER, subject="u-1")):  # fmt: skip
        with pytest.raises(AccessError) as caught:
            change()
        assert caught.value.code == "users.last_admin"
    assert enter(database).name == "boss"
    add(database, "root", role="admin")
    assert link(database, "yamada").before == "boss"


@pytest.mark.parametrize(("issuer", "subject"), [("", "u-1"), (ISSUER, " "), (ISSUER, "x" * 256), ("x" * 501, "u-1")])
def test_an_account_without_an_issuer_or_a_subject_is_refused(database, issuer, subject):
    add(database, "yamada")
    with pytest.raises(AccessError) as caught:
        link(database, "yamada", subject, issuer)
    assert caught.value.code == "users.account"


def test_only_a_user_who_is_here_is_linked(database):
    with pytest.raises(AccessError) as caught:
        link(database, "nobody")
    assert caught.value.code == "users.not_found"
