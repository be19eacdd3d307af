"""Where a request may go next, and what may go with it."""

from __future__ import annotations

import pytest

from core.addresses import allowed_pairs
from core.errors import AddressRefused, SourceUnavailable
from core.hops import Hop

ALLOW = allowed_pairs(["forum.lan:8080", "wiki.lan:80"])


def hop(url: str, *, method: str = "GET", body: bytes | None = None) -> Hop:
    return Hop.first(url, ALLOW, headers={"accept": "text/xml", "x-api-key": "k"}, method=method, body=body)


def test_a_host_that_was_named_is_exempt_and_may_send_us_on_to_another_exempt_one() -> None:
    first = hop("http://forum.lan:8080/feed")
    first.check()
    first.follow(302, "http://wiki.lan/feed", "s").check()


def test_a_public_host_cannot_send_us_to_an_exempt_one_whose_connection_may_wait_to_be_used_again() -> None:
    first = hop("http://public.example/feed")
    first.check()
    with pytest.raises(AddressRefused, match="a public one sent us"):
        first.follow(302, "http://forum.lan:8080/admin", "s").check()
    first.follow(302, "http://elsewhere.example/feed", "s").check()


@pytest.mark.parametrize(
    ("status", "method", "then"),
    [
        (301, "GET", "GET"),
        (302, "POST", "GET"),
        (303, "PUT", "GET"),
        (303, "HEAD", "HEAD"),
        (307, "POST", "POST"),
        (308, "DELETE", "DELETE"),
    ],
)
def test_a_redirect_says_how_to_ask_there(status: int, method: str, then: str) -> None:
    following = hop("http://a.example/", method=method, body=b"x").follow(status, "/there", "s")
    assert following.method == then
    assert following.body == (b"x" if then == method else None)
    assert following.place.shown == "http://a.example/there"


def test_credentials_go_to_their_own_host_alone() -> None:
    first = hop("https://lan:pw@a.example/feed#x")
    assert first.place.login == "Basic bGFuOnB3"
    assert first.place.shown == "https://a.example/feed"
    assert first.follow(302, "/moved", "s").place.login == first.place.login
    away = first.follow(302, "https://user:other@b.example/", "s")
    assert (away.place.login, dict(away.headers)) == (None, {"accept": "text/xml"})
    with pytest.raises(SourceUnavailable, match="another host"):
        hop("https://a.example/", method="POST", body=b"x").follow(307, "https://b.example/", "s")


def test_a_plain_address_may_become_a_secure_one_and_keeps_its_headers_but_not_the_other_way() -> None:
    assert "x-api-key" in hop("http://a.example/").follow(301, "https://a.example/", "s").headers
    assert "x-api-key" not in hop("https://a.example/").follow(301, "http://a.example/", "s").headers
