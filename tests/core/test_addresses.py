"""Which addresses may be talked to."""

from __future__ import annotations

import pytest

from core.addresses import address_rule, allowed_pairs, judge, permitted_addresses, refusal
from core.errors import AddressRefused

PUBLIC = ["1.1.1.1", "93.184.216.34", "203.162.4.191", "2606:4700::1111", "2a00:1450:4001::1", "::ffff:8.8.8.8"]
FORBIDDEN = [
    *("127.0.0.1", "127.255.255.254", "0.0.0.0", "0.1.2.3", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254"),
    *(
        "100.64.0.1",
        "100.100.100.200",
        "192.0.0.8",
        "192.0.2.1",
        "198.18.0.1",
        "198.51.100.1",
        "203.0.113.1",
        "192.88.99.1",
        "168.63.129.16",
    ),
    *("224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255"),
    *("::1", "::", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::7f00:1", "64:ff9b::7f00:1", "64:ff9b::808:808"),
    *("64:ff9b:1::1", "2002:7f00:1::", "2002:808:808::", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "fe80::1", "fe80::1%eth0", "fc00::1"),
    *("fd00:ec2::254", "fec0::1", "ff02::1", "2001:db8::1", "3fff::1", "5f00::1", "100::1"),
]


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_may_be_talked_to(address: str) -> None:
    assert refusal(address) is None


@pytest.mark.parametrize("address", FORBIDDEN)
def test_a_private_local_or_reserved_address_may_not(address: str) -> None:
    assert refusal(address) is not None
    assert judge("news.example", 80, address, frozenset()) is not None


def test_an_exemption_holds_for_its_host_and_port_alone() -> None:
    allow = allowed_pairs(["forum.lan:8080", "[fd00::1]:80", "127.0.0.1:9000"])
    assert judge("forum.lan", 8080, "192.168.1.5", allow) is None
    assert judge("FORUM.lan.", 8080, "192.168.1.5", allow) is None
    assert judge("forum.lan", 80, "192.168.1.5", allow) is not None
    assert judge("evil.example", 8080, "192.168.1.5", allow) is not None
    assert judge("fd00::1", 80, "fd00::1", allow) is None
    assert judge("127.0.0.1", 9000, "127.0.0.1", allow) is None
    assert judge("127.0.0.1", 9001, "127.0.0.1", allow) is not None


def test_an_allowed_name_still_cannot_lead_to_a_metadata_service() -> None:
    allow = allowed_pairs(["forum.lan:80", "169.254.169.254:80"])
    assert judge("forum.lan", 80, "169.254.169.254", allow) is not None
    assert judge("forum.lan", 80, "0.0.0.0", allow) is not None
    assert judge("169.254.169.254", 80, "169.254.169.254", allow) is None


@pytest.mark.parametrize(
    "text", ["forum.lan", "forum.lan:", ":80", "forum.lan:0", "forum.lan:65536", "forum.lan:８０", "http://forum.lan:80", "*:80", "::1:80"]
)
def test_a_pair_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"host:port|brackets"):
        allowed_pairs([text])


def test_the_rule_for_other_libraries_looks_the_name_up() -> None:
    with pytest.raises(AddressRefused, match="not a public address"):
        address_rule("localhost", 25)
    with pytest.raises(AddressRefused):
        address_rule("2130706433", 25)
    address_rule("localhost", 25, allowed_pairs(["localhost:25"]))
    assert permitted_addresses("1.1.1.1", 25) == ("1.1.1.1",)
    with pytest.raises(AddressRefused):
        address_rule("a" * 80 + ".example", 25)
