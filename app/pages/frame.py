"""The frame of every page: name, language switch and navigation.

In: the language and the path of the page. Out: components in the page under construction.
Knows nothing of what the page shows.
"""

from __future__ import annotations

import gradio as gr

from app.components.element import build_element
from app.text import LANGUAGES, text
from backend.people.person import ROLES

#: Path below the language, and the key of the name, in the order of the navigation.
PAGES = (
    ("", "nav.summarize"),
    ("inbox", "nav.inbox"),
    ("insights", "nav.insights"),
    ("models", "nav.models"),
    ("settings", "nav.settings"),
    ("users", "nav.users"),
)

#: The least role that may open a page.
PAGE_ROLES = {
    "": "submitter", "inbox": "reviewer", "insights": "lead", "models": "lead", "settings": "lead", "users": "admin",
}  # fmt: skip


def build_frame(language: str, *, path: str) -> None:
    """Place navigation and masthead."""
    gr.Navbar(main_page_name=text(language, "nav.summarize"))
    build_element("masthead", value=masthead_value(language, path=path), elem_id="masthead")


def masthead_value(language: str, *, path: str) -> dict[str, object]:
    """What `masthead.js` draws."""
    other = next(name for name in LANGUAGES if name != language)
    return {
        "name": text(language, "page.name"),
        "tagline": text(language, "page.tagline"),
        "switch_label": text(language, "page.switch"),
        "switch_language": other,
        "path": path,
        "login": f"/{language}/login",
        "sign_out": {"text": text(language, "login.out"), "href": f"/{language}/logout"},
        "password": {"text": text(language, "login.change"), "href": f"/{language}/password"},
        "roles": {role: text(language, f"role.{role}") for role in ROLES},
    }


def navigation_style() -> str:
    """Takes out of the navigation what a role may not open; the server refuses it anyway."""
    hidden = [
        f'[data-role="{role}"] .nav-holder nav a[href$="/{path}"]'
        for rank, role in enumerate(ROLES)
        for path, least in PAGE_ROLES.items()
        if rank < ROLES.index(least)
    ]
    return f"{', '.join(hidden)} {{ display: none; }}\n"


def address_script(parameter: str) -> str:
    """JavaScript that writes a number into the address, so that a reload or a shared link opens the same thing."""
    return (
        "(number) => { const address = new URL(window.location.href);"
        f" if (number) address.searchParams.set('{parameter}', String(number));"
        f" else address.searchParams.delete('{parameter}');"
        " window.history.replaceState(null, '', address); }"
    )
