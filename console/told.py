"""A backtest in words, for whoever has to carry the pager: what would have happened, what a week would cost, what another configuration would change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from console.verbs.tables import table
from core.messages import Translator

LISTED: Final = 40  # incidents in a table; all are in the JSON
Told = Mapping[str, Any]


def told(done: Told, say: Translator) -> list[str]:
    """One backtest, as lines."""
    return [
        *_incidents(done["incidents"], say),
        "",
        *_basis(done, say),
        *_pages(done, say),
        *_right(done["forecast"], say),
        *_detectors(done, say),
    ]


def told_comparison(ours: Told, theirs: Told, changes: Told, say: Translator) -> list[str]:
    """What changes from A to B, as lines."""
    lines = [*_basis(ours, say), ""]
    rows = [
        (say("backtest.incidents"), str(len(ours["incidents"])), str(len(theirs["incidents"]))),
        *((say(f"backtest.row_{name}"), *map(str, changes[name])) for name in ("pages_per_week", "night", "nights", "weekend")),
        *((say("backtest.row_person", person=person), *map(str, both)) for person, both in changes["pages_per_person_week"].items()),
        *((say(f"backtest.row_{name}"), *(_share(each, say) for each in changes[name])) for name in ("precision", "recall")),
        (say("backtest.row_lead"), *(_minutes(each, say) for each in changes["lead_min"])),
    ]
    lines.append(table(["", "A", "B"], rows))
    for name in ("only_a", "only_b"):
        lines += ["", say(f"backtest.{name}", n=len(changes[name])), *_incidents(changes[name], say)]
    lines += ["", say("backtest.both", n=len(changes["both"]))]
    lines += [say("backtest.severity", title=one["title"], old=one["from"], new=one["to"]) for one in changes["severity"]]
    return lines


def _incidents(incidents: list[dict[str, Any]], say: Translator) -> Iterator[str]:
    if not incidents:
        yield say("console.no_incidents")
        return
    rows = [
        [f"#{each['id']}", say(f"severity.{each['severity']}"), say("cli.moment", at=each["opened_at"]), each["title"]]
        for each in incidents[:LISTED]
    ]
    yield table(["#", *(say(f"console.{name}") for name in ("severity", "opened_at", "what"))], rows)
    if len(incidents) > LISTED:
        yield say("backtest.more", n=len(incidents) - LISTED)


def _basis(done: Told, say: Translator) -> Iterator[str]:
    """What was played, and on which assumptions."""
    since, until, learnt = (datetime.fromisoformat(done[name]) for name in ("from", "until", "learnt_from"))
    yield say("cli.replayed", mentions=done["mentions"], since=since, until=until)
    if learnt < since:
        yield say("backtest.learnt", since=learnt)
    again = done["understood"]["read_again"] + done["understood"]["read_first"]
    if again:
        yield say("backtest.read_again", n=again)
    if done["imported"]:
        yield say("backtest.imported", n=done["imported"])
    take, close = done["assumed"]["take_after_min"], done["assumed"]["close_after_min"]
    if take is not None and close is not None:
        yield say("backtest.assumed", take=take * 60, close=close * 60)


def _pages(done: Told, say: Translator) -> Iterator[str]:
    forecast = done["forecast"]
    yield say(
        "cli.forecast", pages=len(done["pages"]), per_week=forecast["pages_per_week"], night=forecast["night"], weekend=forecast["weekend"]
    )
    if forecast["too_thin"]:
        yield say("cli.too_thin")
        return
    coming = forecast["next_week"]
    for name in ("pages", "night", "weekend"):
        yield say(f"backtest.week_{name}", **coming[name])
    for person, range_ in coming["people"].items():
        yield say("backtest.week_person", person=person, **range_)
    yield say("backtest.nights", n=forecast["nights"], weeks=forecast["weeks"])
    if forecast["guess"]:
        yield say("backtest.guess", weeks=forecast["weeks"], wanted=forecast["wanted_weeks"])


def _right(forecast: Told, say: Translator) -> Iterator[str]:
    if not forecast["labels"]:
        yield say("backtest.unlabelled")
    for name in ("precision", "recall"):
        if forecast[name] is not None:
            yield say(f"backtest.{name}", share=_share(forecast[name], say))
    if forecast["lead"]["of"]:
        yield say("backtest.lead", minutes=_minutes(forecast["lead"]["median_min"], say), n=forecast["lead"]["of"])


def _detectors(done: Told, say: Translator) -> Iterator[str]:
    rows = [
        (say(f"kind.{one['kind']}"), str(one["signals"]), str(one["opened"]), str(one["pages"]), _share(one["precision"], say))
        for one in done["forecast"]["detectors"]
    ]
    if rows:
        yield ""
        yield table([say(f"backtest.head_{name}") for name in ("detector", "signals", "opened", "pages", "precision")], rows)


def _share(share: Told | None, say: Translator) -> str:
    if share is None:
        return say("backtest.unknown")
    return say("backtest.share", hits=share["hits"], of=share["of"], value=share["value"], low=share["low"], high=share["high"])


def _minutes(minutes: float | None, say: Translator) -> str:
    return say("backtest.unknown") if minutes is None else say("backtest.minutes", length=minutes * 60)
