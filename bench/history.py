"""A history written as the live run leaves it, fast: for the bench of the backtest. The lines are of our own making."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from console.config import Config
from console.known import topic_versions
from core.text import mention_key
from detectors.enrichment.pipeline import Pipeline
from detectors.enrichment.records import TopicSpec
from store.bulk import insert_rows
from store.columns import as_text
from store.database import Database, Tx
from store.schema import authors, coverage, enrichments, mention_texts, mention_topics, mentions, sources, stories, watches

BATCH: Final = 20_000
AUTHORS: Final = 40_000
COPIES: Final = 0.12  # of mentions that tell a story told within the day
SMALL_RISKS: Final = 0.02  # of ordinary mentions that carry a risk which is never a page by itself
LINES: Final = (  # (words, language, negative)
    ("Mình dùng {topic} được {n} ngày rồi, thấy ổn nha mọi người", "vi", False),
    ("{topic} giao hàng nhanh, đóng gói cẩn thận, cảm ơn shop", "vi", False),
    ("Có ai biết {topic} bảo hành mấy tháng không ạ?", "vi", False),
    ("{topic} lại tăng giá, chán thật sự, {n}k một cái", "vi", True),
    ("Đợi {topic} trả lời tin nhắn {n} phút chưa thấy ai", "vi", True),
    ("So sánh {topic} với mấy hãng khác thì cũng tạm được", "vi", False),
    ("My {topic} is on day {n} and still fine", "en", False),
    ("{topic} support answered in {n} minutes, lovely", "en", False),
    ("Anyone else find {topic} a bit overpriced at {n}?", "en", True),
    ("Bought a second {topic} for my mum, number {n}", "en", False),
)
RISKS: Final = (
    ("{topic} bị cháy khi đang dùng, suýt nữa thì cháy nhà", "vi"),
    ("Con mình bị bỏng vì {topic}, ai bị giống mình không?", "vi"),
    ("{topic} caught fire in my kitchen this morning", "en"),
    ("Boycott {topic} until they recall it", "en"),
)
Told = tuple[datetime, str, str, str, bool]  # when, topic, words, language, negative


def write_history(past: Database, config: Config, said: Iterable[Told], source_ids: Sequence[str], chance: random.Random) -> None:
    """Write what was said, in order, as heard at once by sources that were never deaf."""
    versions = topic_versions(config)
    model = f"{Pipeline([TopicSpec(id=topic.id, query=topic.words) for topic in config.topics]).models}-bench"
    batch: list[Told] = []
    first, number = None, 0
    last: datetime | None = None
    stories_of: dict[str, tuple[int, datetime]] = {}
    for told in said:
        first, last = first or told[0], told[0]
        batch.append(told)
        if len(batch) == BATCH:
            past.write_now(_write, batch, number, source_ids, versions, model, stories_of, chance)
            number, batch = number + len(batch), []
    past.write_now(_write, batch, number, source_ids, versions, model, stories_of, chance)
    if first is not None and last is not None:
        past.write_now(_finish, source_ids, versions, first, last)


def _write(
    tx: Tx,
    batch: Sequence[Told],
    number: int,
    source_ids: Sequence[str],
    versions: dict[str, str],
    model: str,
    stories_of: dict[str, tuple[int, datetime]],
    chance: random.Random,
) -> None:
    heard, words, understood, about, told = [], [], [], [], []
    if number == 0:
        rows = [(one, f"bench/user{one}", f"user{one}", None, one % 900, as_text(batch[0][0])) for one in range(1, AUTHORS)]
        insert_rows(tx, authors, ("id", "key", "handle", "name", "followers", "first_seen_at"), rows)
    for place, (at, topic, text, language, negative) in enumerate(batch, number + 1):
        source, stamp = chance.choice(source_ids), as_text(at)
        key = mention_key("bench", source, str(place))
        story, began = stories_of.get(topic, (0, at))
        if not story or chance.random() > COPIES or at - began > timedelta(days=1):
            story = place
            stories_of[topic] = (story, at)
            told.append((story, place, stamp, language, b"", source))
        author = chance.randrange(1, AUTHORS) if chance.random() < 0.9 else None
        heard.append(_mention(place, key, source, author, language, stamp, text))
        words.append((place, f"https://bench.example/{place}", "", text))
        risks = _risks(text, chance)
        negativity = 0.9 if negative else 0.1
        understood.append(
            (place, language, negativity, 0.95 - negativity, 0.05, negative and chance.random() < 0.6, risks, None, story, model, None)
        )
        about.append((topic, place, versions[topic], f'["{topic}"]', False, stamp, None))
    insert_rows(tx, mentions, tuple(heard[0]), [tuple(row.values()) for row in heard])
    insert_rows(tx, mention_texts, ("mention_id", "url", "title", "text"), words)
    insert_rows(tx, stories, ("id", "first_mention_id", "first_seen_at", "language", "sketch", "source_id"), told)
    insert_rows(tx, enrichments, enrichments.c.keys(), understood)
    insert_rows(tx, mention_topics, mention_topics.c.keys(), about)


def _mention(place: int, key: bytes, source: str, author: int | None, language: str, stamp: str | None, text: str) -> dict[str, Any]:
    return {
        "id": place, "key": key, "source_id": source, "native_id": str(place), "author_id": author, "lang": language, "kind": "original",
        "arrival": "live", "published_at": stamp, "seen_at": stamp, "counts_at": stamp, "likes": place % 7, "reach": place % 500,
        "digest": hashlib.sha256(text.encode()).digest()[:16], "enriched_at": stamp, "enrich_attempts": 0,
    }  # fmt: skip


def _risks(text: str, chance: random.Random) -> str:
    if any(word in text for word in ("cháy", "bỏng", "fire")):
        return '[{"family":"safety","level":1,"term":"cháy"}]'
    return '[{"family":"service","level":3,"term":"chán"}]' if chance.random() < SMALL_RISKS else "[]"


def _finish(tx: Tx, source_ids: Sequence[str], versions: dict[str, str], first: datetime, last: datetime) -> None:
    stretches = [(source, as_text(first), as_text(last + timedelta(hours=1))) for source in source_ids]
    insert_rows(tx, coverage, ("source_id", "starts_at", "ends_at"), stretches)
    rows = [(source, "webhook", as_text(first), 0, 0, 0.0, 0) for source in source_ids]
    insert_rows(tx, sources, ("id", "kind", "first_poll_at", "failures", "mentions", "cost", "attempt"), rows)
    insert_rows(tx, watches, ("topic_id", "version", "attempt"), [(topic, version, 0) for topic, version in versions.items()])
