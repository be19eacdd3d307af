from __future__ import annotations

import pytest

from listener.hub import Hub, hub_of

BASE = "https://feed.example/a/feed.xml"


@pytest.mark.parametrize(
    ("header", "hub", "self_url", "expected"),
    [
        ("", None, None, None),
        ("", None, BASE, None),
        ("", "https://hub.example/", None, ("https://hub.example/", BASE)),
        ("", "https://hub.example/", "https://feed.example/", ("https://hub.example/", "https://feed.example/")),
        ('<https://h.example/>; rel="hub"', "https://hub.example/", None, ("https://h.example/", BASE)),
        ("<https://h.example/>; rel=hub, </x>; rel=self", None, "https://y.example/", ("https://h.example/", "https://feed.example/x")),
        ('<https://h.example/?a=1,2>; type="x;y"; rel="alternate HUB"', None, None, ("https://h.example/?a=1,2", BASE)),
        ("<javascript:alert(1)>; rel=hub", None, None, None),
        ("<https://h.example/>; rel=next", None, None, None),
        ("https://h.example/; rel=hub", None, None, None),
        ("<" * 50_000, None, None, None),
    ],
)
def test_a_hub_is_found_where_the_feed_names_it(
    header: str, hub: str | None, self_url: str | None, expected: tuple[str, str] | None
) -> None:
    found = hub_of(header, hub, self_url, base=BASE)
    assert found == (None if expected is None else Hub(address=expected[0], topic=expected[1]))
