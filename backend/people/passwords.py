"""Passwords: what is stored of one, whether one fits, and a random one.

In: a password. Out: its Argon2id hash, or whether it fits one. Knows nothing of users.
"""

from __future__ import annotations

import secrets
import unicodedata
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from backend.errors import AccessError

MIN_CHARACTERS = 10
MAX_CHARACTERS = 200  # longer ones only cost time
# OWASP's parameters for Argon2id: 19 MiB and two passes, so that many logins at once do not exhaust the memory.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_TEMPORARY_BYTES = 12


def hash_password(password: str) -> str:
    """What is stored of a password.

    Raises:
        AccessError: it is too short or too long.
    """
    if not MIN_CHARACTERS <= len(password) <= MAX_CHARACTERS:
        raise AccessError(
            "password.length",
            "A password must have {low} to {high} characters; choose another.",
            low=MIN_CHARACTERS,
            high=MAX_CHARACTERS,
        )
    return _HASHER.hash(_unify(password))


def fits(password: str, stored: str | None) -> bool:
    """Whether a password is the stored one; takes as long for a user who does not exist (None)."""
    try:
        _HASHER.verify(stored if stored is not None else _hash_of_nobody(), _unify(password[:MAX_CHARACTERS]))
    except VerifyMismatchError:
        return False
    return stored is not None and len(password) <= MAX_CHARACTERS


def make_password() -> str:
    """A random password of 96 bits."""
    return secrets.token_urlsafe(_TEMPORARY_BYTES)


def _unify(password: str) -> bytes:
    """One spelling for what looks the same; keyboards differ in how they send 'ガ'."""
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")


@cache
def _hash_of_nobody() -> str:
    return _HASHER.hash(secrets.token_bytes(16))
