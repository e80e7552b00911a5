"""`tashika users`, `tokens`, `webhooks`, `submit` as a shell sees them; `people` and `watching` do the work."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from backend.config import Settings
from backend.people.person import ROLES, SCOPES
from backend.review.store.storable import MAX_NUMBER

Role = StrEnum("Role", {role.upper(): role for role in ROLES})
Scope = StrEnum("Scope", {scope.upper(): scope for scope in SCOPES})
Event = StrEnum("Event", {"REVIEW_NEEDED": "review.needed", "VERDICT_GIVEN": "verdict.given"})
FromStdin = Annotated[bool, typer.Option("--password-stdin", help="Read the password from standard input.")]
Temporary = Annotated[bool, typer.Option("--temporary", help="Make a password that must be changed at first login.")]
UserName = Annotated[str, typer.Argument(help="Name to log in with.")]
Subject = Annotated[str, typer.Option(help="The account's number or name at the provider (claim sub).")]
Issuer = Annotated[str | None, typer.Option(help="The provider's address (claim iss); default TASHIKA_OIDC_ISSUER.")]
ForUser = Annotated[str | None, typer.Option("--user", help="User that it is done for; needed once there are users.")]

users_cli = typer.Typer(help="Who may log in, and as what.", no_args_is_help=True)
tokens_cli = typer.Typer(help="Tokens of programs that use /api/v1.", no_args_is_help=True)
webhooks_cli = typer.Typer(help="Addresses that are told of events.", no_args_is_help=True)


def add_people(cli: typer.Typer) -> None:
    """Add these commands to the command line."""
    cli.add_typer(users_cli, name="users")
    cli.add_typer(tokens_cli, name="tokens")
    cli.add_typer(webhooks_cli, name="webhooks")
    cli.command("submit")(submit)


@users_cli.command("add")
def add_user(
    name: UserName,
    role: Annotated[Role, typer.Option(help="What the user may do; each role may do what the ones before may.")],
    from_stdin: FromStdin = False,
    temporary: Temporary = False,
) -> None:
    """Add a user; asks for a password unless told otherwise."""
    from app.commands import people  # noqa: PLC0415

    made = people.add_user(Settings(), name, role=role.value, password=_password(from_stdin, temporary))
    _say(f"user {name} added as {role.value}")
    _say_once("temporary password", made)


@users_cli.command("list")
def list_users() -> None:
    """List the users with their roles."""
    from app.commands import people  # noqa: PLC0415

    _say_lines(people.describe_users(Settings()))


@users_cli.command("role")
def set_role(name: UserName, role: Annotated[Role, typer.Argument(help="The new role.")]) -> None:
    """Give a user another role."""
    from app.commands import people  # noqa: PLC0415

    people.set_role(Settings(), name, role=role.value)
    _say(f"user {name} is {role.value} now")


@users_cli.command("disable")
def disable_user(
    name: UserName, undo: Annotated[bool, typer.Option("--undo", help="Let the user in again.")] = False
) -> None:
    """Lock a user out at once; nothing that the user did is lost."""
    from app.commands import people  # noqa: PLC0415

    people.set_disabled(Settings(), name, is_disabled=not undo)
    _say(f"user {name} may {'log in again' if undo else 'not log in any more'}")


@users_cli.command("password")
def set_password(name: UserName, from_stdin: FromStdin = False, temporary: Temporary = False) -> None:
    """Replace a password and log the user out everywhere."""
    from app.commands import people  # noqa: PLC0415

    made = people.set_password(Settings(), name, password=_password(from_stdin, temporary))
    _say(f"password of {name} changed")
    _say_once("temporary password", made)


@users_cli.command("link")
def link_user(name: UserName, subject: Subject, issuer: Issuer = None) -> None:
    """Let an account of an identity provider log in as this user; `users list` shows the accounts that have come in."""
    from app.commands import people  # noqa: PLC0415

    made = people.link_user(Settings(), name, issuer=issuer, subject=subject)
    moved = f" and no longer as {made.before}" if made.before not in ("", made.user) else ""
    _say(f"account {made.subject} at {made.issuer} logs in as {made.user}{moved}")


@users_cli.command("unlink")
def unlink_user(name: UserName, subject: Subject, issuer: Issuer = None) -> None:
    """Let an account no longer log in as this user."""
    from app.commands import people  # noqa: PLC0415

    people.unlink_user(Settings(), name, issuer=issuer, subject=subject)
    _say(f"account {subject} no longer logs in as {name}")


@tokens_cli.command("create")
def create_token(
    name: Annotated[str, typer.Argument(help="What the token is for, as listed.")],
    scope: Annotated[list[Scope], typer.Option(help="What it may be used for; may be repeated.")],
    user: ForUser = None,
) -> None:
    """Make a token; it is shown this once."""
    from app.commands import people  # noqa: PLC0415

    _say(people.create_token(Settings(), name, scopes=[one.value for one in scope], owner=user))


@tokens_cli.command("list")
def list_tokens() -> None:
    """List the tokens by their beginnings."""
    from app.commands import people  # noqa: PLC0415

    _say_lines(people.describe_tokens(Settings()))


@tokens_cli.command("revoke")
def revoke_token(
    token: Annotated[int, typer.Argument(min=1, max=MAX_NUMBER, help="Number of the token, as listed.")],
) -> None:
    """End a token."""
    from app.commands import people  # noqa: PLC0415

    people.revoke_token(Settings(), token)
    _say(f"token {token} revoked")


@webhooks_cli.command("add")
def add_webhook(
    url: Annotated[str, typer.Argument(help="http(s) address that gets a POST.")],
    event: Annotated[list[Event] | None, typer.Option(help="May be repeated; default: all.")] = None,
) -> None:
    """Tell an address of events; prints the secret that signs them, this once."""
    from app.commands import people  # noqa: PLC0415

    number, secret = people.add_webhook(Settings(), url, events=[one.value for one in event or list(Event)])
    _say(f"webhook {number} added")
    _say_once("secret", secret)


@webhooks_cli.command("list")
def list_webhooks() -> None:
    """List the addresses."""
    from app.commands import people  # noqa: PLC0415

    _say_lines(people.describe_webhooks(Settings()))


@webhooks_cli.command("remove")
def remove_webhook(
    webhook: Annotated[int, typer.Argument(min=1, max=MAX_NUMBER, help="Number of the webhook, as listed.")],
) -> None:
    """Tell an address nothing more."""
    from app.commands import people  # noqa: PLC0415

    people.remove_webhook(Settings(), webhook)
    _say(f"webhook {webhook} removed")


@webhooks_cli.command("dead")
def list_dead() -> None:
    """List messages that were given up after the last try."""
    from app.commands import people  # noqa: PLC0415

    _say_lines(people.describe_dead(Settings()))


@webhooks_cli.command("retry")
def retry_dead(
    message: Annotated[
        int | None, typer.Argument(min=1, max=MAX_NUMBER, help="Number of the message; default: all.")
    ] = None,
) -> None:
    """Send messages that were given up once more."""
    from app.commands import people  # noqa: PLC0415

    _say(f"{people.retry_dead(Settings(), message)} messages wait again")


def submit(
    folder: Annotated[Path, typer.Argument(help="Folder with txt, md, csv, xlsx, docx or pdf files.")],
    watch: Annotated[bool, typer.Option("--watch", help="Go on with files that come later.")] = False,
    user: ForUser = None,
) -> None:
    """Queue the files of a folder, each content once; files are read and left where they are."""
    from app.commands import watching  # noqa: PLC0415

    refused = 0
    for outcome in watching.submit_folder(Settings(), folder, owner=user, is_watching=watch):
        _say(outcome.line)
        refused += outcome.is_refused
    if refused:
        raise typer.Exit(1)


def _password(from_stdin: bool, temporary: bool) -> str | None:
    """The password that was typed, or None for a temporary one."""
    if temporary:
        return None
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    return typer.prompt("Password", hide_input=True, confirmation_prompt=True)


def _say(value: str) -> None:
    sys.stdout.write(f"{value}\n")
    sys.stdout.flush()


def _say_lines(lines: list[str]) -> None:
    for line in lines:
        _say(line)


def _say_once(what: str, secret: str | None) -> None:
    if secret is not None:
        _say(f"{what}, shown this once: {secret}")
