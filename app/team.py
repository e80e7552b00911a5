"""Who works here: the people who may act for each role, as second reviews need to know them.

In: a database. Out: names by role. Knows nothing of items.
"""

from __future__ import annotations

from backend.people import users
from backend.people.person import LOCAL_PERSON, ROLES, Person
from backend.review.store.database import Database


def people_by_role(database: Database) -> dict[str, frozenset[str]]:
    """Names of those who may log in, by each role that they may act for.

    As long as there are no users it is the local person.
    """
    known = users.list_users(database)
    people = [Person(one.name, one.role) for one in known if not one.is_disabled] if known else [LOCAL_PERSON]
    return {role: frozenset(one.name for one in people if one.may(role)) for role in ROLES}
