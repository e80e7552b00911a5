"""OpenID Connect: the way to an identity provider and back, by authorization code with PKCE.

In: the provider's address and what this program is to it (`Client`). Out: an address to send the browser to, and,
from the code it comes back with, an `Account` that the provider has signed for. Authlib and joserfc do the protocol.
Knows nothing of users, roles or pages. Kept between the two steps: `Begun`, by the browser.
"""

from __future__ import annotations

import ipaddress
import logging
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx2
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.httpx_client import OAuth2Client
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from backend.errors import AccessError
from backend.people.identities import Account

LOGGER = logging.getLogger(__name__)

SCOPE = "openid profile email"
#: Signatures with a key pair only: "none" is no signature, and a shared secret would let the client sign.
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
CLOCK_LEEWAY_SECONDS = 60
TIMEOUT_SECONDS = 10
METADATA_SECONDS = 600
MAX_SUBJECT_CHARACTERS = 255  # the standard's
_RANDOM_BYTES = 32  # 43 characters, the least that PKCE takes
_NEEDED = ("authorization_endpoint", "token_endpoint", "jwks_uri")


@dataclass(frozen=True, slots=True)
class Client:
    """What this program is to the provider.

    Attributes:
        issuer: the provider's address, as it names itself.
        client_id: under which it knows this program.
        client_secret: "" for a public client.
        role_claim: the claim that names groups; `a.b` for one inside another.
    """

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    role_claim: str


@dataclass(frozen=True, slots=True)
class Begun:
    """What must fit when the browser comes back."""

    state: str
    nonce: str
    verifier: str


class Provider:
    """One identity provider. Asked what it is when somebody first logs in, so that it may be away at the start."""

    def __init__(self, client: Client) -> None:
        if not is_secure(client.issuer) or not client.client_id:
            raise AccessError(
                "oidc.settings",
                "TASHIKA_OIDC_ISSUER must be an https address, and TASHIKA_OIDC_CLIENT_ID must be set with it.",
            )
        self.client = client
        self._metadata: dict[str, Any] = {}
        self._known_until = 0.0

    def begin(self, *, redirect_uri: str) -> tuple[str, Begun]:
        """Where to send the browser, and what to remember.

        Raises:
            AccessError: the provider does not answer, or not as one.
        """
        begun = Begun(*(secrets.token_urlsafe(_RANDOM_BYTES) for _ in range(3)))
        endpoint = self._describe()["authorization_endpoint"]
        with self._open(redirect_uri=redirect_uri) as browser:
            address, _ = browser.create_authorization_url(
                endpoint, state=begun.state, nonce=begun.nonce, code_verifier=begun.verifier
            )
        return address, begun

    def finish(self, *, code: str, begun: Begun, redirect_uri: str) -> Account:
        """Whom the provider sent back.

        Raises:
            AccessError: the provider does not answer, or with something that it has not signed for this login.
        """
        metadata = self._describe()
        try:
            with self._open(redirect_uri=redirect_uri) as asking:
                token = asking.fetch_token(metadata["token_endpoint"], code=code, code_verifier=begun.verifier)
                keys = _get(asking, metadata["jwks_uri"])
                signed = self._verify(token, keys=keys, issuer=metadata["issuer"], nonce=begun.nonce)
                told = _ask_more(asking, metadata.get("userinfo_endpoint"), subject=signed["sub"])
        except httpx2.HTTPError as error:
            raise _unreachable(error) from error
        except (AuthlibBaseError, JoseError, ValueError, KeyError) as error:
            raise _unverified(error) from error
        return self._to_account({**told, **signed})

    def _open(self, *, redirect_uri: str) -> OAuth2Client:
        offered = self._describe().get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        by_secret = "client_secret_basic" if "client_secret_basic" in offered else "client_secret_post"
        return OAuth2Client(
            self.client.client_id,
            self.client.client_secret or None,
            token_endpoint_auth_method=by_secret if self.client.client_secret else "none",
            scope=SCOPE,
            redirect_uri=redirect_uri,
            code_challenge_method="S256",
            timeout=TIMEOUT_SECONDS,
        )

    def _describe(self) -> dict[str, Any]:
        """What the provider says about itself; asked again after a while."""
        if time.monotonic() < self._known_until:
            return self._metadata
        address = f"{self.client.issuer.rstrip('/')}/.well-known/openid-configuration"
        try:
            with httpx2.Client(timeout=TIMEOUT_SECONDS) as asking:
                metadata = _get(asking, address)
            is_asked_one = str(metadata["issuer"]).rstrip("/") == self.client.issuer.rstrip("/")
            if not is_asked_one or not all(is_secure(metadata[name]) for name in _NEEDED):
                raise ValueError("another issuer, or an address without encryption")
        except httpx2.HTTPError as error:
            raise _unreachable(error) from error
        except (ValueError, KeyError) as error:
            raise _unverified(error) from error
        self._metadata, self._known_until = metadata, time.monotonic() + METADATA_SECONDS
        return metadata

    def _verify(self, token: Mapping[str, Any], *, keys: dict[str, Any], issuer: str, nonce: str) -> dict[str, Any]:
        """The claims of an ID token that this provider signed for this program and this login, just now."""
        decoded = jwt.decode(str(token["id_token"]), KeySet.import_key_set(keys), algorithms=ALGORITHMS)
        claims = CodeIDToken(
            decoded.claims,
            decoded.header,
            options={
                "iss": {"essential": True, "value": issuer},
                "aud": {"essential": True, "value": self.client.client_id},
                "sub": {"essential": True},
                "exp": {"essential": True},
            },
            params={"nonce": nonce, "client_id": self.client.client_id, "access_token": token.get("access_token")},
        )
        claims.validate(leeway=CLOCK_LEEWAY_SECONDS)
        if not isinstance(claims["sub"], str) or not 0 < len(claims["sub"]) <= MAX_SUBJECT_CHARACTERS:
            raise ValueError("no subject")
        return dict(claims)

    def _to_account(self, claims: Mapping[str, Any]) -> Account:
        return Account(
            issuer=claims["iss"],
            subject=claims["sub"],
            name=_text(claims.get("preferred_username")),
            email=_text(claims.get("email")),
            is_email_verified=claims.get("email_verified") in (True, "true"),
            groups=_groups(claims, self.client.role_claim),
        )


