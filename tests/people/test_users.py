from __future__ import annotations

import pytest
from sqlalchemy import select

from backend.errors import AccessError
from backend.people import sessions, users
from backend.people.tables import UserRow

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
