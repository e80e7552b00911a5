"""What `tashika users`, `tokens` and `webhooks` do: one use case each on the database, and lines to show."""

from __future__ import annotations

from collections.abc import Sequence

from app.commands.reviewing import PERSON, opened
from backend.config import Settings
from backend.people import linking, tokens, users
from backend.webhooks import addresses


def add_user(settings: Settings, name: str, *, role: str, password: str | None) -> str | None:
    """Add a user; a temporary password where one was made."""
    with opened(settings) as database:
        return users.add(database, name=name, role=role, password=password)


def describe_users(settings: Settings) -> list[str]:
    """A line a user, and one for each account of an identity provider that logs in as this user."""
    with opened(settings) as database:
        found, links = users.list_users(database), linking.list_links(database)
    lines = []
    for user in found:
        lines.append(
            f"{user.name:<24} {user.role:<10} {'disabled' if user.is_disabled else ''}"
            f"{'temporary password' if user.is_temporary and not user.is_disabled else ''}"
            f"{'company account' if user.is_provided and not user.is_disabled else ''}".rstrip()
        )
        lines.extend(f"    account {one.subject} at {one.issuer}" for one in links if one.user == user.name)
    return lines


def link_user(settings: Settings, name: str, *, issuer: str | None, subject: str) -> linking.Link:
    """Let an account log in as a user; without an issuer one of `TASHIKA_OIDC_ISSUER`."""
    with opened(settings) as database:
        return linking.link(database, name=name, issuer=issuer or settings.oidc_issuer, subject=subject)


def unlink_user(settings: Settings, name: str, *, issuer: str | None, subject: str) -> None:
    """Let an account no longer log in as a user."""
    with opened(settings) as database:
        linking.unlink(database, name=name, issuer=issuer or settings.oidc_issuer, subject=subject)


def set_role(settings: Settings, name: str, *, role: str) -> None:
    """Give a user another role."""
    with opened(settings) as database:
        users.set_role(database, name=name, role=role)


def set_disabled(settings: Settings, name: str, *, is_disabled: bool) -> None:
    """Lock a user out, or let one in again."""
    with opened(settings) as database:
        users.set_disabled(database, name=name, is_disabled=is_disabled)


def set_password(settings: Settings, name: str, *, password: str | None) -> str | None:
    """Replace a password; a temporary one where one was made."""
    with opened(settings) as database:
        return users.set_password(database, name=name, password=password)


def create_token(settings: Settings, name: str, *, scopes: Sequence[str], owner: str | None) -> str:
    """Make a token."""
    with opened(settings) as database:
        return tokens.create(database, name=name, scopes=scopes, owner=owner)


def describe_tokens(settings: Settings) -> list[str]:
    """A line a token."""
    with opened(settings) as database:
        found = tokens.list_tokens(database)
    return [
        f"{token.id:>4}  {token.prefix}…  {token.owner:<16} {','.join(token.scopes):<28} {token.name}"
        f"{'  (revoked)' if token.is_revoked else ''}"
        for token in found
    ]


def revoke_token(settings: Settings, token_id: int) -> None:
    """End a token."""
    with opened(settings) as database:
        tokens.revoke(database, token_id)


def add_webhook(settings: Settings, url: str, *, events: Sequence[str]) -> tuple[int, str]:
    """Tell an address of events; its number and its secret."""
    with opened(settings) as database:
        return addresses.add(database, url=url, events=events, by=PERSON)


def describe_webhooks(settings: Settings) -> list[str]:
    """A line an address."""
    with opened(settings) as database:
        found = addresses.list_webhooks(database)
    return [f"{hook.id:>4}  {hook.url}  {','.join(hook.events)}" for hook in found]


def remove_webhook(settings: Settings, webhook_id: int) -> None:
    """Tell an address nothing more."""
    with opened(settings) as database:
        addresses.remove(database, webhook_id, by=PERSON)


def describe_dead(settings: Settings) -> list[str]:
    """A line a message that was given up."""
    with opened(settings) as database:
        found = addresses.dead_letters(database)
    return [
        f"{letter.id:>6}  {letter.created_at:%Y-%m-%d %H:%M} UTC  {letter.event}  {letter.url}  "
        f"{letter.attempts} tries, last: {letter.last_error}"
        for letter in found
    ]


def retry_dead(settings: Settings, delivery_id: int | None) -> int:
    """Send one message, or all, once more."""
    with opened(settings) as database:
        return addresses.retry(database, delivery_id=delivery_id)
