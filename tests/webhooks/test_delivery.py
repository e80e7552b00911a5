"""Messages on their way to a real receiver: signed, tried again, given up, and never in anybody else's hands."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import socket
import time
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import select, update

from backend.errors import AccessError
from backend.review.queue import inbox, verdicts
from backend.review.store.outbox import DeliveryRow
from backend.review.store.tables import now
from backend.webhooks import addresses, delivery
from backend.webhooks.delivery import REST_SECONDS, WAITS, Deliverer, new_client
from tests.review.builders import LOG, SUMMARY, record_item
from tests.review.fixtures import recorded
from tests.webhooks.receiver import receiving


@pytest.fixture
def receiver():
    with receiving() as opened:
        yield opened


@pytest.fixture
def client():
    with new_client() as opened:
        yield opened


def deliver_one(database, client):
    """Send one message, whose address has had its rest."""
    return delivery.deliver_one(database, client, resting={})


def rows(database):
    with database.reading() as session:
        return session.execute(
            select(DeliveryRow.event, DeliveryRow.state, DeliveryRow.attempts, DeliveryRow.last_error).order_by(
                DeliveryRow.id
            )
        ).all()


def make_due(database):
    with database.session() as session:
        session.execute(update(DeliveryRow).values(due_at=now()))
        session.commit()


def approve(database, item_id):
    version = inbox.item(database, item_id).version
    return verdicts.give(database, item_id=item_id, kind="approve", reviewer="abe", expected_version=version)


def test_both_events_arrive_with_a_signature_that_the_secret_explains(database, receiver, client):
    _, secret = addresses.add(database, url=receiver.url)
    item_id = record_item(database).item_id
    verdict_id = approve(database, item_id)
    while deliver_one(database, client):
        pass
    first, second = (json.loads(body) for body in receiver.bodies)
    assert (first["type"], first["data"]["item"]) == ("review.needed", item_id)
    assert (second["type"], second["data"]["verdict"], second["data"]["kind"]) == (
        "verdict.given", verdict_id, "approve",
    )  # fmt: skip
    key = base64.b64decode(secret.removeprefix("whsec_"))
    for body, headers in zip(receiver.bodies, receiver.headers, strict=True):
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        expected = base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
        assert headers["webhook-signature"] == f"v1,{expected}"
        assert abs(int(headers["webhook-timestamp"]) - time.time()) < 60
    assert len({headers["webhook-id"] for headers in receiver.headers}) == 2


def test_a_message_holds_no_text_of_a_document(database, receiver, client):
    addresses.add(database, url=receiver.url)
    approve(database, record_item(database).item_id)
    while deliver_one(database, client):
        pass
    told = b"".join(receiver.bodies).decode()
    assert not any(line and line in told for line in [*LOG.splitlines(), SUMMARY, "Log 0"])


def test_an_event_that_was_rolled_back_is_not_told(database, receiver):
    addresses.add(database, url=receiver.url)
    item_id = record_item(database).item_id
    approve(database, item_id)
    before = rows(database)
    with pytest.raises(Exception, match="decided"):
        approve(database, item_id)
    assert rows(database) == before


def test_an_address_is_told_of_its_events_only_and_of_nothing_before_it_was_named(database, receiver, client):
    item_id = record_item(database).item_id
    addresses.add(database, url=receiver.url, events=["verdict.given"])
    record_item(database, number=2)
    approve(database, item_id)
    assert [row.event for row in rows(database)] == ["verdict.given"]


def test_a_failure_is_tried_again_later_and_given_up_in_the_end(database, receiver, client):
    addresses.add(database, url=receiver.url)
    record_item(database)
    receiver.status = 503
    for attempt in range(1, len(WAITS) + 1):
        assert deliver_one(database, client)
        assert rows(database) == [("review.needed", "waiting", attempt, "HTTP 503")]
        assert not deliver_one(database, client)  # not due yet
        make_due(database)
    assert deliver_one(database, client)
    (letter,) = addresses.dead_letters(database)
    assert (letter.url, letter.attempts, letter.last_error) == (receiver.url, len(WAITS) + 1, "HTTP 503")
    make_due(database)
    assert not deliver_one(database, client)
    receiver.status = 200
    assert addresses.retry(database) == 1
    assert deliver_one(database, client)
    assert rows(database) == [("review.needed", "delivered", 1, "")]
    assert addresses.retry(database) == 0


def test_a_redirect_is_not_followed(database, receiver, client):
    with receiving() as inner:
        receiver.status, receiver.location = 307, inner.url
        addresses.add(database, url=receiver.url)
        record_item(database)
        deliver_one(database, client)
        assert inner.bodies == []
    assert rows(database)[0][1:] == ("waiting", 1, "HTTP 307")


def test_an_address_where_nobody_listens_is_a_failure_like_another(database, client):
    addresses.add(database, url="http://127.0.0.1:9/x")
    record_item(database)
    deliver_one(database, client)
    assert rows(database)[0].last_error.startswith("ConnectError")


@pytest.fixture
def silent():
    """An address where somebody listens and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/hook"


