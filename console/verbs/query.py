"""`query`: what a query would have matched in stored history; why a text does or does not match."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, time
from heapq import heappush, heappushpop
from typing import TYPE_CHECKING, Any, Final

from console.shapes import moment as as_moment
from console.verbs.base import Desk, UsageError, Verb, as_json
from console.verbs.tables import table
from console.verbs.texts import Text, read
from console.verbs.times import past_moment
from core.errors import QueryError

if TYPE_CHECKING:
    from core.records import Mention, TopicMatch
    from detectors.enrichment.asking import Asker
    from detectors.enrichment.explain import Explanation, Standing

SINCE: Final = "30d"
PAGE: Final = 1_000  # mentions read at once
EXAMPLES: Final = 5  # the newest
NOON: Final = time(12)
QUOTED: Final = 160  # characters of an example


class Tally:
    """What a query matched, as far as it was read."""

    def __init__(self, desk: Desk) -> None:
        self._zone = desk.zone
        self.read = self.found = self.weak = 0
        self.days: Counter[date] = Counter()
        self.sources: Counter[str] = Counter()
        self._newest: list[tuple[datetime, int, Mention, TopicMatch]] = []

    def add(self, mention: Mention, match: TopicMatch | None) -> None:
        """Count one mention; `match` None where the query does not match it."""
        self.read += 1
        if match is None:
            return
        self.found += 1
        self.weak += match.weak
        self.days[mention.at.astimezone(self._zone).date()] += 1
        self.sources[mention.source_id] += 1
        example = (mention.at, mention.id, mention, match)
        if len(self._newest) < EXAMPLES:
            heappush(self._newest, example)
        else:
            heappushpop(self._newest, example)

    def examples(self) -> list[dict[str, Any]]:
        """The newest mentions that match, newest first."""
        return [
            {
                "id": mention.id,
                "at": as_moment(at),
                "source_id": mention.source_id,
                "url": mention.url,
                "weak": match.weak,
                "terms": list(match.terms),
                "text": _around(f"{mention.title}\n{mention.text}".strip(), match.terms),
            }
            for at, _, mention, match in sorted(self._newest, key=lambda example: example[:2], reverse=True)
        ]


def _options(parser: ArgumentParser) -> None:
    parser.add_argument("query", metavar="TEST-QUERY", help="as a topic would have it; put it in quotation marks of the shell")
    parser.add_argument(
        "--explain", metavar="TEXT", help="why this text does or does not match; a JSON object gives title, author, url, source_id ... too"
    )
    parser.add_argument("--since", metavar="TIME", default=SINCE, help=f"how far back in history: a length or a time; default: {SINCE}")
    as_json(parser)


def _query(desk: Desk, args: Namespace) -> int:
    try:
        return _explain(desk, args) if args.explain is not None else _look_back(desk, args)
    except QueryError as error:
        raise UsageError(f"the query cannot be understood: {error}") from error


def _explain(desk: Desk, args: Namespace) -> int:
    from detectors.enrichment.explain import explain

    found = explain(args.query, _text(args.explain).heard())
    if args.json:
        desk.json(explained(desk, found))
        return 0
    desk.out(f"{desk.say(f'query.verdict.{found.verdict}').upper()}: {' '.join(map(desk.say.render, found.because))}")
    desk.out(desk.say("query.understood", query=found.understood))
    for part in found.parts:
        desk.out(f"  {_part(desk, part)}")
    return 0


def explained(desk: Desk, found: Explanation) -> dict[str, Any]:
    """An explanation for programs, its sentences in the configured language."""
    return {
        "matches": found.verdict != "no",
        "weak": found.verdict == "weakly",
        "understood": found.understood,
        "lang": found.language,
        "because": [desk.say.render(words) for words in found.because],
        "parts": [
            {
                "part": part.part,
                "holds": part.holds,
                "quotes": list(part.quotes),
                "remark": desk.say.render(part.remark) if part.remark else None,
            }
            for part in found.parts
        ],
    }


def _text(typed: str) -> Text:
    if not typed.lstrip().startswith("{"):
        return Text(text=typed)
    try:
        return read(typed)
    except ValueError as error:
        raise UsageError(f"--explain: {error}") from error


def _part(desk: Desk, part: Standing) -> str:
    sign = {"surely": "+", "weakly": "~", "no": "-"}[part.holds]
    quotes = f": {', '.join(f'“{quote}”' for quote in part.quotes)}" if part.quotes else ""
    remark = f" ({desk.say.render(part.remark)})" if part.remark else ""
    return f"{sign} {part.part}{quotes}{remark}"


def _look_back(desk: Desk, args: Namespace) -> int:
    from detectors.enrichment.asking import Asker

    asker, since = Asker(args.query), past_moment(args.since, desk.now, desk.zone)
    tally = _tally(desk, asker, since)
    always = asker.topic.query.literals() is None
    if args.json:
        told = {"query": args.query, "understood": str(asker.topic.query), "always_evaluated": always, "since": as_moment(since)}
        counts = {"read": tally.read, "mentions": tally.found, "weak": tally.weak}
        days = {day.isoformat(): tally.days[day] for day in sorted(tally.days)}
        desk.json({**told, **counts, "days": days, "sources": dict(tally.sources.most_common()), "examples": tally.examples()})
        return 0
    desk.out(desk.say("query.understood", query=str(asker.topic.query)))
    if always:
        desk.tell(desk.say("query.always"))
    for block in _blocks(desk, tally, since):
        desk.out(block)
    return 0


def _tally(desk: Desk, asker: Asker, since: datetime) -> Tally:
    """The whole history since then, a page at a time."""
    from detectors.reading import heard

    kinds = {source.id: source.kind for source in desk.config.listener.sources}
    tally, progress = Tally(desk), sys.stderr.isatty()
    for page in _pages(desk, since):
        told = [heard(mention, kinds.get(mention.source_id, "")) for mention in page]
        for mention, match in zip(page, asker.ask(told), strict=True):
            tally.add(mention, match)
        if progress:
            sys.stderr.write(f"\r{desk.say('query.reading', n=tally.read)}")
    if progress:
        sys.stderr.write("\r\033[K")
    return tally


def _pages(desk: Desk, since: datetime) -> Iterator[list[Mention]]:
    from store import mentions

    after = 0
    while page := desk.read(mentions.history, since, after=after, limit=PAGE):
        yield page
        after = page[-1].id


def _blocks(desk: Desk, tally: Tally, since: datetime) -> Iterator[str]:
    say = desk.say
    if not tally.found:
        yield say("query.found_none", read=tally.read, since=since)
        return
    yield say("query.found", found=tally.found, read=tally.read, weak=tally.weak / tally.found, since=since)
    days = [(say("query.day", day=datetime.combine(day, NOON, desk.zone)), tally.days[day]) for day in sorted(tally.days)]
    for head, counts in (("day", days), ("source", tally.sources.most_common())):
        yield ""
        yield table([say(f"query.head_{head}"), say("query.head_mentions")], [(name, say("cli.count", n=n)) for name, n in counts])
    yield ""
    heads = [say(f"query.head_{name}") for name in ("when", "source", "match", "words")]
    rows = [
        (say("cli.moment", at=each["at"]), each["source_id"], say(f"query.verdict.{'weakly' if each['weak'] else 'surely'}"), each["text"])
        for each in tally.examples()
    ]
    yield table(heads, rows)


def _around(text: str, terms: tuple[str, ...]) -> str:
    """The part of a text around the first of the terms that stands in it."""
    at = next((text.find(term) for term in terms if term in text), 0)
    start = max(0, min(at - QUOTED // 3, len(text) - QUOTED))
    return f"{'…' if start else ''}{text[start : start + QUOTED]}{'…' if start + QUOTED < len(text) else ''}"


VERBS = (
    Verb(
        "query",
        "what a query would have matched in stored history; why a text does or does not match",
        """tocsin query '"ấm acme" (nổ OR cháy*) NOT phim' --since 7d""",
        _options,
        _query,
        logs=True,
    ),
)