def is_secure(address: object) -> bool:
    """Whether an address is https, or on this machine."""
    if not isinstance(address, str):
        return False
    parts = urlsplit(address)
    return bool(parts.hostname) and (parts.scheme == "https" or (parts.scheme == "http" and _is_here(parts.hostname)))


def _is_here(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _get(asking: httpx2.Client, address: str) -> dict[str, Any]:
    if isinstance(asking, OAuth2Client):  # keys are public: no token is shown for them
        answer = asking.request("GET", address, withhold_token=True)
    else:
        answer = asking.get(address)
    answer.raise_for_status()
    content = answer.json()
    if not isinstance(content, dict):
        raise ValueError("no JSON object")
    return content


def _ask_more(asking: OAuth2Client, address: str | None, *, subject: str) -> dict[str, Any]:
    """Names, addresses and groups that many providers tell only here; of this subject, or nothing."""
    if address is None or not is_secure(address):
        return {}
    answer = asking.get(address)
    answer.raise_for_status()
    if not answer.headers.get("content-type", "").startswith("application/json"):
        return {}
    told = answer.json()
    return told if isinstance(told, dict) and told.get("sub") == subject else {}


def _groups(claims: Mapping[str, Any], name: str) -> tuple[str, ...]:
    found: object = claims
    for part in (name,) if name in claims else name.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    listed = found if isinstance(found, list) else [found]
    return tuple(one for one in listed if isinstance(one, str))


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _unreachable(error: Exception) -> AccessError:
    LOGGER.warning("identity provider: %s: %s", type(error).__name__, error)
    return AccessError(
        "oidc.unreachable", "The identity provider does not answer; try again later, or log in with a password."
    )


def _unverified(error: Exception) -> AccessError:
    LOGGER.warning("identity provider: %s: %s", type(error).__name__, error)
    return AccessError(
        "oidc.answer", "The identity provider's answer could not be verified; try again, or ask an administrator."
    )
