"""The page *Users*: who may log in and as what, the tokens of programs, and the addresses that are told of events.

In: what an administrator types or presses. Out: the same calls as `tashika users …`, and a temporary password, shown
once. Knows nothing of passwords beyond passing a temporary one on.
"""

from __future__ import annotations

import gradio as gr

from app.components.element import build_element
from app.pages.context import Context
from app.pages.frame import PAGE_ROLES, build_frame
from app.pages.handling import LISTENER, authorizes, require_choice, require_id, require_text
from app.text import local_time, text
from backend.errors import AccessError
from backend.people import tokens, users
from backend.people.person import ROLES, TokenView, UserView
from backend.webhooks import addresses
from backend.webhooks.addresses import WebhookView

ACTIONS = ("add", "role", "disable", "enable", "password")
MAX_TYPED_CHARACTERS = 200


def build_users(language: str, context: Context) -> None:
    """Build the page inside the Blocks under construction."""
    build_frame(language, path="users")
    with gr.Row(equal_height=False):
        with gr.Column(scale=3, min_width=320):
            gr.Markdown(f"## {text(language, 'users.title')}", elem_classes="tk-heading", container=False)
            listed = build_element("sheet", elem_id="users")
        with gr.Column(scale=2, min_width=300):
            gr.Markdown(f"## {text(language, 'users.change')}", elem_classes="tk-heading", container=False)
            gr.Markdown(text(language, "users.info"), elem_classes="tk-note-text", container=False)
            said = build_element("sheet", elem_id="users-said")
            name = gr.Textbox(
                label=text(language, "users.name"), max_length=MAX_TYPED_CHARACTERS, max_lines=1, elem_id="user-name"
            )
            role = gr.Radio(
                choices=[(text(language, f"role.{one}"), one) for one in ROLES],
                label=text(language, "users.role"),
                info=text(language, "users.role.info"),
                value=ROLES[0],
                elem_id="user-role",
            )
            with gr.Row():
                buttons = {
                    action: gr.Button(
                        text(language, f"users.do.{action}"),
                        variant="primary" if action == "add" else "secondary",
                        elem_id=f"user-{action}",
                        min_width=130,
                    )
                    for action in ACTIONS
                }
    gr.Markdown(f"## {text(language, 'users.tokens')}", elem_classes="tk-heading", container=False)
    gr.Markdown(text(language, "users.tokens.info"), elem_classes="tk-note-text", container=False)
    token_list = build_element("sheet", elem_id="tokens")
    gr.Markdown(f"## {text(language, 'users.webhooks')}", elem_classes="tk-heading", container=False)
    gr.Markdown(text(language, "users.webhooks.info"), elem_classes="tk-note-text", container=False)
    webhook_list = build_element("sheet", elem_id="webhooks")
    guarded = authorizes(language, context=context, role=PAGE_ROLES["users"])
    lists = [listed, token_list, webhook_list]

    def open_page() -> tuple:
        return _show(context, language=language)

    def choose(event: gr.EventData) -> tuple:
        number = require_id(event._data.get("number"))
        found = next((one for one in users.list_users(context.database) if one.id == number), None)
        if found is None:
            raise AccessError("users.not_found", "There is no user {name}.", name=number)
        return found.name, found.role

    def revoke(request: gr.Request, event: gr.EventData) -> tuple:
        number = require_id(event._data.get("number"))
        tokens.revoke(context.database, number, by=context.current_user(request.request))
        return note(text(language, "users.said.revoked", token=number)), *_show(context, language=language)

    def doing(action: str):
        def act(typed: str, chosen: str, request: gr.Request) -> tuple:
            wanted = require_text(typed, limit=MAX_TYPED_CHARACTERS)
            by = context.current_user(request.request)
            lines = change(context, action, name=wanted, role=chosen, by=by, language=language)
            return note(*lines), *_show(context, language=language)

        act.__name__ = f"{action}_user"
        return act

    gr.context.Context.root_block.load(guarded(open_page), None, lists, **LISTENER)
    listed.press(guarded(choose), None, [name, role], **LISTENER)
    token_list.press(guarded(revoke), None, [said, *lists], **LISTENER)
    for action, button in buttons.items():
        button.click(guarded(doing(action)), [name, role], [said, *lists], **LISTENER)


