"""What the page *Users* does and shows, without a browser; `tests/browser/test_users_page.py` has one."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from app.pages.context import Context
from app.pages.users import change, state_of, tokens_value, users_value, webhooks_value
from backend.errors import TashikaError
from backend.people import sessions, users
from backend.people.person import TokenView, UserView
from backend.review.store.database import open_database, upgrade

SINCE = datetime(2026, 6, 12, 12, 0, tzinfo=UTC)
PASSWORD = "correct horse battery"


@pytest.fixture
def context(tmp_path):
    url = f"sqlite:///{tmp_path / 'a.db'}"
    upgrade(url)
    database = open_database(url)
    yield Context(database=database, model_state=None, score=None, person=None, data_dir="", model_name="")
    database.close()


def do(context, action, name, role="submitter"):
    return change(context, action, name=name, role=role, by="root", language="en")


def test_the_first_user_must_be_able_to_add_the_others(context):
    with pytest.raises(TashikaError) as caught:
        do(context, "add", "abe", "lead")
    assert caught.value.code == "users.first"
    assert not users.exist(context.database)
    assert do(context, "add", "Abe", "admin")[0] == "abe was added as administrator."


def test_a_made_password_is_said_once_and_works(context):
    do(context, "add", "root", "admin")
    said = do(context, "add", "abe")
    for lines in (said, do(context, "password", "abe")):
        made = lines[-1].rpartition(": ")[2]
    assert sessions.log_in(context.database, name="abe", password=made, address="")
    with pytest.raises(TashikaError):
        sessions.log_in(context.database, name="abe", password=said[-1].rpartition(": ")[2], address="")


def test_disabling_and_roles_are_those_of_the_command_line(context):
    do(context, "add", "root", "admin")
    do(context, "add", "abe")
    assert do(context, "role", "ABE", "lead") == ["abe is lead now."]
    assert "may not log in any more" in do(context, "disable", "abe")[0]
    assert [(one.name, one.role, one.is_disabled) for one in users.list_users(context.database)] == [
        ("abe", "lead", True),
        ("root", "admin", False),
    ]
    do(context, "enable", "abe")
    for action in ("disable", "role"):
        with pytest.raises(TashikaError) as caught:
            do(context, action, "root")
        assert caught.value.code == "users.last_admin"


@pytest.mark.parametrize("action", ["add", "role"])
def test_a_role_that_the_page_does_not_offer_is_refused(context, action):
    with pytest.raises(TashikaError) as caught:
        do(context, action, "abe", "king")
    assert caught.value.code == "request.choice"


def test_a_user_is_shown_by_how_it_logs_in():
    def user(**named):
        usual = {"is_disabled": False, "is_temporary": False, "is_provided": False}
        return UserView(id=7, name="abe", role="lead", created_at=SINCE, **{**usual, **named})

    assert [
        state_of(user(**named))
        for named in ({}, {"is_temporary": True}, {"is_provided": True}, {"is_provided": True, "is_disabled": True})
    ] == ["active", "temporary", "provider", "disabled"]
    (table,) = users_value((user(),), language="ja")["blocks"]
    assert table["rows"][0][:3] == [
        {"button": "abe", "press": 7, "label": "abe さんをフォームに入れる"}, "責任者", "ログイン可"
    ]  # fmt: skip
    assert len(table["head"]) == len(table["rows"][0])


def test_a_revoked_token_has_no_button_and_empty_lists_say_so():
    def token(number, is_revoked):
        return TokenView(number, "line 3", "tk_abcdef", ("submit",), "abe", SINCE, is_revoked)

    (table,) = tokens_value((token(2, False), token(1, True)), language="en")["blocks"]
    assert [row[-1] for row in table["rows"]] == [
        {"button": "Revoke", "press": 2, "label": "Revoke the token line 3"},
        "revoked",
    ]
    assert "no tokens" in tokens_value((), language="en")["blocks"][0]["lines"][0]
    assert "通知先" in webhooks_value((), language="ja")["blocks"][0]["lines"][0]
