from __future__ import annotations

import pytest
from sqlalchemy import select

from backend.errors import AccessError, ReviewError
from backend.people import tokens, users
from backend.people.ownership import find_job
from backend.people.person import ROLES, Person
from backend.people.tables import TokenRow
from backend.review.intake import service
from tests.review.builders import build_document

PASSWORD = "correct horse battery"


def test_a_token_acts_for_its_user_within_its_scopes(database):
    users.add(database, name="abe", role="reviewer", password=PASSWORD)
    token = tokens.create(database, name="press 4", scopes=["submit", "review", "submit"], owner="Abe")
    person, scopes = tokens.identify(database, token)
    assert (person, scopes) == (Person("abe", "reviewer"), {"submit", "review"})


def test_only_its_beginning_and_its_hash_are_kept(database):
    token = tokens.create(database, name="press", scopes=["submit"], owner=None)
    (listed,) = tokens.list_tokens(database)
    assert token.startswith(listed.prefix)
    assert len(listed.prefix) < 10
    with database.reading() as session:
        row = session.scalars(select(TokenRow)).one()
        assert token not in (row.name, row.prefix, row.token_hash)


def test_a_revoked_token_a_guess_and_a_disabled_users_token_are_nobodys(database):
    users.add(database, name="abe", role="lead", password=PASSWORD)
    first, second = (tokens.create(database, name="x", scopes=["submit"], owner="abe") for _ in range(2))
    number = next(one.id for one in tokens.list_tokens(database) if first.startswith(one.prefix))
    tokens.revoke(database, number)
    assert tokens.identify(database, first) is None
    assert tokens.identify(database, "tk_guess") is None
    assert tokens.identify(database, second) is not None
    users.set_disabled(database, name="abe", is_disabled=True)
    assert tokens.identify(database, second) is None


def test_the_local_persons_token_ends_with_the_first_user(database):
    token = tokens.create(database, name="x", scopes=["policy"], owner=None)
    assert tokens.identify(database, token)[0].is_local
    users.add(database, name="abe", role="lead", password=PASSWORD)
    assert tokens.identify(database, token) is None
    with pytest.raises(AccessError, match="--user"):
        tokens.create(database, name="x", scopes=["policy"], owner=None)


@pytest.mark.parametrize("scopes", [[], ["root"], ["submit", ""]])
def test_a_scope_that_does_not_exist_is_refused(database, scopes):
    with pytest.raises(AccessError) as caught:
        tokens.create(database, name="x", scopes=scopes, owner=None)
    assert caught.value.code == "tokens.scope"


def test_a_token_that_does_not_exist_cannot_be_revoked(database):
    with pytest.raises(AccessError, match="no token 7"):
        tokens.revoke(database, 7)


def test_each_role_may_do_what_the_ones_before_may():
    allowed = [[Person("x", role).may(needed) for needed in ROLES] for role in ROLES]
    assert allowed == [[i <= j for i in range(len(ROLES))] for j in range(len(ROLES))]
    with pytest.raises(AccessError, match="submitter"):
        Person("x", "submitter").require("reviewer")


def test_a_submitter_sees_own_jobs_and_a_reviewer_all(database):
    job_id = service.submit(database, document=build_document(), submitted_by="abe")
    assert find_job(database, job_id, person=Person("abe", "submitter")).id == job_id
    assert find_job(database, job_id, person=Person("ito", "reviewer")).id == job_id
    with pytest.raises(ReviewError) as foreign:
        find_job(database, job_id, person=Person("ito", "submitter"))
    with pytest.raises(ReviewError) as missing:
        find_job(database, 99, person=Person("ito", "submitter"))
    assert foreign.value.code == missing.value.code == "job.not_found"
