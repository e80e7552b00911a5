"""The navigation shows a role exactly the pages that it may open."""

import re

from app.pages.frame import PAGE_ROLES, PAGES, navigation_style
from backend.people.person import ROLES, Person


def test_every_page_has_a_role_that_it_asks_for():
    assert {path for path, _ in PAGES} == set(PAGE_ROLES)


def test_the_navigation_hides_what_a_role_may_not_open_and_nothing_else():
    hidden = set(re.findall(r'\[data-role="(\w+)"\] \.nav-holder nav a\[href\$="/(\w*)"\]', navigation_style()))
    assert hidden == {
        (role, path) for role in ROLES for path, least in PAGE_ROLES.items() if not Person("abe", role).may(least)
    }
    assert ("reviewer", "models") in hidden
