"""What is said between us and a hub, by the Recommendation."""

from __future__ import annotations

import hashlib
import hmac
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest

from listener.websub import LONGEST_LEASE, SHORTEST_LEASE, Signature, ask_again_at, callback, confirmed, form, is_reachable
from store.subscriptions import Subscription
from tests.make import NOON

TOPIC = "https://feed.example/"
HOUR = timedelta(hours=1)


def subscription(**told: Any) -> Subscription:
    given = {
        "source_id": "forum",
        "hub": "https://hub.example/",
        "topic_url": TOPIC,
        "token": "t",
        "secret": "s",
        "state": "asked",
        "asked_at": NOON,
    }
    return Subscription(**(given | told))


def question(**told: str) -> dict[str, str]:
    given = {"mode": "subscribe", "topic": TOPIC, "challenge": "c", "lease_seconds": "3600"} | told
    return {f"hub.{name}": value for name, value in given.items()}


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://tocsin.acme.vn", True),
        ("https://tocsin.acme.vn:8443/monitor", True),
        ("https://8.8.8.8", True),
        ("http://tocsin.acme.vn", False),
        ("https://localhost", False),
        ("https://127.0.0.1:8765", False),
        ("https://192.168.1.4", False),
        ("https://[::1]", False),
        ("https://server", False),
        ("https://tocsin.local", False),
        ("https://tocsin.home.arpa", False),
        ("https://", False),
    ],
)
def test_a_hub_reaches_public_names_over_https_alone(url: str, expected: bool) -> None:
    assert is_reachable(url) is expected


def test_a_request_says_all_that_the_hub_needs() -> None:
    where = callback("https://tocsin.acme.vn/x/", "t")
    asked = {name: values[0] for name, values in parse_qs(form("subscribe", subscription(), where).decode()).items()}
    assert asked == {
        "hub.callback": "https://tocsin.acme.vn/x/hooks/websub/t",
        "hub.mode": "subscribe",
        "hub.topic": TOPIC,
        "hub.lease_seconds": "864000",
        "hub.secret": "s",
    }
    assert b"secret" not in form("subscribe", subscription(secret=""), where)
    assert set(parse_qs(form("unsubscribe", subscription(), where).decode())) == {"hub.callback", "hub.mode", "hub.topic"}


@pytest.mark.parametrize("state", ["asked", "renewing"])
def test_what_we_asked_for_is_confirmed_with_the_hub_s_lease(state: Any) -> None:
    after = confirmed(subscription(state=state, refused_because="down"), question(), NOON)
    assert after is not None
    assert (after.state, after.lease_until, after.refused_because) == ("active", NOON + HOUR, None)
    assert after.is_active(NOON)
    assert not after.is_active(NOON + HOUR)


@pytest.mark.parametrize(
    ("state", "told"),
    [
        ("active", {}),  # nobody asked
        ("refused", {}),
        ("leaving", {}),
        ("asked", {"mode": "unsubscribe"}),
        ("active", {"mode": "unsubscribe"}),
        ("asked", {"topic": "https://other.example/"}),
        ("asked", {"challenge": ""}),
        ("asked", {"challenge": "x" * 3_000}),
        ("asked", {"lease_seconds": "soon"}),
        ("asked", {"lease_seconds": "-5"}),
        ("asked", {"mode": "dance"}),
        ("leaving", {"mode": "denied"}),
    ],
)
def test_what_we_did_not_ask_for_is_not_confirmed(state: Any, told: dict[str, str]) -> None:
    assert confirmed(subscription(state=state), question(**told), NOON) is None


def test_going_is_confirmed_where_we_go() -> None:
    leaving = subscription(state="leaving")
    assert confirmed(leaving, question(mode="unsubscribe"), NOON) == leaving


def test_a_denial_ends_the_subscription_and_keeps_its_reason() -> None:
    after = confirmed(
        subscription(state="active", lease_until=NOON + HOUR), {"hub.mode": "denied", "hub.topic": TOPIC, "hub.reason": "no\x00pe"}, NOON
    )
    assert after is not None
    assert (after.state, after.refused_because, after.lease_until) == ("refused", "nope", None)


def test_a_lease_is_kept_within_reason() -> None:
    long = confirmed(subscription(), question(lease_seconds="9" * 30), NOON)
    short = confirmed(subscription(), question(lease_seconds="0"), NOON)
    assert long is not None
    assert short is not None
    assert (long.lease_until, short.lease_until) == (NOON + LONGEST_LEASE, NOON + SHORTEST_LEASE)


@pytest.mark.parametrize("method", ["sha1", "sha256", "sha384", "sha512"])
def test_a_signature_of_each_method_is_checked_piece_by_piece(method: str) -> None:
    good = f"{method}={hmac.new(b's', b'one two', getattr(hashlib, method)).hexdigest()}"
    for header, body, holds in (
        (good, b"one two", True),
        (good.upper().replace(method.upper(), method), b"one two", True),
        (good, b"one tw0", False),
    ):
        signature = Signature(header, "s")
        signature.feed(body[:3])
        signature.feed(body[3:])
        assert signature.holds is holds


@pytest.mark.parametrize("header", ["", "sha256", "sha256=", "md5=00", "sha256=ấm", "blake2b=00", "=", "sha256=" + "0" * 10_000])
def test_what_is_no_signature_does_not_hold(header: str) -> None:
    signature = Signature(header, "s")
    signature.feed(b"news")
    assert not signature.holds


def test_where_no_secret_was_given_there_is_none_to_check() -> None:
    assert Signature("", "").holds


def test_a_hub_is_asked_again_in_time() -> None:
    assert ask_again_at(subscription(state="active", lease_until=NOON + 3 * HOUR)) == NOON + 2 * HOUR
    assert ask_again_at(subscription()) == NOON + HOUR
    assert ask_again_at(subscription(state="refused")) == NOON + 24 * HOUR
