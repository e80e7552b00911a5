from __future__ import annotations

import pytest
from sqlalchemy import select

from backend.errors import AccessError
from backend.people import sessions, users
from backend.people.tables import UserRow
from backend.review.store import events
from backend.review.store.record_tables import EventRow

PASSWORD = "correct horse battery"


def test_the_first_user_ends_the_time_without_users(database):
    assert not users.exist(database)
    assert users.name_owner(database, None) == "local"
    users.add(database, name="Abe", role="lead", password=PASSWORD)
    assert users.exist(database)
    with pytest.raises(AccessError, match="--user"):
        users.name_owner(database, None)
    assert users.name_owner(database, "ABE") == "abe"


def test_a_name_is_the_same_however_it_is_typed(database):
    users.add(database, name="ＡＢＥ", role="lead", password=PASSWORD)
    for name in ("abe", "Abe", " ABE "):
        with pytest.raises(AccessError, match="already"):
            users.add(database, name=name, role="lead", password=PASSWORD)
    assert [(user.name, user.role) for user in users.list_users(database)] == [("abe", "lead")]


@pytest.mark.parametrize("name", ["", "a b", "a\x07", "x" * 65, "<b>", "local", "a/b"])
def test_what_is_no_name_is_refused(database, name):
    with pytest.raises(AccessError) as caught:
        users.add(database, name=name, role="lead", password=PASSWORD)
    assert caught.value.code == "users.name"


def test_a_japanese_name_is_a_name(database):
    users.add(database, name="山田", role="reviewer", password=PASSWORD)
    assert sessions.log_in(database, name="山田", password=PASSWORD, address="")


def test_a_role_that_does_not_exist_is_refused(database):
    with pytest.raises(AccessError, match="submitter, reviewer, lead, admin"):
        users.add(database, name="abe", role="king", password=PASSWORD)


def test_no_password_is_stored_and_equal_ones_look_different(database):
    for name in ("abe", "ito"):
        users.add(database, name=name, role="lead", password=PASSWORD)
    with database.reading() as session:
        stored = session.scalars(select(UserRow.password_hash)).all()
    assert all(one.startswith("$argon2id$") for one in stored)
    assert len(set(stored)) == 2
    assert PASSWORD not in "".join(stored)


@pytest.mark.parametrize("password", ["short", "x" * 201])
def test_a_password_of_the_wrong_length_is_refused(database, password):
    with pytest.raises(AccessError) as caught:
        users.add(database, name="abe", role="lead", password=password)
    assert caught.value.code == "password.length"
    assert not users.exist(database)


def test_a_temporary_password_works_until_an_own_one_is_chosen(database):
    made = users.add(database, name="abe", role="lead")
    token = sessions.log_in(database, name="abe", password=made, address="")
    assert sessions.find_person(database, token).must_change_password
    new = sessions.change_password(database, name="abe", old=made, new=PASSWORD, address="")
    assert sessions.find_person(database, token) is None
    assert not sessions.find_person(database, new).must_change_password


def test_the_last_administrator_who_may_log_in_is_neither_disabled_nor_demoted(database):
    for name in ("abe", "ito"):
        users.add(database, name=name, role="admin", password=PASSWORD)
    users.set_disabled(database, name="ito", is_disabled=True)
    for refused in (
        lambda: users.set_disabled(database, name="abe", is_disabled=True),
        lambda: users.set_role(database, name="abe", role="lead"),
    ):
        with pytest.raises(AccessError) as caught:
            refused()
        assert caught.value.code == "users.last_admin"
    users.set_role(database, name="abe", role="admin")
    users.set_disabled(database, name="ito", is_disabled=False)
    users.set_role(database, name="abe", role="lead")
    users.set_disabled(database, name="abe", is_disabled=True)
    assert [(one.name, one.role, one.is_disabled) for one in users.list_users(database)] == [
        ("abe", "lead", True),
        ("ito", "admin", False),
    ]


def test_each_change_of_a_user_is_on_record_and_what_changes_nothing_is_not(database):
    users.add(database, name="abe", role="lead", password=PASSWORD, by="root")
    for _ in range(2):
        users.set_role(database, name="abe", role="reviewer", by="root")
        users.set_disabled(database, name="abe", is_disabled=True, by="ito")
    users.set_disabled(database, name="abe", is_disabled=False, by="ito")
    made = users.set_password(database, name="abe", by="root")
    sessions.change_password(database, name="abe", old=made, new=PASSWORD, address="")
    with database.reading() as session:
        rows = session.execute(select(EventRow.kind, EventRow.actor, EventRow.facts).order_by(EventRow.id)).all()
    assert [(row.kind, row.actor) for row in rows] == [
        ("user_added", "root"), ("user_role", "root"), ("user_disabled", "ito"), ("user_enabled", "ito"),
        ("user_password", "root"), ("user_password", "abe"),
    ]  # fmt: skip
    assert rows[1].facts == '{"role":"reviewer","user":"abe"}'
    assert not any(made in row.facts or PASSWORD in row.facts for row in rows)
    assert events.verify(database).broken_id is None


def test_an_item_is_given_to_the_users_own_spelling_and_only_to_somebody_who_may_review(database):
    assert users.name_reviewer(database, " Ｙamada ") == "yamada"  # nobody is a user yet
    users.add(database, name="root", role="admin")
    users.add(database, name="yamada", role="reviewer")
    users.add(database, name="suzuki", role="submitter")
    assert users.name_reviewer(database, " Ｙamada ") == "yamada"
    users.set_disabled(database, name="yamada", is_disabled=True)
    for name in ("Yamada", "suzuki", "nobody"):
        with pytest.raises(AccessError, match="no user .* who may review") as caught:
            users.name_reviewer(database, name)
        assert caught.value.code == "users.no_reviewer"
