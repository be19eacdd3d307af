"""One Mastodon instance, read by polls and by streams, made here and recorded from real ones."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from pydantic import ValidationError

from core.errors import SourceRejected, SourceUnreadable
from core.text import mention_key
from listener.collectors.mastodon import Options
from tests.listener.instance import Instance, Looker, account, key, local_id, numbers, status, uri


async def serve(request: web.Request, answer: str) -> web.StreamResponse:
    if answer == "malformed":
        return web.Response(text="<html>not here</html>", content_type="text/html")
    instance = Instance()
    if answer == "good":
        instance.post(1, text="Ấm Acme nổ")
        instance.post(2, text="Acme xin lỗi")
    return await instance.handle(request)


def sample(url: str, folder: Path) -> dict[str, Any]:
    """What the contract suite needs to know of this kind."""
    return {"options": Options(instance=url, hashtags=("acme",)), "serve": serve}


@pytest.fixture
async def instance() -> AsyncIterator[Instance]:
    async with Instance() as instance:
        yield instance


async def test_a_status_becomes_a_mention_whose_identity_is_its_origin(instance: Instance) -> None:
    instance.post(1, text="Ấm Acme nổ", spoiler_text="cháy", favourites_count=3, replies_count=2, reblogs_count=4, quotes_count=1)
    (page,) = await Looker(instance).look()
    (mention,) = page.mentions
    assert (mention.key, mention.native_id) == (key(1), uri(1))
    assert (mention.title, mention.text, mention.lang) == ("cháy", "Ấm Acme nổ", "vi")
    assert mention.url == f"https://social.example/@lan/{local_id(1)}"
    assert (mention.engagement.likes, mention.engagement.replies, mention.engagement.reposts) == (3, 2, 5)
    assert mention.author is not None
    assert page.quota is not None
    assert (page.quota.left, page.quota.resets_at) == (297, datetime(2026, 11, 21, 3, 5, 0, 919040, tzinfo=UTC))
    assert instance.asked == ["/api/v1/timelines/tag/acme?limit=40"]


async def test_a_second_look_brings_what_is_new_edited_or_counted_anew(instance: Instance) -> None:
    instance.post(1, 2, 3)
    looker = Looker(instance)
    await looker.look()
    (page,) = await looker.look()
    assert (page.mentions, page.unchanged) == ((), True)
    instance.post(1, favourites_count=9)
    instance.post(2, text="sửa", edited_at="2026-11-21T02:30:00.000Z")
    instance.post(4)
    pages = await looker.look()
    assert sorted(numbers(pages)) == [1, 2, 4]
    edited = next(mention for mention in pages[0].mentions if mention.native_id == uri(2))
    assert (edited.text, edited.edited_at) == ("sửa", datetime(2026, 11, 21, 2, 30, tzinfo=UTC))


async def test_a_burst_is_read_whole_oldest_first(instance: Instance) -> None:
    instance.post(1)
    looker = Looker(instance)
    await looker.look()
    instance.post(*range(2, 152))
    pages = await looker.look()
    assert sorted(numbers(pages)) == list(range(2, 152))
    assert [min(numbers([page])) for page in pages if page.mentions] == [2, 42, 82, 122]
    assert "min_id=" + local_id(1) in instance.asked[2]
    assert (await looker.look())[0].unchanged


async def test_a_burst_survives_looks_that_are_killed_between_pages(instance: Instance) -> None:
    instance.post(1)
    looker = Looker(instance)
    await looker.look()
    instance.post(*range(2, 152))
    heard: list[int] = []
    for _ in range(7):
        heard += numbers(await looker.look(pages=1))
    assert sorted(heard) == list(range(2, 152))


async def test_a_look_stops_after_ten_pages_and_the_next_goes_on(instance: Instance) -> None:
    instance.post(1)
    looker = Looker(instance)
    await looker.look()
    instance.post(*range(2, 502))
    pages = await looker.look()
    assert (len(pages), pages[-1].missed) == (10, "capped")
    assert sorted(numbers(pages) + numbers(await looker.look())) == list(range(2, 502))


async def test_a_status_that_is_gone_is_deleted_and_one_that_only_left_the_timeline_is_not(instance: Instance) -> None:
    instance.post(*range(1, 8))
    looker = Looker(instance)
    await looker.look()
    del instance.statuses[3]
    instance.hidden = {5}
    (page,) = await looker.look()
    assert (page.deleted, page.mentions) == ((key(3),), ())
    asked = len(instance.asked)
    (page,) = await looker.look()
    assert (page.unchanged, len(instance.asked) - asked) == (True, 1)


async def test_an_answer_finds_its_parent_on_the_page_or_by_asking(instance: Instance) -> None:
    instance.post(1, 2)
    instance.hidden = {1}
    instance.post(3, in_reply_to_id=local_id(1))
    instance.post(4, in_reply_to_id=local_id(2))
    instance.post(5, in_reply_to_id=local_id(999))
    (page,) = await Looker(instance).look()
    assert [(mention.reply_to, mention.parent_key) for mention in page.mentions] == [
        (None, None), (uri(2), key(2)), (uri(1), key(1)), (None, None),
    ]  # fmt: skip


async def test_where_several_statuses_cannot_be_asked_for_at_once_they_are_asked_for_one_by_one(instance: Instance) -> None:
    instance.post(1)
    instance.hidden = {1}
    instance.post(3, in_reply_to_id=local_id(1))
    instance.many_at_once = False
    (page,) = await Looker(instance).look()
    assert page.mentions[0].reply_to == uri(1)


async def test_the_same_status_in_two_timelines_is_brought_once(instance: Instance) -> None:
    instance.post(1, 2)
    looker = Looker(instance, hashtags=["acme", "#ấm"], public="local")
    pages = await looker.look()
    assert sorted(numbers(pages)) == [1, 2]
    assert [asked.partition("?")[0] for asked in instance.asked] == [
        "/api/v1/timelines/tag/acme", "/api/v1/timelines/tag/ấm", "/api/v1/timelines/public",
    ]  # fmt: skip
    assert "local=true" in instance.asked[2]


async def test_boosts_of_an_account_are_reposts(instance: Instance) -> None:
    instance.post(1, reblog=status(7, uri=uri(7, "other.example"), text="Ấm nổ"), content="", uri=uri(1) + "/activity", url=None)
    looker = Looker(instance, accounts=["@lan"])
    (page,) = await looker.look()
    (mention,) = page.mentions
    assert (mention.kind, mention.text, mention.repost_of) == ("repost", "Ấm nổ", uri(7, "other.example"))
    assert mention.parent_key == mention_key("mastodon", "other.example", uri(7, "other.example"))
    assert mention.engagement.likes is None
    assert instance.asked[0] == "/api/v1/accounts/lookup?acct=lan"
    await looker.look()
    assert instance.asked[2].startswith("/api/v1/accounts/7/statuses")


async def test_a_search_needs_a_token_and_reads_on_by_offset(instance: Instance) -> None:
    with pytest.raises(SourceRejected, match="needs a token"):
        await Looker(instance, search=["acme"]).look()
    instance.post(1)
    looker = Looker(instance, search=["acme"], token="s3cret")
    await looker.look()
    instance.post(*range(2, 102))
    assert sorted(numbers(await looker.look())) == list(range(2, 102))
    assert set(instance.headers) == {"Bearer s3cret"}
    assert "s3cret" not in (looker.cursor or "")


async def test_what_is_not_public_or_wishes_to_be_left_alone_is_left_out(instance: Instance) -> None:
    instance.post(1, visibility="private")
    instance.post(2, visibility="direct")
    instance.post(3, visibility="unlisted")
    instance.post(4, account=account(noindex=True))
    instance.post(5, account=account(note="<p>no robots <a>#<span>NoBot</span></a></p>"))
    instance.post(6, account=account(bot=True))
    instance.post(7, content="")
    (page,) = await Looker(instance).look()
    assert (numbers([page]), page.skipped) == ([6, 3], 0)
    (page,) = await Looker(instance, hashtags=["acme"], bots=False, respect_opt_out=False).look()
    assert numbers([page]) == [5, 4, 3]


async def test_an_instance_that_wants_a_log_in_pauses_the_source_and_says_the_mend(instance: Instance) -> None:
    instance.refuses = {"/timelines/": (422, {"error": "This method requires an authenticated user"})}
    with pytest.raises(SourceRejected, match="give a token"):
        await Looker(instance).look()


@pytest.mark.parametrize("answer", [{"error": "x"}, 5, {"statuses": 5}])
async def test_what_is_no_list_of_statuses_is_unreadable(instance: Instance, answer: object) -> None:
    instance.refuses = {"/api/": (200, answer)}
    for options in ({"hashtags": ["acme"]}, {"search": ["acme"], "token": "x"}, {"accounts": ["lan"]}):
        with pytest.raises(SourceUnreadable):
            await Looker(instance, **options).look()


async def test_a_status_without_an_address_is_skipped_and_told(instance: Instance) -> None:
    instance.post(1)
    instance.statuses[2] = {"id": local_id(2), "content": "x"}
    (page,) = await Looker(instance).look()
    assert (numbers([page]), page.skipped, page.problem) == ([1], 1, "a status without an address")


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        ({"instance": "social.example", "hashtags": ["a"]}, "must be an http"),
        ({"instance": "https://social.example"}, "give hashtags"),
        ({"instance": "https://social.example", "hashtags": ["#"]}, "an empty one"),
        ({"instance": "https://social.example", "search": ["a"], "streaming": True}, "cannot be streamed"),
    ],
)
def test_options_that_cannot_be_listened_by_are_refused(options: dict[str, Any], fault: str) -> None:
    with pytest.raises(ValidationError, match=fault):
        Options(**options)
