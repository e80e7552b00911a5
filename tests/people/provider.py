"""A real OpenID provider on this machine, made of Authlib's server part: codes, PKCE, signed tokens, user info.

In: whom it believes to be in front of the browser (`account`), and what it gets wrong (`wrong`, other claims in its
tokens; `signs_with`, another key). Out: the address it can be reached at. It asks nothing and lets everybody through,
so that a test, or a browser, only follows redirects.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import flask
from authlib.integrations.flask_oauth2 import AuthorizationServer, ResourceProtector, current_token
from authlib.oauth2.rfc6749 import ClientMixin
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant
from authlib.oauth2.rfc6750 import BearerTokenValidator
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oidc.core import OpenIDCode
from joserfc.jwk import RSAKey
from werkzeug.serving import make_server

CLIENT_ID, CLIENT_SECRET = "tashika-test", "a secret of the test"


@dataclass
class TestProvider:
    """What the provider does next, and where it is."""

    url: str = ""
    account: dict = field(default_factory=dict)
    told_later: dict = field(default_factory=dict)  # only by the address for user info
    wrong: dict = field(default_factory=dict)
    refuses: str = ""
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one"}))
    signs_with: RSAKey | None = None
    codes: dict = field(default_factory=dict)
    tokens: dict = field(default_factory=dict)
    callbacks: list = field(default_factory=list)

    __test__ = False

    def forget(self) -> None:
        """Be the provider that it should be again."""
        self.account, self.told_later, self.wrong, self.refuses, self.signs_with = {}, {}, {}, "", None


class _Client(ClientMixin):
    def get_client_id(self):
        return CLIENT_ID

    def check_redirect_uri(self, redirect_uri):
        return redirect_uri.endswith("/login/oidc/callback")

    def get_allowed_scope(self, scope):
        return scope

    def check_client_secret(self, client_secret):
        return client_secret == CLIENT_SECRET

    def check_endpoint_auth_method(self, method, endpoint):
        return method == "client_secret_basic"

    def check_response_type(self, response_type):
        return response_type == "code"

    def check_grant_type(self, grant_type):
        return grant_type == "authorization_code"


@dataclass
class _Code:
    code: str
    redirect_uri: str
    scope: str
    nonce: str
    code_challenge: str
    code_challenge_method: str
    account: dict

    def get_redirect_uri(self):
        return self.redirect_uri

    def get_scope(self):
        return self.scope

    def get_nonce(self):
        return self.nonce

    def get_auth_time(self):
        return None

    get_acr = get_amr = get_auth_time


@dataclass
class _Token:
    account: dict
    scope: str

    def get_scope(self):
        return self.scope

    def is_expired(self):
        return False

    is_revoked = is_expired


def build_provider(provider: TestProvider) -> flask.Flask:
    """The provider as a web application."""
    app = flask.Flask("provider")
    server = AuthorizationServer(
        app,
        query_client=lambda client_id: _Client() if client_id == CLIENT_ID else None,
        save_token=lambda token, request: provider.tokens.update(
            {token["access_token"]: _Token(request.user, token["scope"])}
        ),
    )
    server.register_grant(_build_grant(provider), [_build_tokens(provider), CodeChallenge(required=True)])
    protect = ResourceProtector()
    protect.register_token_validator(_build_validator(provider))

    @app.get("/.well-known/openid-configuration")
    def describe():
        names = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "keys"}
        addresses = {name: f"{provider.url}/{path}" for name, path in names.items()}
        return {"issuer": provider.url, "userinfo_endpoint": f"{provider.url}/userinfo", **addresses}

    @app.get("/authorize")
    def authorize():
        user = None if provider.refuses else provider.account
        answer = server.create_authorization_response(grant=server.get_consent_grant(end_user=user), grant_user=user)
        provider.callbacks.append(answer.headers.get("Location", ""))
        return answer

    @app.post("/token")
    def token():
        return server.create_token_response()

    @app.get("/keys")
    def keys():
        return {"keys": [provider.key.as_dict(private=False)]}

    @app.get("/userinfo")
    @protect("openid")
    def userinfo():
        return {**current_token.account, **provider.told_later}

    return app


def _build_grant(provider: TestProvider) -> type[AuthorizationCodeGrant]:
    class Grant(AuthorizationCodeGrant):
        TOKEN_ENDPOINT_AUTH_METHODS = ["client_secret_basic"]

        def save_authorization_code(self, code, request):
            data = request.payload.data
            names = ("redirect_uri", "scope", "nonce", "code_challenge", "code_challenge_method")
            assert data["code_challenge_method"] == "S256"
            provider.codes[code] = _Code(code, *(data[name] for name in names), account=dict(request.user))

        def query_authorization_code(self, code, client):
            return provider.codes.get(code)

        def delete_authorization_code(self, authorization_code):
            del provider.codes[authorization_code.code]

        def authenticate_user(self, authorization_code):
            return authorization_code.account

    return Grant


def _build_tokens(provider: TestProvider) -> OpenIDCode:
    class Tokens(OpenIDCode):
        def exists_nonce(self, nonce, request):
            return False

        def resolve_client_private_key(self, client):
            return provider.signs_with or provider.key

        def get_client_claims(self, client):
            return {"iss": provider.url}

        def generate_user_info(self, user, scope):
            return {**user, **provider.wrong}

    return Tokens(require_nonce=True)


def _build_validator(provider: TestProvider) -> BearerTokenValidator:
    class Validator(BearerTokenValidator):
        def authenticate_token(self, token_string):
            return provider.tokens.get(token_string)

    return Validator()


def serve_provider() -> Iterator[TestProvider]:
    """Serve until the generator is closed."""
    provider = TestProvider()
    server = make_server("localhost", 0, build_provider(provider), threaded=True)
    provider.url = f"http://localhost:{server.port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()
