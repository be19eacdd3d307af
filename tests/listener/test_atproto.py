"""Posts and reposts of the AT Protocol as mentions."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from core.records import Author, Engagement, Mention
from core.text import mention_key
from listener.atproto import key_of_record, parts_of, read_author, read_counters, read_post, read_repost, record_uri
from tests.listener.lexicons import Lexicons

NOW = datetime(2026, 11, 21, 3, tzinfo=UTC)
LAN, MINH = "did:plc:lan23456", "did:plc:minh2345"
OURS, THEIRS = f"at://{LAN}/app.bsky.feed.post/3mabc", f"at://{MINH}/app.bsky.feed.post/3mxyz"
TOLD = {"cid": "bafyreialongenoughcid", "uri": THEIRS}


def post(**fields: Any) -> dict[str, Any]:
    return {"$type": "app.bsky.feed.post", "text": "Ấm Acme nổ", "createdAt": "2026-11-21T09:00:00.000+07:00", "langs": ["vi"], **fields}


def read(record: dict[str, Any], uri: str = OURS) -> Mention | None:
    return read_post(uri, record, source_id="here", seen_at=NOW, author=Author(key=LAN))


def text_of(**fields: Any) -> str:
    mention = read(post(**fields))
    return mention.text if mention else ""


def test_a_post_becomes_a_mention() -> None:
    mention = read(post())
    assert mention is not None
    assert (mention.key, mention.native_id) == (mention_key("bluesky", LAN, OURS), OURS)
    assert mention.url == f"https://bsky.app/profile/{LAN}/post/3mabc"
    assert (mention.text, mention.lang, mention.kind) == ("Ấm Acme nổ", "vi", "original")
    assert mention.published_at == datetime(2026, 11, 21, 2, tzinfo=UTC)
    assert (mention.reply_to, mention.parent_key, mention.repost_of) == (None, None, None)


def test_an_answer_knows_what_it_answers() -> None:
    root = {**TOLD, "uri": f"at://{MINH}/app.bsky.feed.post/3mroot"}
    mention = read(post(reply={"root": root, "parent": TOLD}))
    assert mention is not None
    assert (mention.reply_to, mention.parent_key) == (THEIRS, key_of_record(THEIRS))


@pytest.mark.parametrize(
    "embed",
    [
        {"$type": "app.bsky.embed.record", "record": TOLD},
        {"$type": "app.bsky.embed.recordWithMedia", "record": {"record": TOLD}, "media": {"$type": "app.bsky.embed.images", "images": []}},
    ],
)
def test_a_quote_has_words_of_its_own_and_inherits_from_what_it_quotes(embed: dict[str, Any]) -> None:
    mention = read(post(embed=embed))
    assert mention is not None
    assert (mention.kind, mention.repost_of, mention.reply_to) == ("original", THEIRS, None)
    assert mention.parent_key == key_of_record(THEIRS)


def test_cards_links_tags_and_descriptions_are_words_too() -> None:
    link = "https://acme.example/recall?id=7"
    features = [{"$type": "app.bsky.richtext.facet#link", "uri": link}, {"$type": "app.bsky.richtext.facet#tag", "tag": "acme"}]
    card = {"uri": link, "title": "Acme thu hồi", "description": "Ấm siêu tốc"}
    assert text_of(text="xem acme.example/reca... #Acme", facets=[{"features": features, "index": {"byteStart": 4, "byteEnd": 24}}]).split(
        "\n"
    ) == ["xem acme.example/reca... #Acme", link]
    assert text_of(text="", embed={"$type": "app.bsky.embed.external", "external": card}).split("\n") == [
        card["title"],
        card["description"],
        link,
    ]
    pictures = {"$type": "app.bsky.embed.images", "images": [{"alt": "ấm cháy", "image": {}}, {"alt": "", "image": {}}]}
    assert text_of(embed=pictures, tags=["ấm"]) == "Ấm Acme nổ\n#ấm\nấm cháy"
    film = {
        "$type": "app.bsky.embed.recordWithMedia",
        "record": {"record": TOLD},
        "media": {"$type": "app.bsky.embed.video", "alt": "khói"},
    }
    assert text_of(embed=film) == "Ấm Acme nổ\nkhói"


def test_a_post_without_words_is_none() -> None:
    assert read(post(text="", embed={"$type": "app.bsky.embed.images", "images": [{"alt": "", "image": {}}]})) is None


def test_a_repost_points_to_what_it_repeats() -> None:
    uri = f"at://{LAN}/app.bsky.feed.repost/3mrep"
    record = {"$type": "app.bsky.feed.repost", "subject": TOLD, "createdAt": "2026-11-21T02:00:00Z"}
    mention = read_repost(uri, record, source_id="here", seen_at=NOW, author=Author(key=LAN))
    assert mention is not None
    assert (mention.kind, mention.repost_of, mention.parent_key) == ("repost", THEIRS, key_of_record(THEIRS))
    assert mention.text == mention.url == f"https://bsky.app/profile/{MINH}/post/3mxyz"
    assert read_repost(uri, {"subject": {"uri": "at://x"}}, source_id="here", seen_at=NOW, author=Author(key=LAN)) is None


@pytest.mark.parametrize(
    "record",
    [
        {},
        {"text": 5},
        {"text": "a", "langs": [5, {}], "facets": [5, {"features": 5}, {"features": [{"uri": "javascript:x"}]}], "embed": [], "reply": 5},
        {"text": "a", "createdAt": "yesterday", "reply": {"parent": {"uri": "at://x/y"}}, "tags": [{}], "embed": {"images": {"alt": 1}}},
        {"text": "a\x00\u202e", "createdAt": "9999-99-99T00:00:00Z", "embed": {"external": {"uri": 5, "title": None}}},
    ],
)
def test_hostile_fields_are_unknown(record: dict[str, Any]) -> None:
    mention = read(record)
    assert mention is None or (mention.text, mention.published_at, mention.reply_to, mention.lang) == ("a", None, None, None)


def test_addresses_are_taken_apart_and_judged() -> None:
    assert parts_of(OURS) == (LAN, "app.bsky.feed.post", "3mabc")
    assert record_uri(LAN, "app.bsky.feed.post", "3mabc") == OURS
    for other in (
        None,
        5,
        "at://lan.example/app.bsky.feed.post/3m",
        "https://bsky.app/",
        f"at://{LAN}/app.bsky.feed.post",
        f"{OURS}/x",
        "at://did:plc:a b/c/d",
    ):
        assert parts_of(other) is None
    assert record_uri(None, "app.bsky.feed.post", {}) is None


def test_counters_and_profiles_are_read_where_they_are_told() -> None:
    assert read_counters({"likeCount": 3, "replyCount": 2, "repostCount": 4, "quoteCount": 1}) == Engagement(likes=3, replies=2, reposts=5)
    assert read_counters({"likeCount": -1}) == Engagement()
    author = read_author(LAN, {"handle": "lan.example", "displayName": "Lan", "followersCount": 12})
    assert author == Author(key=LAN, handle="lan.example", name="Lan", followers=12)
    assert read_author(LAN) == Author(key=LAN)


@pytest.mark.shared
def test_every_recorded_post_that_holds_to_the_lexicon_is_read_as_it_says(shared: Path) -> None:
    lexicons = Lexicons(shared / "bluesky" / "lexicons")
    lines = (shared / "bluesky/jetstream/internal/corpus/testdata/expected_v1.jsonl").read_bytes().splitlines()
    events = [msgspec.json.decode(line) for line in lines]
    read_posts = 0
    for event in events:
        commit = event.get("commit", {})
        record = commit.get("record")
        if commit.get("collection") not in ("app.bsky.feed.post", "app.bsky.feed.repost") or record is None:
            continue
        assert lexicons.faults(commit["collection"], record) == []
        uri = record_uri(event["did"], commit["collection"], commit["rkey"])
        assert uri is not None
        if commit["collection"] == "app.bsky.feed.repost":
            repost = read_repost(uri, record, source_id="here", seen_at=NOW, author=read_author(event["did"]))
            assert repost is not None
            assert repost.repost_of == record["subject"]["uri"]
            continue
        mention = read(record, uri)
        assert mention is not None
        read_posts += 1
        assert mention.reply_to == record.get("reply", {}).get("parent", {}).get("uri")
        assert mention.published_at == datetime.fromisoformat(record["createdAt"])
        assert mention.lang == (record["langs"][0].split("-")[0] if record.get("langs") else None)
        assert mention.text.split()[0] == (record["text"] or record["embed"]["external"]["title"]).split()[0]
    assert read_posts == 17


@pytest.mark.shared
def test_the_posts_of_these_tests_hold_to_the_lexicon(shared: Path) -> None:
    lexicons = Lexicons(shared / "bluesky" / "lexicons")
    assert lexicons.faults("app.bsky.feed.post", post(reply={"root": TOLD, "parent": TOLD}, tags=["ấm"])) == []
    assert lexicons.faults("app.bsky.feed.post", {"text": 5, "createdAt": "now", "langs": ["vi"] * 4}) != []
