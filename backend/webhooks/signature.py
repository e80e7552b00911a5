"""The signature of a message, as Standard Webhooks (https://www.standardwebhooks.com) defines it.

In: the secret, the message's number, the time, the body. Out: the headers. Receivers have ready-made checks for it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac

from backend.webhooks.addresses import SECRET_MARK


def sign(secret: str, *, message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """HMAC-SHA256 over `id.timestamp.body`; the timestamp lets a receiver refuse what is old."""
    key = base64.b64decode(secret.removeprefix(SECRET_MARK))
    signed = f"{message_id}.{timestamp}.".encode() + body
    signature = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": f"v1,{signature}",
    }
