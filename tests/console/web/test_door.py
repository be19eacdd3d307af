import pytest

from console.web.door import is_loopback, is_same_origin, local_names, may_enter

NAMES = local_names("127.0.0.1:8765", "http://tocsin.localhost:8765")


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]", "localhost:8765", "LOCALHOST.", "[::1]:8765", "tocsin.localhost:8765"])
def test_a_peer_on_this_machine_that_asks_for_this_machine_may_enter(host: str) -> None:
    assert may_enter("local", "127.0.0.1", {"Host": host}, NAMES)
    assert may_enter("local", "::1", {"Host": host}, NAMES)
    assert may_enter("local", "::ffff:127.0.0.1", {"Host": host}, NAMES)


@pytest.mark.parametrize(
    "host", ["", "evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "evil.example:8765", "[::1", "127.1"]
)
def test_another_name_for_this_machine_does_not_open(host: str) -> None:
    assert not may_enter("local", "127.0.0.1", {"Host": host}, NAMES)


@pytest.mark.parametrize("peer", [None, "", "192.0.2.7", "10.0.0.1", "::", "fe80::1", "::ffff:10.0.0.1", "localhost"])
def test_another_machine_does_not_enter_whatever_it_asks_for(peer: str | None) -> None:
    assert not may_enter("local", peer, {"Host": "localhost"}, NAMES)
    assert may_enter("anyone", peer, {"Host": "evil.example"}, NAMES)


@pytest.mark.parametrize("header", ["Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Via"])
def test_a_proxy_that_speaks_for_others_is_no_local_peer(header: str) -> None:
    assert not may_enter("local", "127.0.0.1", {"Host": "localhost", header: "192.0.2.7"}, NAMES)


def test_our_own_address_counts_only_where_it_is_loopback() -> None:
    assert "tocsin.example.org" not in local_names("0.0.0.0:8765", "https://tocsin.example.org")
    assert "127.0.0.5" in local_names("127.0.0.5:80", "http://127.0.0.5")
    assert not is_loopback("0.0.0.0")


@pytest.mark.parametrize(
    ("headers", "ours"),
    [
        ({}, True),  # an old browser says nothing: the form's token has to hold
        ({"Origin": "null"}, True),
        ({"Origin": "null", "Sec-Fetch-Site": "same-origin"}, True),
        ({"Origin": "http://localhost:8765"}, True),
        ({"Origin": "null", "Sec-Fetch-Site": "cross-site"}, False),
        ({"Origin": "null", "Sec-Fetch-Site": "same-site"}, False),
        ({"Origin": "http://evil.example"}, False),
        ({"Origin": "http://localhost:9999"}, False),
        ({"Origin": "http://evil.example", "Sec-Fetch-Site": "same-origin"}, False),
    ],
)
def test_a_form_of_another_site_is_told_from_ours(headers: dict[str, str], ours: bool) -> None:
    assert is_same_origin({"Host": "localhost:8765", **headers}) is ours