def change(context: Context, action: str, *, name: str, role: str, by: str, language: str) -> list[str]:
    """Do one of `ACTIONS`; what to say of it, with a password where one was made.

    Raises:
        AccessError: the name or the role does not allow it.
    """
    database, made = context.database, None
    if action == "add":
        made = _add(context, name=name, role=require_choice(role, choices=ROLES), by=by)
    elif action == "role":
        users.set_role(database, name=name, role=require_choice(role, choices=ROLES), by=by)
    elif action == "password":
        made = users.set_password(database, name=name, by=by)
    else:
        users.set_disabled(database, name=name, is_disabled=action == "disable", by=by)
    shown = text(language, f"role.{role}") if action in ("add", "role") else ""
    lines = [text(language, f"users.said.{action}", name=users.clean_name(name), role=shown)]
    return lines if made is None else [*lines, text(language, "users.said.made", password=made)]


def _add(context: Context, *, name: str, role: str, by: str) -> str | None:
    # From the first user on everybody logs in: one who may not come back here would lock this page for ever.
    if role != "admin" and not users.exist(context.database):
        raise AccessError("users.first", "The first user must be an administrator: nobody else could add the others.")
    return users.add(context.database, name=name, role=role, by=by)


def _show(context: Context, *, language: str) -> tuple[dict, dict, dict]:
    return (
        users_value(users.list_users(context.database), language=language),
        tokens_value(tokens.list_tokens(context.database), language=language),
        webhooks_value(addresses.list_webhooks(context.database), language=language),
    )


def users_value(found: tuple[UserView, ...], *, language: str) -> dict:
    """The users as a table; a press puts one into the form."""
    rows = [
        [
            {
                "button": user.name,
                "press": user.id,
                "label": text(language, "users.choose", name=user.name),
            },
            text(language, f"role.{user.role}"),
            text(language, f"users.state.{state_of(user)}"),
            local_time(language, user.created_at),
        ]
        for user in found
    ]
    return _table("users", ("name", "role", "state", "since"), rows, language=language)


def state_of(user: UserView) -> str:
    """Whether and how a user logs in: "disabled", "provider", "temporary" or "active"."""
    if user.is_disabled:
        return "disabled"
    if user.is_provided:
        return "provider"
    return "temporary" if user.is_temporary else "active"


def tokens_value(found: tuple[TokenView, ...], *, language: str) -> dict:
    """The tokens by their beginnings; a press revokes one."""
    rows = [
        [
            token.name,
            f"{token.prefix}…",
            token.owner,
            ", ".join(token.scopes),
            local_time(language, token.created_at),
            text(language, "users.token.revoked")
            if token.is_revoked
            else {
                "button": text(language, "users.token.revoke"),
                "press": token.id,
                "label": text(language, "users.token.revoke.label", name=token.name),
            },
        ]
        for token in found
    ]
    return _table("tokens", ("what", "token", "owner", "scopes", "since", "state"), rows, language=language)


def webhooks_value(found: tuple[WebhookView, ...], *, language: str) -> dict:
    """The addresses that are told of events."""
    rows = [[hook.url, ", ".join(hook.events), local_time(language, hook.created_at)] for hook in found]
    return _table("webhooks", ("url", "events", "since"), rows, language=language)


def note(*lines: str) -> dict:
    """What has just happened."""
    return {"blocks": [{"type": "note", "tone": "good", "lines": list(lines)}]}


def _table(name: str, head: tuple[str, ...], rows: list[list], *, language: str) -> dict:
    if not rows:
        return {"blocks": [{"type": "note", "tone": "plain", "lines": [text(language, f"users.none.{name}")]}]}
    label = text(language, "users.title" if name == "users" else f"users.{name}")
    return {
        "blocks": [
            {
                "type": "table",
                "label": label,
                "head": [text(language, f"users.head.{one}") for one in head],
                "rows": rows,
            }
        ]
    }
