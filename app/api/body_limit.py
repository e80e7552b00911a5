"""A limit on the size of a request: a body is refused before it fills the memory, whoever sends it.

In: ASGI requests. Out: the same, or 413. Knows nothing of what a body means.
"""

from __future__ import annotations

import logging

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from backend.documents import MAX_BYTES

LOGGER = logging.getLogger(__name__)

#: A file of the largest size that is read, with room for what is sent around it.
MAX_BODY_BYTES = MAX_BYTES + 1024 * 1024


class BodyTooLargeError(Exception):
    """Raised inside of `receive`, where no answer can be given."""


class BodyLimit:
    """Counts what arrives, because a sender may say anything about its length."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, up to the limit."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        announced = Headers(scope=scope).get("content-length", "0")
        if announced.isdecimal() and int(announced) > MAX_BODY_BYTES:
            await _refusal()(scope, receive, send)
            return
        count = 0

        async def counted() -> Message:
            nonlocal count
            message = await receive()
            count += len(message.get("body", b""))
            if count > MAX_BODY_BYTES:
                raise BodyTooLargeError
            return message

        async def unless_too_large(message: Message) -> None:
            # Whoever reads the body takes the error for a broken one and says so; this says it better.
            if count <= MAX_BODY_BYTES:
                await send(message)

        try:
            await self.app(scope, counted, unless_too_large)
        except BodyTooLargeError:
            LOGGER.info("refused: a body of more than %d bytes", MAX_BODY_BYTES)
        if count > MAX_BODY_BYTES:
            await _refusal()(scope, receive, send)


def _refusal() -> JSONResponse:
    message = f"The request is too large; at most {MAX_BODY_BYTES // 1024**2} MB are read."
    return JSONResponse({"code": "request.too_large", "message": message}, 413)
