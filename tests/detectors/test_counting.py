"""What counts as what: wires, our own, threads, places, known authors, edits. The Enricher on real databases, told in mentions."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache

import pytest
from msgspec.structs import replace

from core.records import Author, Engagement
from detectors.enrichment.pipeline import Pipeline
from detectors.enrichment.records import PlaceSpec, TopicSpec
from detectors.registry import Campaign, Known, Registry
from store import enrichments, mentions, series
from tests import make
from tests.detectors.test_enrich import HOUR, Desk

RECALL = "Acme thu hồi 12.000 ấm siêu tốc vì nguy cơ cháy nổ"
AGAIN = "12.000 ấm đun nước Acme bị thu hồi do có thể gây cháy"
BRANCHES = (PlaceSpec(id="q1", names=("Acme Quận 1", "12 Lê Lợi")), PlaceSpec(id="dn", names=("Acme Đà Nẵng",)))
TIERS = {"vnexpress": "press", "tuoitre": "press", "care": "owned"}


@cache
def pipeline() -> Pipeline:
    return Pipeline([TopicSpec(id="acme", query="acme")], branches=BRANCHES)


class Town(Desk):
    """A desk with the real pipeline, and places of every weight."""

    def __init__(self, database, now, **changes):
        super().__init__(database, now, **{"tiers": TIERS, **changes})
        self.enricher._reader._pipeline = pipeline()

    async def hear(self, now, *heard):
        ids = await self.say(*heard)
        await self.settle(now)
        return ids

    def counts(self, now):
        """(mentions, stories, authors) by class."""
        found: dict[str, tuple[int, int, int]] = {}
        for cell in self.cells(now):
            before = found.get(cell.kind, (0, 0, 0))
            found[cell.kind] = (before[0] + cell.mentions, before[1] + cell.stories, before[2] + cell.authors)
        return found

    def kinds(self, ids):
        return [mention.kind for mention in self.database.read_now(mentions.get, ids)]

    def said(self, mention_id):
        return self.database.read_now(enrichments.get, [mention_id])[mention_id]


@pytest.fixture
def town(database, now):
    return Town(database, now)


async def test_what_another_paper_had_before_is_a_wire(town, now):
    ids = await town.hear(now, make.mention("", title=RECALL, source="vnexpress"), make.mention("", title=AGAIN, source="tuoitre"))
    assert town.kinds(ids) == ["original", "wire"]
    assert town.counts(now) == {"original": (1, 1, 1), "wire": (1, 1, 1)}
    told = town.database.read_now(mentions.told_in, "acme", now, now + HOUR)
    assert (told.mentions, told.stories, told.authors) == (2, 1, 2)


async def test_the_same_paper_again_and_a_readers_copy_are_no_wires(town, now):
    heard = [make.mention("", title=RECALL, source=source) for source in ("vnexpress", "vnexpress", "forum")]
    assert town.kinds(await town.hear(now, *heard)) == ["original"] * 3
    assert town.counts(now) == {"original": (3, 1, 3)}


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("", "Acme đóng cửa nhà máy. Theo TTXVN"),
        ("(TTXVN/Vietnam+) Acme đóng cửa nhà máy", ""),
        ("Acme to close its plant - Reuters", ""),
        ("", "HANOI (AFP) - Acme said on Friday it would close a plant."),
        ("", "Acme đóng cửa nhà máy. Nguồn: Tuổi Trẻ"),
    ],
)
async def test_who_names_an_agency_or_a_paper_copies_it(town, now, title, text):
    assert town.kinds(await town.hear(now, make.mention(text, title=title, source="blog"))) == ["wire"]


@pytest.mark.parametrize(
    ("text", "changes"),
    [
        ("theo mình thì Acme tệ", {}),
        ("(Dân trí) - Acme đóng cửa nhà máy", {"url": "https://dantri.com.vn/a/1"}),
        ("Acme closes its plant - Example Blog", {}),
    ],
)
async def test_who_names_nobody_else_copies_nobody(town, now, text, changes):
    assert town.kinds(await town.hear(now, make.mention(text, **changes))) == ["original"]


async def test_a_collected_entry_stands_for_its_paper_until_the_story_was_heard(town, now):
    url = "https://news.google.com/rss/articles/{}"
    heard = [make.mention("", title=f"{title} - VnExpress", url=url.format(n)) for n, title in enumerate((RECALL, AGAIN))]
    assert town.kinds(await town.hear(now, *heard)) == ["original", "wire"]


async def test_classes_do_not_change_when_a_page_comes_again(town, now):
    heard = [make.mention("", title=RECALL, source="vnexpress"), make.mention("", title=AGAIN, source="tuoitre")]
    ids = await town.hear(now, *heard)
    before = town.counts(now)
    await town.hear(now, *reversed(heard))
    assert (town.kinds(ids), town.counts(now)) == (["original", "wire"], before)


def ours(**changes):
    campaign = Campaign(marks=("#acme1111",), since=date(2026, 11, 21), until=date(2026, 11, 21), zone="Asia/Ho_Chi_Minh")
    people = [
        Known(id="page", name="Acme", role="staff", accounts=("facebook:acme.vn",)),
        Known(id="ngoc", name="Ngọc Vlog", role="ambassador", accounts=("forum/ngoc",), names=("Ngọc Vlog",), reach=120_000),
    ]
    return {"registry": Registry(people, [campaign], {"fanpage": "facebook_page"}), **changes}


async def test_our_own_posts_and_campaigns_count_apart(database, now):
    town = Town(database, now, **ours())
    heard = [
        make.mention("Acme chào cả nhà", source="fanpage", author="acme.vn"),
        make.mention("Mua Acme hôm nay #ACME1111", author="lan"),
        make.mention("Mua Acme hôm sau #acme1111", author="lan", at=now + 24 * HOUR),
        make.mention("Acme 1111 ngày", author="minh"),
    ]
    assert town.kinds(await town.hear(now, *heard)) == ["own", "own", "original", "original"]
    assert town.counts(now)["own"] == (2, 2, 2)
    assert town.database.read_now(mentions.told_in, "acme", now, now + 48 * HOUR).mentions == 2


async def test_a_risk_in_a_campaign_post_still_rings(database, now):
    town = Town(database, now, **ours())
    await town.hear(now, make.mention("Ấm Acme phát nổ, cả nhà bị bỏng #acme1111"))
    assert [signal.kind for signal in town.signals()] == ["single_risk"]


async def test_a_known_author_brings_role_and_reach(database, now):
    town = Town(database, now, **ours())
    told = Author(key="tube/2", name="Ngọc Vlog", followers=90)
    heard = [
        make.mention("Acme tốt", author="ngoc"),
        replace(make.mention("Acme bền"), author=told),
        replace(make.mention("Acme đẹp"), author=Author(key="tube/1", name="NGỌC VLOG")),
        make.mention("Acme", author="ai đó"),
    ]
    ids = await town.hear(now, *heard)
    assert [town.said(mention_id).author_role for mention_id in ids] == ["ambassador"] * 3 + [None]
    assert [mention.reach for mention in town.database.read_now(mentions.get, ids)] == [120_000, 90, 120_000, None]


@pytest.mark.parametrize("together", [True, False])
async def test_a_reply_inherits_the_topic_of_its_thread(town, now, together):
    opener = make.mention("Ấm Acme dùng có bền không mọi người?")
    reply = make.mention("Nhà mình dùng hai tháng là cháy khét", parent_key=opener.key)
    deeper = make.mention("Chuẩn luôn", parent_key=reply.key)
    other = make.mention("Chuẩn luôn", parent_key=b"nobody's key 16b")
    pages = [(opener, reply, deeper, other)] if together else [(opener,), (reply,), (deeper,), (other,)]
    ids = [number for page in pages for number in await town.hear(now, *page)]
    found = [[(match.topic_id, match.weak) for match in town.said(mention_id).topics] for mention_id in ids[:3]]
    assert found == [[("acme", False)], [("acme", True)], [("acme", True)]]
    assert town.database.read_now(enrichments.get, ids[3:]) == {}
    assert sum(cell.mentions for cell in town.cells(now)) == 3


async def test_replies_in_a_place_of_ours_are_not_weak(town, now):
    opener = make.mention("Ấm Acme dùng có bền không?", source="care")
    ids = await town.hear(now, opener, make.mention("Không bền", source="care", parent_key=opener.key))
    assert [town.said(mention_id).topics[0].weak for mention_id in ids] == [False, False]


async def test_two_mentions_that_answer_each_other_come_to_an_end(town, now):
    one = make.mention("hai")
    other = make.mention("ba", parent_key=one.key)
    await town.hear(now, replace(one, parent_key=other.key), other, make.mention("bốn", parent_key=None))
    assert town.cells(now) == []


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("Ấm Acme ở Acme Quận 1 phát nổ, bị bỏng", "q1"),
        ("am Acme o acme quan 1 phat no, bi bong", "q1"),
        ("Acme Q.1 có ấm phát nổ, bị bỏng", "q1"),
        ("Acme Q1 có ấm phát nổ, bị bỏng", "q1"),
        ("Acme số 12 lê lợi: ấm phát nổ, bị bỏng", "q1"),
        ("Acme Đà Nẵng: ấm phát nổ, bị bỏng", "dn"),
        ("Acme da nang: ấm phát nổ, bị bỏng", "dn"),
        ("Ấm Acme ở Đà Lạt phát nổ, bị bỏng", None),
        ("Acme Quận 10: ấm phát nổ, bị bỏng", None),
    ],
)
async def test_a_branch_is_known_by_its_names_and_its_risk_is_its_own(town, now, text, place):
    (mention_id,) = await town.hear(now, make.mention(text))
    assert town.said(mention_id).topics[0].place_id == place
    assert [signal.place_id for signal in town.signals()] == [place]


async def test_two_branches_in_one_minute_both_ring(town, now):
    await town.hear(now, *(make.mention(f"{place}: ấm phát nổ, bị bỏng") for place in ("Acme Quận 1", "Acme Đà Nẵng")))
    assert sorted(signal.place_id for signal in town.signals()) == ["dn", "q1"]


async def test_an_edit_that_adds_a_risk_is_noticed_once_and_moves_no_count(town, now):
    mention = make.mention("Ấm Acme dùng tạm được")
    (mention_id,) = await town.hear(now, mention)
    before = town.cells(now)
    edited = replace(mention, text="Ấm Acme dùng tạm được. Sửa: ấm phát nổ, cả nhà bị bỏng", seen_at=now + 3 * HOUR)
    for turn in range(2):
        added = town.database.write_now(mentions.add, [edited])
        await town.store.mentions.publish(added.revised)
        await town.settle(now + 3 * HOUR + turn * HOUR)
    (signal,) = town.signals()
    assert (signal.kind, signal.bucket_start) == ("single_risk", now + 3 * HOUR)
    assert town.cells(now) == before
    assert town.said(mention_id).risks != ()


async def test_an_edit_is_read_whether_it_names_us_no_more_or_only_now(town, now):
    ours, other = await town.hear(now, make.mention("Ấm Acme dùng tạm được"), make.mention("Ấm này dùng tạm được"))
    before = town.cells(now)
    edits = [(ours, "Ấm này phát nổ, cả nhà bị bỏng"), (other, "Ấm Acme phát nổ, cả nhà bị bỏng")]
    heard = {mention.id: mention for mention in town.database.read_now(mentions.get, [ours, other])}
    town.database.write_now(mentions.add, [replace(heard[mention_id], text=text, seen_at=now + HOUR) for mention_id, text in edits])
    await town.settle(now + HOUR)
    assert [risk.family for mention_id in (ours, other) for risk in town.said(mention_id).risks] == ["injury", "injury"]
    assert [match.topic_id for mention_id in (ours, other) for match in town.said(mention_id).topics] == ["acme", "acme"]
    assert town.cells(now) == before


async def test_the_sweep_finds_an_edit_that_nobody_announced(town, now):
    mention = make.mention("Ấm Acme dùng tạm được")
    await town.hear(now, mention)
    town.database.write_now(mentions.add, [replace(mention, text="Ấm Acme phát nổ, cả nhà bị bỏng", seen_at=now + HOUR)])
    await town.settle(now + HOUR)
    assert len(town.signals()) == 1


async def test_an_edit_that_adds_nothing_grave_rings_nothing(town, now):
    mention = make.mention("Ấm Acme phát nổ, cả nhà bị bỏng")
    await town.hear(now, mention)
    town.database.write_now(mentions.add, [replace(mention, text="Ấm Acme phát nổ, cả nhà bị bỏng. Cảm ơn mọi người", seen_at=now + HOUR)])
    await town.settle(now + HOUR)
    assert len(town.signals()) == 1


async def test_an_edited_piece_of_history_rings_nothing(town, now):
    mention = make.mention("Ấm Acme tốt", arrival="backfill")
    await town.hear(now, mention)
    town.database.write_now(mentions.add, [replace(mention, text="Ấm Acme phát nổ, cả nhà bị bỏng", seen_at=now + HOUR)])
    await town.settle(now + HOUR)
    assert (town.signals(), town.cells(now)) == ([], [])


async def test_a_reading_moves_no_count(town, now):
    mention = make.mention("Ấm Acme", engagement=Engagement(likes=3))
    await town.hear(now, mention)
    before = town.cells(now)
    await town.hear(now + HOUR, replace(mention, seen_at=now + HOUR, engagement=Engagement(likes=3_000)))
    assert town.cells(now) == before
    assert before[0].engagement == 3


async def test_an_imported_copy_does_not_hide_the_first_live_one(town, now):
    await town.hear(now, make.mention("", title=RECALL, at=now - 5 * HOUR, arrival="late"))
    await town.hear(now, make.mention("", title=RECALL))
    assert {cell.arrival: cell.stories for cell in town.cells(now)} == {"late": 1, "live": 1}


async def test_a_thousand_copies_are_one_story(town, now):
    heard = [make.mention("", title=RECALL, source=f"s{number % 7}", at=now + timedelta(seconds=number)) for number in range(150)]
    await town.hear(now, *heard)
    (counted,) = town.counts(now).values()
    assert counted == (150, 1, 150)
    assert series.total(town.database.engine.connect(), "acme", now, now + HOUR)["stories"] == 1


async def test_a_signal_carries_three_numbers(town, now):
    await town.hear(now, make.mention("Ấm Acme phát nổ, cả nhà bị bỏng"))
    (signal,) = town.signals()
    assert signal.frozen["counted"] == {"mentions": 1, "stories": 1, "authors": 1, "negative": None}
