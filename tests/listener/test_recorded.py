"""Recorded mentions, read strictly and written back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.records import Author, Engagement, Mention
from core.text import clean, mention_key
from listener.recorded import RecordError, read_csv, read_line, read_lines, read_record, write_line, write_record

NOW = datetime(2026, 11, 21, 3, tzinfo=UTC)
THEN = datetime(2026, 11, 20, 3, tzinfo=UTC)


def mention(record: Any, **options: Any) -> Mention:
    return read_record(record, source_id="file", seen_at=NOW, **options)


FULL = {
    "source_id": "forum",
    "native_id": "7",
    "url": "https://a.example/7",
    "author": {"handle": "@lan", "name": "Lan", "followers": 12},
    "title": "T",
    "text": "Ấm nổ",
    "published_at": "2026-11-20T10:00:00+07:00",
    "lang": "vi-VN",
    "engagement": {"likes": 1, "replies": 0, "reposts": None},
    "reply_to": "6",
    "repost_of": None,
    "label": "real",
}


def test_a_record_is_read_whole() -> None:
    assert mention(FULL, own=True) == Mention(
        key=mention_key("recorded", "forum", "7"),
        source_id="forum",
        native_id="7",
        seen_at=THEN,
        url="https://a.example/7",
        author=Author(key="forum/@lan", handle="@lan", name="Lan", followers=12),
        title="T",
        text="Ấm nổ",
        lang="vi",
        published_at=THEN,
        reply_to="6",
        engagement=Engagement(likes=1, replies=0),
    )


def test_a_stranger_does_not_choose_source_key_or_time() -> None:
    found = mention(FULL | {"key": "00" * 16, "seen_at": "2026-11-19T00:00:00Z"}, kind="webhook")
    assert (found.source_id, found.seen_at) == ("file", NOW)
    assert found.key == mention_key("webhook", "file", "7")


def test_all_but_the_words_may_be_missing() -> None:
    found = mention({"text": "hi"})
    assert (found.url, found.author, found.published_at, found.lang, found.seen_at) == (None, None, None, None, NOW)
    assert found == mention({"text": "hi", "title": None, "author": "", "engagement": None})
    assert mention({"title": "hi"}).title == "hi"


def test_without_an_id_the_link_or_the_words_tell_mentions_apart() -> None:
    assert mention({"text": "a", "url": "https://a.example/1?utm_source=x"}).key == mention({"text": "b", "url": "https://a.example/1"}).key
    assert mention({"text": "a"}).key == mention({"text": "a"}).key
    others: list[dict[str, Any]] = [{"text": "b"}, {"text": "a", "author": "lan"}, {"text": "a", "published_at": "2026-11-20T03:00:00Z"}]
    assert len({mention(record).key for record in others} | {mention({"text": "a"}).key}) == 4
    assert mention({"text": "a", "native_id": 7}).native_id == "7"


@pytest.mark.parametrize(
    ("record", "says"),
    [
        ([], "not a JSON object"),
        ("x", "not a JSON object"),
        ({}, "text: is missing"),
        ({"text": ""}, "text: is missing"),
        ({"text": "\u200b <b></b>"}, "text: is missing"),
        ({"text": 5}, "text: must be text, not int"),
        ({"text": "a", "title": []}, "title: must be text, not list"),
        ({"text": "a", "published_at": "2026-11-20T10:00:00"}, "published_at: has no time zone"),
        ({"text": "a", "published_at": "2026-11-20"}, "published_at: has no time zone"),
        ({"text": "a", "published_at": "yesterday"}, "published_at: must be a time"),
        ({"text": "a", "published_at": 1700000000}, "published_at: must be text"),
        ({"text": "a", "published_at": "0001-01-01T00:00:00Z"}, "published_at: lies outside"),
        ({"text": "a", "author": 5}, "author: must be a handle"),
        ({"text": "a", "author": {"handle": "x", "followers": -1}}, "author.followers: must be a whole number"),
        ({"text": "a", "author": {"handle": 5}}, "handle: must be text"),
        ({"text": "a", "engagement": {"likes": "3"}}, "engagement.likes: must be a whole number"),
        ({"text": "a", "engagement": {"likes": True}}, "engagement.likes: must be a whole number"),
        ({"text": "a", "engagement": 3}, "engagement: must be an object"),
        ({"text": "a", "class": "ad"}, "class: must be one of"),
        ({"text": "a", "reach": 1.5}, "reach: must be a whole number"),
        ({"text": "a", "url": 5}, "url: must be text"),
        ({"text": "a", "key": "zz"}, "key: must be 32"),
    ],
)
def test_a_wrong_field_is_named_in_one_line(record: Any, says: str) -> None:
    with pytest.raises(RecordError) as caught:
        mention(record, own=True)
    assert str(caught.value).startswith(says)
    assert "\n" not in str(caught.value)


def test_hostile_fields_are_stored_sanely() -> None:
    found = mention(
        {
            "text": "<p>Một</p><script>x()</script>hai\x00\u202e" + "x" * 100_000,
            "title": "a\nb",
            "url": "javascript:alert(1)",
            "native_id": "n" * 9_000,
            "author": {"handle": "h" * 9_000},
            "published_at": "2099-01-01T00:00:00Z",
            "lang": "<b>",
        }
    )
    assert found.text.startswith("Một\nhaix")
    assert len(found.text) == 20_000
    assert (found.title, found.url, found.lang) == ("a b", None, None)
    assert len(found.native_id) <= 500
    assert found.author is not None
    assert len(found.author.handle or "") <= 100
    assert found.published_at == datetime(2099, 1, 1, tzinfo=UTC)
    assert found.at == NOW


def test_a_repost_is_told_by_its_field_or_its_words() -> None:
    assert mention({"text": "RT @lan: a"}).kind == "repost"
    assert mention({"text": "a", "repost_of": "6"}).kind == "repost"
    assert mention({"text": "RT @lan: a", "class": "wire"}).kind == "wire"
    assert mention({"text": "a"}).kind == "original"


steady = settings(deadline=None, derandomize=True)
TEXTS = st.text(max_size=40).map(clean).filter(lambda text: not set(text) & set("<&"))
MENTIONS = st.builds(
    Mention,
    key=st.binary(min_size=16, max_size=16),
    source_id=st.just("forum"),
    native_id=TEXTS.map(lambda text: " ".join(text.split())).filter(bool),
    seen_at=st.just(NOW),
    url=st.sampled_from([None, "https://a.example/1"]),
    author=st.sampled_from([None, Author(key="forum/lan", handle="lan", name="Lan", followers=3), Author(key="forum/Lan", name="Lan")]),
    title=TEXTS.map(lambda text: " ".join(text.split())),
    text=TEXTS.filter(bool),
    lang=st.sampled_from([None, "vi"]),
    kind=st.sampled_from(["repost", "wire", "own"]),
    published_at=st.sampled_from([None, THEN]),
    edited_at=st.sampled_from([None, NOW]),
    reply_to=st.sampled_from([None, "6"]),
    repost_of=st.sampled_from([None, "5"]),
    engagement=st.sampled_from([Engagement(), Engagement(likes=1, reposts=0)]),
    reach=st.sampled_from([None, 9]),
)


@steady
@given(MENTIONS)
def test_what_is_written_reads_back_the_same(original: Mention) -> None:
    assert read_line(write_line(original), source_id="file", seen_at=NOW) == original


def test_a_deleted_mention_is_written_without_words_and_read_back() -> None:
    gone = Mention(key=mention_key("k", "p", "7"), source_id="p", native_id="7", seen_at=NOW, deleted_at=NOW)
    record = write_record(gone)
    assert record["deleted_at"] == NOW.isoformat()
    assert not {"text", "title", "url"} & record.keys()
    assert read_record(record, source_id="p", seen_at=NOW, own=True) == gone
    with pytest.raises(RecordError):  # a stranger's empty record is no mention, whatever it says
        read_record(record, source_id="p", seen_at=NOW)


def test_what_is_unknown_is_left_out() -> None:
    assert set(write_record(mention({"text": "a"}))) == {"source_id", "native_id", "key", "text", "seen_at"}


def test_bad_lines_are_told_with_their_number_and_the_rest_is_read() -> None:
    lines = [
        b'{"text": "a"}\n',
        b"\n",
        b"{broken\n",
        b'{"text": 5}\n',
        b"\xff\xfe\n",
        b"[" * 200_000,
        b'{"text": "' + b"x" * 1_000_001,
        b'{"text": "b"}',
    ]
    found = dict(read_lines(lines, source_id="file", seen_at=NOW))
    assert list(found) == [1, 3, 4, 5, 6, 7, 8]
    assert [number for number, one in found.items() if isinstance(one, Mention)] == [1, 8]
    assert str(found[4]) == "text: must be text, not int"


def test_rows_are_read_by_their_columns() -> None:
    rows = [
        "\ufeffid,content,published_at,author,author_name,followers,likes,reposts,lang\n",
        '1,"Ấm ""Acme"", nổ\n',
        'to",2026-11-20T10:00:00+07:00,@lan,Lan,12,3,,vi\n',
        ",,,,,,,,\n",
        "2,b,,,,,,,\n",
        "3,c,2026-11-20 10:00,,,,,,\n",
        "4,d,,,,,many,,\n",
    ]
    found = list(read_csv(rows, source_id="file", seen_at=NOW, rename={"text": "content", "native_id": "id"}))
    first = found[0][1]
    assert isinstance(first, Mention)
    assert (first.native_id, first.text, first.published_at, first.lang) == ("1", 'Ấm "Acme", nổ\nto', THEN, "vi")
    assert first.author == Author(key="file/@lan", handle="@lan", name="Lan", followers=12)
    assert first.engagement == Engagement(likes=3)
    assert [(line, type(one).__name__) for line, one in found] == [(3, "Mention"), (5, "Mention"), (6, "RecordError"), (7, "RecordError")]
    assert "published_at: has no time zone" in str(found[2][1])
    assert "engagement.likes" in str(found[3][1])


def test_a_renamed_column_that_is_not_there_is_told() -> None:
    with pytest.raises(RecordError, match="there is no column 'content'"):
        list(read_csv(["id,body\n"], source_id="file", seen_at=NOW, rename={"text": "content"}))
    assert list(read_csv([], source_id="file", seen_at=NOW)) == []


def test_a_cell_too_large_is_told_and_the_rest_is_read() -> None:
    found = list(read_csv(["text\n", '"' + "x" * 200_000 + '"\n', "b\n"], source_id="file", seen_at=NOW))
    assert [type(one).__name__ for _, one in found] == ["RecordError", "Mention"]


def test_a_line_of_the_export_is_json() -> None:
    line = write_line(mention(FULL, own=True))
    assert line.endswith(b"\n")
    assert msgspec.json.decode(line)["published_at"] == "2026-11-20T03:00:00+00:00"
