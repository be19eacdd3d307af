"""The evidence pack: it survives edits, honours deletion, and whoever has it can check it."""

from __future__ import annotations

import io
import zipfile
from datetime import timedelta

import msgspec
import pytest
from msgspec.structs import replace
from sqlalchemy import insert

from alerting import regroup
from alerting.pack import as_document, pack_of, seal
from alerting.proof import document_in, proofs
from core.errors import Refused
from core.records import Author, Engagement
from store import evidence, incidents, mentions, schema
from tests import make
from tests.alerting.desk import Desk

WORDS = "Ấm Acme nổ, con tôi bị bỏng"


@pytest.fixture
async def desk(database):
    built = Desk(database)
    author = Author(key="forum/lan", handle="lan", name="Lan Nguyễn", followers=1200)
    built.posts = [
        make.mention(WORDS, native_id="1", url="https://forum.example/1", author=None, engagement=Engagement(likes=480, replies=None)),
        make.mention('=HYPERLINK("https://evil") <script>alert(1)</script> @everyone', native_id="2", url="javascript:alert(1)"),
    ]
    built.posts[0] = replace(built.posts[0], author=author)
    ids = database.write_now(mentions.add, built.posts).new
    sent = {"mention_id": ids[0], "payload": b'{"id": 1}', "media_type": "application/json", "sha256": "0" * 64}
    database.write_now(lambda tx: tx.execute(insert(schema.mention_payloads).values(**sent)))
    await built.hear(make.signal(evidence=tuple(ids)))
    return built


def pack(desk: Desk):
    def work(tx):
        incident = incidents.get(tx, 1)
        assert incident is not None
        return pack_of(tx, incident, by="Ana", now=desk.now, site="Acme community")

    return desk.database.read_now(work)


def document(desk: Desk):
    return msgspec.json.decode(msgspec.json.encode(as_document(pack(desk))))


def checked(desk: Desk, told, beside=None):
    return {(one.name, one.number): one.holds for one in desk.database.read_now(proofs, told, beside or {})}


async def test_it_says_what_stood_there_who_wrote_it_and_how_it_stood_then(desk) -> None:
    first = pack(desk).exhibits[0]
    assert (first.text, first.author, first.url, first.whole) == (WORDS, "lan (Lan Nguyễn)", "https://forum.example/1", True)
    assert first.counters == {"likes": 480, "replies": None, "reposts": None, "views": None, "reach": None, "followers": 1200}
    assert first.payload_sha256 == "0" * 64
    assert (first.frozen_at, first.number) == (make.NOON, 1)


async def test_an_edit_at_the_source_changes_nothing_of_it(desk) -> None:
    later = make.NOON + timedelta(hours=1)
    edited = replace(desk.posts[0], text="Ấm Acme rất tốt", edited_at=later, seen_at=later, engagement=Engagement(likes=9_999))
    desk.database.write_now(mentions.add, [edited])
    first = pack(desk).exhibits[0]
    assert (first.text, first.edited, first.whole) == (WORDS, True, True)
    assert first.counters["likes"] == 480
    assert checked(desk, document(desk))[("words", 1)] is True


async def test_a_deleted_post_disappears_from_the_words_but_its_digest_and_numbers_stay(desk) -> None:
    """listening.md section 8: from report text, not from counts; and a copy that was taken out before can still be proved."""
    before = document(desk)
    desk.database.write_now(mentions.remove, [desk.posts[0].key], desk.now)
    first = pack(desk).exhibits[0]
    assert (first.text, first.url, first.author, first.salt, first.sha256, first.payload_sha256) == (None,) * 6
    assert len(first.digest) == 64
    assert first.counters["likes"] == 480
    assert checked(desk, before)[("frozen_here", 1)] is True
    assert checked(desk, document(desk))[("words", 1)] is None
    told = msgspec.json.encode(document(desk)).decode()
    assert "bỏng" not in told
    assert "Nguyễn" not in told


async def test_whatever_is_changed_in_it_is_found(desk) -> None:
    told = document(desk)
    assert set(checked(desk, told).values()) == {True}
    told["exhibits"][0]["text"] = "Acme đốt nhà"
    found = checked(desk, told)
    assert (found[("seal", 0)], found[("words", 1)], found[("sha256", 1)], found[("words", 2)]) == (False, False, False, True)
    told["pack_sha256"] = seal(told)  # resealed by who changed it
    assert checked(desk, told)[("words", 1)] is False


async def test_a_digest_made_up_by_somebody_else_is_not_what_was_frozen_here(desk) -> None:
    told = document(desk)
    told["exhibits"][0] |= {"salt": "00", "text": "forged"}
    told["exhibits"][0]["digest"] = evidence.digest_of(told["exhibits"][0]["url"], "", "forged", b"\0")
    told["pack_sha256"] = seal(told)
    found = checked(desk, told)
    assert (found[("words", 1)], found[("frozen_here", 1)]) == (True, False)


@pytest.mark.parametrize(
    "data", [b"", b"{}", b"[1]", b"PK\x03\x04", b'{"format": "tocsin evidence 1", "exhibits": 3}', b"\xff" * 10, b"[" * 100_000]
)
def test_what_is_no_pack_is_refused_in_one_line(data) -> None:
    with pytest.raises(Refused):
        document_in(data)


async def test_an_exhibit_that_is_no_exhibit_is_refused(desk) -> None:
    for bad in ({}, {"number": "x", "mention_id": 1}, 7, {"number": 1, "mention_id": 1, "text": 5, "salt": "zz", "digest": ""}):
        with pytest.raises(Refused):
            checked(desk, {**document(desk), "exhibits": [bad]})


def test_a_bomb_is_refused_before_it_fills_the_memory() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("evidence.json", b"0" * (65 * 1024 * 1024))
    with pytest.raises(Refused, match="unpacks to more"):
        document_in(buffer.getvalue())


async def test_evidence_of_what_was_merged_in_keeps_its_digests(desk) -> None:
    (post,) = [make.mention("Acme app down", native_id="9")]
    (number,) = desk.database.write_now(mentions.add, [post]).new
    await desk.hear(make.signal(at=make.NOON + timedelta(minutes=1), risk="outage", evidence=(number,)))
    desk.database.write_now(lambda tx: regroup.merge(tx, 2, 1, by="ana", now=desk.now, roster=desk.roster(tx), channel="cli"))
    exhibits = pack(desk).exhibits
    assert [one.mention_id for one in exhibits][-1] == number
    assert all(one.whole for one in exhibits)
