from __future__ import annotations

import pytest
from sqlalchemy import select

from backend.errors import AccessError
from backend.people import identities, sessions, users
from backend.people.identities import Account, Rules
from backend.review.store.record_tables import EventRow

OPEN = Rules(default_role="submitter", roles={})
MAPPED = Rules(default_role="submitter", roles={"leads": "lead", "it": "admin"})
PASSWORD = "correct horse battery"


def account(subject="u-1", **named):
    return Account("https://id.example", subject, **named)


def enter(database, who, rules=OPEN):
    return sessions.find_person(database, identities.enter(database, who, rules=rules))


def test_an_account_is_the_same_user_whatever_it_is_called_later(database):
    assert enter(database, account(name="Yamada")).name == "yamada"
    assert enter(database, account(name="other", email="other@plant.example")).name == "yamada"
    assert [user.name for user in users.list_users(database)] == ["yamada"]


def test_a_user_who_was_here_before_is_never_taken_over_by_name_or_address(database):
    for name in ("yamada", "boss@plant.example"):
        users.add(database, name=name, role="admin", password=PASSWORD)
    came = enter(database, account(name="Yamada", email="boss@plant.example", is_email_verified=True))
    assert (came.name, came.role) == ("yamada-2", "submitter")
    assert enter(database, account("u-2", email="boss@plant.example", is_email_verified=True)).role == "submitter"
    assert enter(database, Account("https://else.example", "u-1", name="yamada")).name == "yamada-3"


@pytest.mark.parametrize(
    ("told", "name"),
    [
        (account(name="<b>Abe & Co</b>"), "b-abe-co-b"), (account(name="local"), "local-2"),
        (account(name="//"), "user"),
        (account(name="山田 太郎"), "山田-太郎"), (account(), "u-1"), (account(name="x" * 300), "x" * 58),
    ],
)  # fmt: skip
def test_any_name_becomes_one_that_can_stand_in_records(database, told, name):
    assert enter(database, told).name == name


def test_a_user_without_a_password_cannot_log_in_with_one(database):
    enter(database, account(name="yamada"))
    for guess in ("", PASSWORD):
        with pytest.raises(AccessError) as caught:
            sessions.log_in(database, name="yamada", password=guess, address="")
        assert caught.value.code == "login.wrong"


def test_a_disabled_user_stays_out_and_loses_no_identity(database):
    enter(database, account(name="yamada"))
    users.set_disabled(database, name="yamada", is_disabled=True)
    with pytest.raises(AccessError) as caught:
        enter(database, account(name="somebody else"))
    assert caught.value.code == "oidc.disabled"
    users.set_disabled(database, name="yamada", is_disabled=False)
    assert enter(database, account()).name == "yamada"


def test_the_highest_role_of_the_groups_counts_at_every_login(database):
    users.add(database, name="root", role="admin", password=PASSWORD)
    roles = [enter(database, account(groups=groups), MAPPED).role for groups in (("x", "leads", "it"), ("leads",), ())]
    assert roles == ["admin", "lead", "submitter"]


def test_without_a_mapping_the_role_is_the_administrators_to_give(database):
    name = enter(database, account(groups=("it",))).name
    users.set_role(database, name=name, role="reviewer")
    assert enter(database, account(groups=("it",))).role == "reviewer"


def test_the_last_administrator_stays_one_whatever_the_provider_says(database):
    enter(database, account(groups=("it",)), MAPPED)
    assert enter(database, account(), MAPPED).role == "admin"


def test_an_account_without_a_role_is_not_let_in(database):
    with pytest.raises(AccessError) as caught:
        enter(database, account(groups=("x",)), Rules(default_role="", roles={"leads": "lead"}))
    assert caught.value.code == "oidc.role"
    assert not users.exist(database)


@pytest.mark.parametrize(
    ("email", "is_verified", "comes_in"),
    [
        ("a@plant.example", True, True), ("a@PLANT.example", True, True), ("a@plant.example", False, False),
        ("a@evil.example", True, False), ("a@sub.plant.example", True, False), ("a@plant.example@x", True, False),
        ("", True, False),
    ],
)  # fmt: skip
def test_only_verified_addresses_of_the_allowed_domains_come_in(database, email, is_verified, comes_in):
    rules = Rules(default_role="submitter", roles={}, domains=("plant.example",))
    told = account(name="a", email=email, is_email_verified=is_verified)
    if comes_in:
        assert enter(database, told, rules).name == "a"
        return
    with pytest.raises(AccessError) as caught:
        enter(database, told, rules)
    assert caught.value.code == "oidc.domain"


def test_who_came_and_as_what_is_on_record(database):
    enter(database, account(name="yamada"), MAPPED)
    enter(database, account(groups=("leads",)), MAPPED)
    enter(database, account(groups=("leads",)), MAPPED)
    with database.reading() as session:
        kept = session.execute(select(EventRow.kind, EventRow.actor, EventRow.facts).order_by(EventRow.id)).all()
    assert [tuple(one) for one in kept] == [
        ("user_added", "yamada", '{"role":"submitter","user":"yamada"}'),
        ("user_role", "yamada", '{"role":"lead","user":"yamada"}'),
    ]
