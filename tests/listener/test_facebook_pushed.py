"""What Meta pushes of a page."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from core.errors import SourceUnreadable
from core.text import mention_key
from listener.base import Page
from listener.collectors.facebook_page import Options
from listener.facebook_pushed import challenge, receive, sign
from listener.pushed import WebhookRefused

NOW = datetime(2026, 11, 21, 3, tzinfo=UTC)
SECRET = "0123456789abcdef0123456789abcdef"
OPTIONS = Options(page="100", token="EAABsbCS1iHgBAKZCq5Yx9", app_secret=SECRET, verify_token="ấm-nước")
AT = 1795143600


def pushed(*changes: dict[str, Any], options: Options = OPTIONS, page: str = "100", messaging: list[Any] | None = None) -> Page:
    entry = {"id": page, "time": AT, "changes": [{"field": "feed", "value": value} for value in changes], "messaging": messaging or []}
    body = json.dumps({"object": "page", "entry": [entry]}).encode()
    return receive({"X-Hub-Signature-256": sign(body, SECRET)}, body, options, source_id="trang", now=NOW)


def comment(**changes: Any) -> dict[str, Any]:
    told = {"item": "comment", "verb": "add", "post_id": "100_1", "comment_id": "1_5", "parent_id": "100_1", "message": "Ấm cháy!"}
    return told | {"created_time": AT, "from": {"id": "7", "name": "Lan"}} | changes


def test_a_comment_has_the_key_that_a_poll_gives_it() -> None:
    (mention,) = pushed(comment()).mentions
    assert mention.key == mention_key("facebook_page", "facebook.com", "1_5")
    assert (mention.text, mention.reply_to, mention.published_at) == ("Ấm cháy!", "100_1", datetime.fromtimestamp(AT, UTC))


def test_a_post_of_a_visitor_and_one_of_the_page() -> None:
    post = {"item": "status", "verb": "add", "post_id": "100_2", "message": "Ấm nổ", "created_time": AT, "from": {"id": "7", "name": "Lan"}}
    visitor, own = pushed(post, post | {"post_id": "100_3", "from": {"id": "100", "name": "Acme"}}).mentions
    assert (visitor.kind, own.kind) == ("original", "own")


def test_what_was_removed_is_deleted_and_reactions_are_left_to_the_poll() -> None:
    page = pushed(comment(verb="remove"), {"item": "reaction", "verb": "add", "post_id": "100_1", "reaction_type": "angry"})
    assert (page.mentions, page.deleted) == ((), (mention_key("facebook_page", "facebook.com", "1_5"),))


def test_private_messages_come_only_where_they_are_asked_for() -> None:
    note = {"sender": {"id": "7"}, "recipient": {"id": "100"}, "timestamp": AT * 1000, "message": {"mid": "m_1", "text": "Trả hàng"}}
    assert pushed(messaging=[note]).mentions == ()
    asked = OPTIONS.model_copy(update={"messages": True})
    (mention,) = pushed(messaging=[note, {"delivery": {}}], options=asked).mentions
    assert (mention.native_id, mention.text) == ("m_1", "Trả hàng")


def test_another_page_is_not_ours_and_what_is_broken_is_counted() -> None:
    assert pushed(comment(), page="200").mentions == ()
    page = pushed(comment(message=5), comment())
    assert (len(page.mentions), page.skipped) == (1, 1)


@pytest.mark.parametrize("header", ["", "sha256=", "sha1=abc", sign(b"other", SECRET)])
def test_what_is_not_signed_is_refused(header: str) -> None:
    with pytest.raises(WebhookRefused):
        receive({"X-Hub-Signature-256": header}, b"{}", OPTIONS, source_id="trang", now=NOW)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"object": "user", "entry": []}', b'{"object": "page", "entry": 5}'])
def test_what_is_none_of_metas_shapes_is_unreadable(body: bytes) -> None:
    with pytest.raises(SourceUnreadable):
        receive({"x-hub-signature-256": sign(body, SECRET)}, body, OPTIONS, source_id="trang", now=NOW)


def test_the_first_call_is_answered_where_meta_knows_our_word() -> None:
    query = {"hub.mode": "subscribe", "hub.verify_token": "ấm-nước", "hub.challenge": "1158201444"}
    assert challenge(query, OPTIONS) == "1158201444"
    for wrong in ({"hub.verify_token": "x"}, {"hub.mode": "x"}, {"hub.challenge": "<script>"}):
        with pytest.raises(WebhookRefused):
            challenge(query | wrong, OPTIONS)
    with pytest.raises(WebhookRefused):
        challenge(query | {"hub.verify_token": ""}, OPTIONS.model_copy(update={"verify_token": None}))
