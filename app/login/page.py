"""The pages around logging in as plain HTML: name and password, a new password, and "your role may not".

In: a language and what to say. Out: an HTML document without scripts. Every value is escaped.
Knows nothing of sessions or the database.
"""

from __future__ import annotations

from html import escape
from urllib.parse import urlencode

from app.text import LANGUAGES, text
from app.theme import FONT_ORDER, colours_by_system
from backend.people.passwords import MAX_CHARACTERS, MIN_CHARACTERS
from backend.people.person import Person

_STYLE = """
body { margin: 0; background: var(--tk-back); color: var(--tk-ink); line-height: 1.6; }
main { max-width: 380px; margin: 10vh auto; padding: 28px; background: var(--tk-card);
  border: 1px solid var(--tk-line); border-radius: 12px; }
h1 { font-size: 18px; margin: 0 0 4px; } p { color: var(--tk-ink-soft); font-size: 14px; margin: 4px 0 16px; }
label { display: block; font-size: 14px; font-weight: 600; margin: 14px 0 4px; }
input { box-sizing: border-box; width: 100%; font: inherit; padding: 9px 10px; border-radius: 8px;
  border: 1px solid var(--tk-line-strong); background: var(--tk-card); color: var(--tk-ink); }
button { font: inherit; font-weight: 600; margin-top: 20px; width: 100%; padding: 10px; border: 0; border-radius: 9px;
  background: var(--tk-accent); color: var(--tk-on-accent); cursor: pointer; }
.other { display: block; box-sizing: border-box; text-align: center; font-weight: 600; text-decoration: none;
  margin: 16px 0 4px; padding: 9px; border: 1px solid var(--tk-line-strong); border-radius: 9px; color: var(--tk-ink); }
.error { background: var(--tk-doubtful-back); color: var(--tk-doubtful-ink); border-left: 4px solid
  var(--tk-doubtful-line); padding: 8px 12px; border-radius: 6px; }
a { color: var(--tk-link); } footer { margin-top: 18px; font-size: 13px; display: flex; gap: 16px; }
:is(input, button, a):focus-visible { outline: 2px solid var(--tk-accent); outline-offset: 2px; }
"""


def login_page(language: str, *, target: str, name: str = "", error: str = "", has_provider: bool = False) -> str:
    """Name and password, or the way to an identity provider; `target` is where a success leads."""
    other = next(one for one in LANGUAGES if one != language)
    switch = f"/{other}/login?{urlencode({'next': target})}"
    fields = (
        _field(language, "name", kind="text", complete="username", value=name, is_first=not name),
        _field(language, "password", kind="password", complete="current-password", is_first=bool(name)),
        f'<input type="hidden" name="next" value="{escape(target)}">',
    )
    form = _form(f"/{language}/login", fields, button=text(language, "login.submit"))
    if has_provider:
        way = f"/{language}/login/oidc?{urlencode({'next': target})}"
        form += f'<a class="other" id="oidc" href="{escape(way)}">{_said(language, "login.oidc")}</a>'
    footer = f'<a href="{escape(switch)}" lang="{other}" hreflang="{other}">{_said(language, "page.switch")}</a>'
    return _document(language, heading="login.title", lead="login.lead", error=error, content=form, footer=footer)


def password_page(language: str, *, person: Person, error: str = "") -> str:
    """The old password and a new one."""
    fields = (
        _field(language, "old", kind="password", complete="current-password", is_first=True),
        _field(language, "new", kind="password", complete="new-password"),
    )
    form = _form(f"/{language}/password", fields, button=text(language, "login.change"))
    lead = text(language, "login.new.lead", low=MIN_CHARACTERS, high=MAX_CHARACTERS, name=person.name)
    return _document(language, heading="login.new.title", lead_text=lead, error=error, content=form, footer="")


def refusal_page(language: str, *, person: Person) -> str:
    """A page that this role may not open."""
    role = text(language, f"role.{person.role}")
    lead = text(language, "login.refused.lead", role=role)
    back = f'<p><a href="/{language}/">{_said(language, "login.refused.back")}</a></p>'
    return _document(language, heading="login.refused.title", lead_text=lead, error="", content=back, footer="")


def _document(
    language: str, *, heading: str, error: str, content: str, footer: str, lead: str = "", lead_text: str = ""
) -> str:
    fonts = ", ".join(f"'{name}'" if " " in name else name for name in FONT_ORDER[language])
    shown = f'<p class="error" role="alert">{escape(error)}</p>' if error else ""
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{_said(language, heading)} – {_said(language, 'page.name')}</title>"
        '<link rel="icon" href="/favicon.ico">'
        f"<style>{colours_by_system()}{_STYLE}body {{ font-family: {fonts}; }}</style></head><body>"
        f"<main><h1>{_said(language, heading)}</h1><p>{escape(lead_text or text(language, lead))}</p>"
        f"{shown}{content}<footer>{footer}</footer></main></body></html>"
    )


def _form(action: str, fields: tuple[str, ...], *, button: str) -> str:
    return f'<form method="post" action="{action}">{"".join(fields)}<button>{escape(button)}</button></form>'


def _field(language: str, name: str, *, kind: str, complete: str, value: str = "", is_first: bool = False) -> str:
    focus = " autofocus" if is_first else ""
    return (
        f'<label for="{name}">{_said(language, f"login.field.{name}")}</label>'
        f'<input id="{name}" name="{name}" type="{kind}" autocomplete="{complete}" value="{escape(value)}"'
        f' required autocapitalize="none" spellcheck="false"{focus}>'
    )


def _said(language: str, key: str) -> str:
    return escape(text(language, key))
