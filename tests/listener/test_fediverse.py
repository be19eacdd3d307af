"""Statuses of the Mastodon API as mentions, made here and recorded from real instances."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from core.text import mention_key
from listener.fedistream import Events
from listener.fediverse import Reading, id_of, mark_of, wishes_to_be_left_alone
from listener.lanes import Found
from tests.listener.instance import Instance, Looker, account, status, uri

NOW = datetime(2026, 11, 21, 3, tzinfo=UTC)


def read(told: object, **options: Any) -> Any:
    settings = {"source_id": "here", "seen_at": NOW, "host": "social.example", "bots": True, "wishes": True} | options
    result = Reading(**settings).read(told)
    return result.mention if isinstance(result, Found) else result


def test_links_lines_polls_and_pictures_are_words() -> None:
    content = (
        '<p>Xem <a href="https://acme.example/recall"><span class="invisible">https://</span><span class="ellipsis">acme.example/rec</span>'
        '<span class="invisible">all</span></a><br>#<span>acme</span></p><p>Đừng mua</p>'
    )
    told = status(
        1, poll={"options": [{"title": "Có"}, {"title": "Không"}]}, media_attachments=[{"description": "ấm cháy"}, {"description": None}]
    )
    assert read(told | {"content": content}).text == "Xem https://acme.example/recall\n#acme\n\nĐừng mua\n- Có\n- Không\nấm cháy"


def test_the_same_status_seen_on_two_instances_is_one_mention_by_one_author() -> None:
    here = read(status(1))
    told = status(1, id="108", account=account("lan", acct="lan@social.example"))
    there = read(told, host="other.example")
    assert here.key == there.key == mention_key("mastodon", "social.example", uri(1))
    assert here.author == there.author
    assert (here.author.key, here.author.handle, here.author.followers) == ("social.example/@lan", "@lan@social.example", 12)


def test_old_addresses_have_their_host_too() -> None:
    old = "tag:old.example,2017-03-01:objectId=1:objectType=Status"
    assert read(status(1, uri=old)).key == mention_key("mastodon", "old.example", old)


@pytest.mark.parametrize("quote", [{"state": "accepted", "quoted_status": status(7)}, status(7)])
def test_a_quote_has_words_of_its_own_and_inherits_from_what_it_quotes(quote: dict[str, Any]) -> None:
    mention = read(status(1, quote=quote))
    assert (mention.kind, mention.repost_of, mention.reply_to) == ("original", uri(7), None)
    assert mention.parent_key == mention_key("mastodon", "social.example", uri(7))


@pytest.mark.parametrize(
    "told",
    [
        None,
        5,
        [],
        {},
        status(1, account=None),
        status(1, id=None),
        status(1, id="a b"),
        status(1, uri=None, url=None),
    ],
)
def test_what_is_no_status_is_unreadable(told: object) -> None:
    assert read(told) == "unreadable"


def test_hostile_fields_are_unknown() -> None:
    told = status(
        1, created_at="soon", edited_at=5, language="<b>", poll=5, media_attachments=[5, {"description": 5}], quote=[], url="javascript:x"
    )
    told |= {
        "replies_count": -1,
        "favourites_count": "9",
        "reblogs_count": None,
        "spoiler_text": None,
        "reblog": [],
        "account": account(acct=5),
    }
    mention = read(told)
    assert (mention.published_at, mention.edited_at, mention.lang, mention.author, mention.url) == (None, None, None, None, uri(1))
    assert (mention.engagement.likes, mention.engagement.replies, mention.engagement.reposts) == (None, None, None)


def test_ids_sort_by_time() -> None:
    assert mark_of("99") < mark_of("100")
    assert mark_of("01KABC") < mark_of("01KABD")
    assert id_of(mark_of("100")) == "100"


@pytest.mark.parametrize(
    ("fields", "wishes"),
    [
        ({"note": "<p>#nobot</p>"}, True),
        ({"note": "#NoBots please"}, True),
        ({"fields": [{"name": "x", "value": "<a>#<span>noindex</span></a>"}]}, True),
        ({"noindex": True}, True),
        ({"noindex": None, "note": "#nobody"}, False),
        ({"indexable": False}, False),
    ],
)
def test_wishes_are_heard(fields: dict[str, Any], wishes: bool) -> None:
    assert wishes_to_be_left_alone(account(**fields)) is wishes


def test_lines_become_events() -> None:
    events = Events()
    lines = [":thump", "event: update", "data: {", "data:}", "", "data: nameless", "", "event: empty", "", "id: 5", ""]
    assert [event for line in lines if (event := events.take(line))] == [("update", "{\n}")]


def recorded(shared: Path, name: str) -> list[dict[str, Any]]:
    told = yaml.load((shared / "mastodon" / "cassettes" / f"{name}.yaml").read_bytes(), Loader=yaml.CSafeLoader)
    return [turn for turn in told["interactions"] if turn["request"]["method"] == "GET"]


def body(turn: dict[str, Any]) -> Any:
    return msgspec.json.decode(turn["response"]["body"]["string"])


@pytest.mark.shared
def test_every_recorded_status_is_read(shared: Path) -> None:
    names = [
        "test_public_tl",
        "test_hashtag_tl",
        "test_pagination_iterator",
        "test_timeline_disabled",
        "test_status_reply",
        "test_status_edit",
    ]
    read_statuses = 0
    for turn in [turn for name in names for turn in recorded(shared, name)]:
        statuses = body(turn) if "/timelines/" in turn["request"]["uri"] else []
        for told in statuses:
            mention = read(told, host="localhost:3000")
            assert mention.native_id == told["uri"]
            assert mention.text
            assert "<" not in mention.text
            assert mention.author.key == f"{told['account']['url'].split('/')[2]}/@{told['account']['acct']}"
            assert mention.published_at == datetime.fromisoformat(told["created_at"])
            assert (mention.edited_at is None) == (told["edited_at"] is None)
            read_statuses += 1
    assert read_statuses > 80


@pytest.mark.shared
async def test_recorded_pages_of_a_hashtag_are_read_whole_and_once(shared: Path) -> None:
    """Thirty real statuses, of which the second look finds most anew."""
    turns = [turn for turn in recorded(shared, "test_fetch_remaining") if "/timelines/tag/" in turn["request"]["uri"]]
    statuses = [told for turn in turns for told in body(turn)]
    assert len(statuses) == len({told["id"] for told in statuses}) == 30
    async with Instance() as instance:
        instance.statuses = dict(enumerate(sorted(statuses, key=lambda told: int(told["id"])), start=1))
        later = {number: instance.statuses.pop(number) for number in range(5, 31)}
        looker = Looker(instance)
        first = await looker.look()
        instance.statuses |= later
        second = await looker.look()
    heard = [mention.native_id for page in [*first, *second] for mention in page.mentions]
    assert sorted(heard) == sorted(told["uri"] for told in statuses)


@pytest.mark.shared
async def test_recorded_answers_are_replayed_as_they_were(shared: Path) -> None:
    """The public timeline, a hashtag and a search, with their real headers."""
    async with Instance() as instance:
        for name, path in (("test_public_tl", "/timelines/public"), ("test_hashtag_tl", "/timelines/tag/"), ("test_search", "/search")):
            turn = next(turn for turn in reversed(recorded(shared, name)) if path in turn["request"]["uri"])
            answer = turn["response"]
            kept = {header: values[0] for header, values in answer["headers"].items() if header != "content-length"}
            instance.recorded[path] = (answer["status"]["code"], kept, answer["body"]["string"])
        public = await Looker(instance, public="local").look()
        tagged = await Looker(instance, hashtags=["hoot"]).look()
        found = await Looker(instance, search=["mastodonpy_test"], token="x").look()
    assert len(public[0].mentions) == 8
    assert [mention.text for mention in tagged[0].mentions] == ["#hoot (hashtag toot)"]
    assert found[0].mentions == ()
    for (page,) in (public, tagged, found):
        assert page.quota is not None
        assert (page.quota.left, page.quota.resets_at is None) == (299, False)


@pytest.mark.shared
def test_a_recorded_stream_becomes_events(shared: Path) -> None:
    turn = next(turn for turn in recorded(shared, "test_stream_user_local") if "/streaming/" in turn["request"]["uri"])
    events = Events()
    heard = [event for line in turn["response"]["body"]["string"].split("\n") if (event := events.take(line))]
    assert [name for name, _ in heard] == ["update"]
    assert read(msgspec.json.decode(heard[0][1]), host="localhost:3000").text == "it's cool guy"
