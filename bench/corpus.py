"""Feeds to measure with: recorded ones where the folder is given, made distinct by number, and made-up ones of the usual shapes."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import cycle, islice
from pathlib import Path
from typing import Final

SEED: Final = 7
ITEMS: Final = (20, 100)  # in a made-up feed
FEED_SUFFIXES: Final = frozenset({".xml", ".rss", ".atom", ".rdf"})
_IDS = re.compile(rb"</(guid|id|link)>")
_ABOUT = re.compile(rb'(rdf:(?:about|resource)="[^"]*)"')
_LINKS = re.compile(rb'(<link\b[^>]*href="[^"#]*)"')
_TALK = (
    "ấm đun nước bị cháy sáng nay giao hàng nhanh đóng gói đẹp shop tư vấn nhiệt tình mọi người ơi cho em hỏi giá bao nhiêu còn hàng không",
    "the kettle leaks after a week and support has not answered yet people say it is the same with the new model love the colour though",
)
_WORDS = [word for line in _TALK for word in line.split()]


def recorded(folder: Path) -> list[bytes]:
    """Every feed file under a folder, in the order of the paths; documents that are no XML feed by their name are left out."""
    return [path.read_bytes() for path in sorted(folder.rglob("*")) if path.suffix in FEED_SUFFIXES and path.stat().st_size > 1_000]


def made_up(count: int) -> list[bytes]:
    """RSS and Atom in turn, of 20 to 100 items of a few hundred characters."""
    dice = random.Random(SEED)
    return [(_rss if number % 2 else _atom)(dice, number) for number in range(count)]


def mixed(folder: Path | None, count: int) -> list[bytes]:
    """`count` distinct feeds: half recorded (where there are any), half made up."""
    real = recorded(folder) if folder and folder.is_dir() else []
    half = count // 2 if real else 0
    varied = [distinct(body, number) for number, body in enumerate(islice(cycle(real), half))] if real else []
    return [*varied, *made_up(count - half)]


def distinct(body: bytes, number: int) -> bytes:
    """The same feed with other ids and links, so that nothing in it is known from another."""
    mark = b"-%d" % number
    body = _IDS.sub(lambda found: mark + found[0], body)
    body = _ABOUT.sub(lambda found: found[1] + mark + b'"', body)
    return _LINKS.sub(lambda found: found[1] + b"#" + mark + b'"', body)


def _texts(dice: random.Random) -> Iterator[tuple[str, str, datetime]]:
    at = datetime(2026, 11, 21, 5, tzinfo=UTC)
    for _ in range(dice.randint(*ITEMS)):
        at -= timedelta(minutes=dice.randint(1, 90))
        yield " ".join(dice.choices(_WORDS, k=10)), " ".join(dice.choices(_WORDS, k=dice.randint(30, 120))), at


def _rss(dice: random.Random, number: int) -> bytes:
    items = "".join(
        f"<item><title>{title}</title><link>https://example.org/{number}/{index}</link><guid>g-{number}-{index}</guid>"
        f"<pubDate>{format_datetime(at)}</pubDate><description><![CDATA[<p>{text}</p><img src='x.png'>]]></description></item>"
        for index, (title, text, at) in enumerate(_texts(dice))
    )
    return f'<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel><title>Feed {number}</title>{items}</channel></rss>'.encode()


def _atom(dice: random.Random, number: int) -> bytes:
    items = "".join(
        f'<entry><title>{title}</title><link href="https://example.org/{number}/{index}"/><id>urn:{number}:{index}</id>'
        f'<updated>{at.isoformat()}</updated><author><name>Lan {index % 7}</name></author><content type="html">&lt;p&gt;{text}&lt;/p&gt;'
        "</content></entry>"
        for index, (title, text, at) in enumerate(_texts(dice))
    )
    return f'<?xml version="1.0" encoding="UTF-8"?><feed xmlns="http://www.w3.org/2005/Atom"><title>Feed {number}</title>{items}</feed>'.encode()