def test_a_silent_address_rests_while_the_others_get_theirs(database, receiver, silent):
    addresses.add(database, url=silent)
    for number in range(3):
        record_item(database, number=number)
    addresses.add(database, url=receiver.url)
    record_item(database, number=3)
    make_due(database)
    resting = {}
    with httpx.Client(timeout=0.2) as client:
        assert delivery.deliver_one(database, client, resting=resting)
        assert delivery.deliver_one(database, client, resting=resting)
        assert len(receiver.bodies) == 1
        assert not delivery.deliver_one(database, client, resting=resting)
        before = rows(database)
        assert [row.attempts for row in before] == [1, 0, 0, 0, 1]
        ((webhook, until),) = resting.items()
        assert 0 < until - time.monotonic() <= REST_SECONDS
        resting[webhook] = time.monotonic()  # the rest is over; each message has kept its own time and tries
        assert delivery.deliver_one(database, client, resting=resting)
        assert [row.attempts for row in rows(database)] == [1, 1, 0, 0, 1]


def test_a_server_that_died_while_it_sent_leaves_the_message_to_the_next(database, receiver, client):
    addresses.add(database, url=receiver.url)
    record_item(database)
    with database.session() as session:  # as `deliver_one` leaves it before it sends
        session.execute(update(DeliveryRow).values(attempts=1, due_at=now() - timedelta(seconds=1)))
        session.commit()
    assert deliver_one(database, client)
    assert rows(database)[0][1:] == ("delivered", 2, "")


def test_a_removed_address_gets_nothing_more(database, receiver, client):
    number, _ = addresses.add(database, url=receiver.url)
    record_item(database)
    addresses.remove(database, number)
    record_item(database, number=2)
    assert not deliver_one(database, client)
    assert addresses.retry(database) == 0
    assert addresses.list_webhooks(database) == ()
    with pytest.raises(AccessError, match="no webhook"):
        addresses.remove(database, number)


def test_the_thread_delivers_and_stops(database, receiver):
    addresses.add(database, url=receiver.url)
    deliverer = Deliverer(database)
    deliverer.start()
    record_item(database)
    deadline = time.monotonic() + 60
    while not receiver.bodies and time.monotonic() < deadline:
        time.sleep(0.05)
    deliverer.stop()
    assert len(receiver.bodies) == 1


@pytest.mark.parametrize(
    "url",
    ["ftp://host/x", "file:///etc/passwd", "javascript:1", "http://", "http://user:word@host/", "//host", "",
     "http://a b/", "http://[::1", "http://host:99999/"],
)  # fmt: skip
def test_what_is_no_plain_http_address_is_refused(database, url):
    with pytest.raises(AccessError) as caught:
        addresses.add(database, url=url)
    assert caught.value.code == "webhook.url"


def test_an_event_that_does_not_exist_is_refused(database):
    with pytest.raises(AccessError, match="review.needed, verdict.given"):
        addresses.add(database, url="http://host/", events=["all"])


def test_addresses_come_and_go_on_record_without_what_may_be_secret_in_them(database):
    number, _ = addresses.add(database, url="https://chat.example/hook/s3cret", events=["review.needed"], by="root")
    addresses.remove(database, number, by="abe")
    facts = {"webhook": number, "host": "chat.example", "events": "review.needed"}
    assert recorded(database) == [("webhook_added", "root", facts), ("webhook_removed", "abe", facts)]
