"""The protocol against a real provider on this machine; a test plays the browser by following its redirects."""

from __future__ import annotations

import time
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from joserfc.jwk import RSAKey

from backend.errors import AccessError
from backend.people.identities import Account
from backend.people.oidc import Client, Provider, is_secure
from tests.people.provider import CLIENT_ID, CLIENT_SECRET

CALLBACK = "http://localhost:1/login/oidc/callback"
YAMADA = {"sub": "u-1", "preferred_username": "yamada", "email": "yamada@plant.example", "email_verified": True}


def ask(provider, *, role_claim="groups", secret=CLIENT_SECRET):
    return Provider(Client(issuer=provider.url, client_id=CLIENT_ID, client_secret=secret, role_claim=role_claim))


def pass_by(asking):
    """Go to the provider and come back, as a browser does: the code, and what was remembered."""
    address, begun = asking.begin(redirect_uri=CALLBACK)
    back = httpx2.get(address, follow_redirects=False)
    query = {name: values[0] for name, values in parse_qs(urlsplit(back.headers["Location"]).query).items()}
    assert back.headers["Location"].startswith(CALLBACK)
    assert query["state"] == begun.state
    return query.get("code", ""), begun


def log_in(asking):
    code, begun = pass_by(asking)
    return asking.finish(code=code, begun=begun, redirect_uri=CALLBACK)


def test_an_account_comes_back_with_what_the_provider_signed(provider):
    provider.account = {**YAMADA, "groups": ["quality", "leads"]}
    account = log_in(ask(provider))
    assert account == Account(provider.url, "u-1", "yamada", "yamada@plant.example", True, ("quality", "leads"))


def test_groups_may_lie_inside_another_claim_or_come_with_the_user_info(provider):
    provider.account = {**YAMADA, "realm_access": {"roles": ["leads"]}, "https://a.example/roles": "one"}
    provider.told_later = {"later": ["audit"], "email": "forged@else.example"}
    for claim, groups in {
        "realm_access.roles": ("leads",), "https://a.example/roles": ("one",), "later": ("audit",), "absent.x": (),
    }.items():  # fmt: skip
        account = log_in(ask(provider, role_claim=claim))
        assert account.groups == groups
        assert account.email == "yamada@plant.example"  # what is signed counts


def test_user_info_of_another_account_is_not_believed(provider):
    provider.account, provider.told_later = YAMADA, {"sub": "u-2", "groups": ["admins"]}
    assert log_in(ask(provider)).groups == ()


@pytest.mark.parametrize(
    "wrong",
    [
        {"nonce": "of another login"}, {"aud": "another program"}, {"aud": [CLIENT_ID, "another"], "azp": "another"},
        {"iss": "https://else.example"}, {"exp": int(time.time()) - 600}, {"iat": int(time.time()) + 6000},
        {"sub": ""}, {"sub": "x" * 256}, {"sub": 7}, {"at_hash": "of another token"},
    ],
    ids=lambda wrong: "-".join(f"{name}" for name in wrong),
)  # fmt: skip
def test_a_token_that_is_not_of_this_login_is_refused(provider, wrong):
    provider.account, provider.wrong = YAMADA, wrong
    with pytest.raises(AccessError) as caught:
        log_in(ask(provider))
    assert caught.value.code == "oidc.answer"


def test_a_token_signed_with_another_key_is_refused(provider):
    provider.account, provider.signs_with = YAMADA, RSAKey.generate_key(2048, {"kid": "one"})
    with pytest.raises(AccessError) as caught:
        log_in(ask(provider))
    assert caught.value.code == "oidc.answer"


def test_a_code_works_once_with_its_verifier_and_the_right_secret(provider):
    provider.account = YAMADA
    asking = ask(provider)
    code, begun = pass_by(asking)
    for stolen in (replace(begun, verifier="x" * 43), replace(begun, verifier="")):
        with pytest.raises(AccessError) as caught:
            asking.finish(code=code, begun=stolen, redirect_uri=CALLBACK)
        assert caught.value.code == "oidc.answer"
    with pytest.raises(AccessError):
        ask(provider, secret="a guess").finish(code=code, begun=begun, redirect_uri=CALLBACK)
    assert asking.finish(code=code, begun=begun, redirect_uri=CALLBACK).subject == "u-1"
    with pytest.raises(AccessError):
        asking.finish(code=code, begun=begun, redirect_uri=CALLBACK)


def test_a_provider_that_is_away_or_another_is_said_so(provider):
    with pytest.raises(AccessError) as caught:
        Provider(Client("http://127.0.0.1:9", CLIENT_ID, "", "groups")).begin(redirect_uri=CALLBACK)
    assert caught.value.code == "oidc.unreachable"
    with pytest.raises(AccessError) as caught:  # the same machine under another name is another issuer
        other = provider.url.replace("localhost", "127.0.0.1")
        Provider(Client(other, CLIENT_ID, "", "groups")).begin(redirect_uri=CALLBACK)
    assert caught.value.code in ("oidc.answer", "oidc.unreachable")


@pytest.mark.parametrize(
    ("address", "is_good"),
    [
        ("https://id.example", True), ("http://localhost:8080/realms/x", True), ("http://127.0.0.1:1", True),
        ("http://id.example", False), ("http://localhost.evil.example", False), ("", False), ("id.example", False),
        (None, False),
    ],
)  # fmt: skip
def test_a_provider_is_asked_over_https_or_on_this_machine_only(address, is_good):
    assert is_secure(address) == is_good
    if not is_good and address is not None:
        with pytest.raises(AccessError) as caught:
            Provider(Client(address, CLIENT_ID, "", "groups"))
        assert caught.value.code == "oidc.settings"
