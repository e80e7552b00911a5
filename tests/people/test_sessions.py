from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from backend.errors import AccessError
from backend.people import lockout, sessions, users
from backend.people.tables import LoginAttemptRow, LoginSessionRow
from backend.review.store.tables import now

PASSWORD = "correct horse battery"


@pytest.fixture
def abe(database):
    users.add(database, name="abe", role="reviewer", password=PASSWORD)
    return database


def log_in(database, *, name="abe", password=PASSWORD, address="10.0.0.1"):
    return sessions.log_in(database, name=name, password=password, address=address)


def refusal(database, **typed):
    with pytest.raises(AccessError) as caught:
        log_in(database, **typed)
    return caught.value.code


def test_a_session_is_its_persons_until_it_is_ended(abe):
    token = log_in(abe)
    person = sessions.find_person(abe, token)
    assert (person.name, person.role, person.is_local) == ("abe", "reviewer", False)
    sessions.log_out(abe, token)
    assert sessions.find_person(abe, token) is None


def test_the_database_does_not_hold_the_token(abe):
    token = log_in(abe)
    with abe.reading() as session:
        assert session.scalars(select(LoginSessionRow.token_hash)).all() == [sessions.hash_token(token)]
    assert sessions.find_person(abe, sessions.hash_token(token)) is None


def test_a_session_ends_by_itself(abe):
    token = log_in(abe)
    with abe.session() as session:
        session.execute(update(LoginSessionRow).values(expires_at=now() - timedelta(seconds=1)))
        session.commit()
    assert sessions.find_person(abe, token) is None
    log_in(abe)
    with abe.reading() as session:
        assert len(session.scalars(select(LoginSessionRow)).all()) == 1


@pytest.mark.parametrize("change", ["disable", "password"])
def test_a_disabled_user_or_a_new_password_ends_every_session_at_once(abe, change):
    token = log_in(abe)
    if change == "disable":
        users.set_disabled(abe, name="abe", is_disabled=True)
        assert refusal(abe) == "login.wrong"
    else:
        users.set_password(abe, name="abe", password="another good one")
    assert sessions.find_person(abe, token) is None


def test_another_role_holds_from_the_next_request_on(abe):
    token = log_in(abe)
    users.set_role(abe, name="abe", role="submitter")
    assert not sessions.find_person(abe, token).may("reviewer")


@pytest.mark.parametrize("typed", [{"password": "wrong password"}, {"name": "nobody"}, {"password": ""}, {"name": ""}])
def test_a_wrong_name_and_a_wrong_password_get_the_same_answer(abe, typed):
    assert refusal(abe, **typed) == "login.wrong"


def test_hostile_input_is_a_wrong_password(abe):
    for typed in ({"name": "a\x00\ud800" * 99}, {"password": "\ud800\x00"}, {"password": "x" * 100_000}):
        assert refusal(abe, **typed) == "login.wrong"


def test_after_some_wrong_passwords_even_the_right_one_must_wait(abe):
    for _ in range(lockout.MAX_TRIES_OF_NAME):
        assert refusal(abe, password="wrong password") == "login.wrong"
    assert refusal(abe) == "login.locked"
    assert refusal(abe, address="10.9.9.9", name="ABE") == "login.locked"
    with abe.session() as session:
        session.execute(update(LoginAttemptRow).values(created_at=now() - lockout.WINDOW - timedelta(seconds=1)))
        session.commit()
    assert log_in(abe)


def test_the_wait_is_said_in_minutes(abe):
    for _ in range(lockout.MAX_TRIES_OF_NAME):
        refusal(abe, password="wrong password")
    with pytest.raises(AccessError, match="wait 15 minutes"):
        log_in(abe)


def test_a_success_forgets_the_mistakes_before_it(abe):
    for _ in range(3):
        for _ in range(lockout.MAX_TRIES_OF_NAME - 1):
            assert refusal(abe, password="wrong password") == "login.wrong"
        assert log_in(abe)


def test_one_address_may_not_try_many_names(abe):
    with abe.session() as session:
        for number in range(lockout.MAX_TRIES_OF_ADDRESS):
            session.add(LoginAttemptRow(name=f"user{number}", address="10.0.0.1"))
        session.commit()
    assert refusal(abe) == "login.locked"
    assert log_in(abe, address="10.0.0.2")


def test_a_new_password_needs_the_old_one(abe):
    for old, new, code in (
        ("wrong password", "another good one", "login.wrong"),
        (PASSWORD, PASSWORD, "password.same"),
        (PASSWORD, "short", "password.length"),
    ):
        with pytest.raises(AccessError) as caught:
            sessions.change_password(abe, name="abe", old=old, new=new, address="")
        assert caught.value.code == code
    assert log_in(abe)


def test_a_password_is_changed_at_the_last_try_and_its_session_begins(abe):
    def change(old):
        return sessions.change_password(abe, name="abe", old=old, new="another good one", address="10.0.0.1")

    before = log_in(abe)
    for _ in range(lockout.MAX_TRIES_OF_NAME - 1):
        with pytest.raises(AccessError, match="wrong"):
            change("wrong password")
    token = change(PASSWORD)
    assert sessions.find_person(abe, token).name == "abe"
    assert sessions.find_person(abe, before) is None
    assert log_in(abe, password="another good one")


def test_whoever_shows_the_old_password_may_try_new_ones_as_often_as_they_like(abe):
    for _ in range(lockout.MAX_TRIES_OF_NAME + 1):
        with pytest.raises(AccessError) as caught:
            sessions.change_password(abe, name="abe", old=PASSWORD, new="short", address="10.0.0.1")
        assert caught.value.code == "password.length"
