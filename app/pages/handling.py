"""What every handler shares: who may call it, errors as a message on the page, checks of what a browser sends.

In: a handler, or a value from the browser. Out: a handler that raises `gr.Error`, or the checked value.
Knows nothing of pages or use cases.
"""

from __future__ import annotations

import functools
import html
import inspect
import logging
import math
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import Any

import gradio as gr

from app.pages.context import Context
from app.text import error_text
from backend.errors import AccessError, TashikaError
from backend.people.person import Person

LOGGER = logging.getLogger(__name__)

#: How every listener is attached: not listed as an API, no spinner over the page, no waiting for another's event.
LISTENER = {"api_visibility": "private", "show_progress": "hidden", "concurrency_limit": None}
MAX_TEXT_CHARACTERS = 20_000
MAX_NOTE_CHARACTERS = 2_000
MAX_USER_CHARACTERS = 200
MAX_ID = 2**53


class RequestError(TashikaError):
    """Something that this page never sends: an old tab, or a program that guesses."""


@contextmanager
def errors_as_messages(language: str) -> Iterator[None]:
    """Turn a `TashikaError` into a message on the page."""
    try:
        yield
    except TashikaError as error:
        LOGGER.info("refused: %s", error.code)
        # The browser parses the message as HTML, and it may quote a file name.
        message = html.escape(error_text(language, error))
        raise gr.Error(message, print_exception=False) from error


def shows_errors(language: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Turn a `TashikaError` of a handler, or of a generator of values, into a message in the language of the page."""

    def decorate(handler: Callable[..., Any]) -> Callable[..., Any]:
        if inspect.isgeneratorfunction(handler):

            @functools.wraps(handler)
            def guarded(*arguments: Any, **named: Any) -> Iterator[Any]:
                with errors_as_messages(language):
                    yield from handler(*arguments, **named)
        else:

            @functools.wraps(handler)
            def guarded(*arguments: Any, **named: Any) -> Any:
                with errors_as_messages(language):
                    return handler(*arguments, **named)

        return guarded

    return decorate


def authorizes(language: str, *, context: Context, role: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Like `shows_errors`, and let nobody call the handler whose role may not.

    Gradio hands the request to a parameter of the type `gr.Request`, so the guarded handler has one more of these in
    front. The person comes from the gate by way of that request; nothing that the browser says about itself counts.
    """

    def decorate(handler: Callable[..., Any]) -> Callable[..., Any]:
        if inspect.isgeneratorfunction(handler):

            @functools.wraps(handler)
            def guarded(sender: gr.Request, *arguments: Any, **named: Any) -> Iterator[Any]:
                context.person(sender.request).require(role)
                yield from handler(*arguments, **named)
        else:

            @functools.wraps(handler)
            def guarded(sender: gr.Request, *arguments: Any, **named: Any) -> Any:
                context.person(sender.request).require(role)
                return handler(*arguments, **named)

        signature = inspect.signature(handler)
        sender = inspect.Parameter("sender", inspect.Parameter.POSITIONAL_ONLY)
        guarded.__signature__ = signature.replace(parameters=[sender, *signature.parameters.values()])
        guarded.__annotations__ = {**getattr(handler, "__annotations__", {}), "sender": gr.Request}
        guarded.required_role = role
        return shows_errors(language)(guarded)

    return decorate


def person_of_page(context: Context, request: gr.Request, event: gr.EventData) -> Person:
    """Who sends an event of the review, if the page is this person's.

    Raises:
        AccessError: somebody else has logged in since the page was opened.
    """
    person = context.person(request.request)
    require_own_page(person, user=require_text(event._data.get("user"), limit=MAX_USER_CHARACTERS))
    return person


def owner_of_page(context: Context, request: gr.Request, owner: object) -> Person:
    """Like `person_of_page`, where the page keeps its `owner` in a component of its own."""
    person = context.person(request.request)
    require_own_page(person, user=require_text(owner, limit=MAX_USER_CHARACTERS))
    return person


def require_own_page(person: Person, *, user: str) -> None:
    """Refuse what was typed on the page of another `user`: a browser's tabs share one log-in.

    Raises:
        AccessError: the page is not this person's.
    """
    if user != person.name:
        raise AccessError(
            "access.other_person",
            "This page was opened by {user}, and {person} is logged in now; log in as {user} again, or reload it.",
            user=user,
            person=person.name,
        )


def require_id(value: object) -> int:
    """The number of a job, an item or a verdict."""
    number = _finite(value)
    if number is None or number != int(number) or not 0 < number < MAX_ID:
        raise RequestError("request.number", "This page sent no valid number. Reload the page and try again.")
    return int(number)


def optional_id(value: object) -> int | None:
    """Like `require_id`; an absent value is None."""
    return None if value in (None, "") else require_id(value)


def require_choice(value: object, *, choices: Collection[str]) -> str:
    """One of the choices that the page offers."""
    if not isinstance(value, str) or value not in choices:
        raise RequestError(
            "request.choice", "This page sent a choice that does not exist. Reload the page and try again."
        )
    return value


def require_number(value: object, *, low: float, high: float) -> float:
    """A number from `low` to `high`.

    Fields have no bounds of their own: Gradio would refuse a number beyond them before this, and in English.
    """
    number = _finite(value)
    if number is None or not low <= number <= high:
        raise RequestError(
            "request.range",
            "The number must be from {low} to {high}; enter it again.",
            low=f"{low:,.12g}",
            high=f"{high:,.12g}",
        )
    return number


def require_text(value: object, *, limit: int) -> str:
    """A text of at most `limit` characters; line ends become newlines."""
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > limit:
        raise RequestError(
            "request.text", "The text must have at most {limit} characters; shorten it and try again.", limit=limit
        )
    clean = value.encode("utf-8", "replace").decode("utf-8").replace("\x00", "")
    return clean.replace("\r\n", "\n").replace("\r", "\n")


def _finite(value: object) -> float | None:
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None
