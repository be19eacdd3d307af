"""What a backtest says about the weeks to come: pages per person, nights and weekends, how right the incidents were, how early. Pure.

Pages are counted as a Poisson process whose rate has a gamma distribution (Jeffreys' prior): what is told is the mean and the middle nine tenths of what the next
week may bring, the uneven luck of single weeks included (a negative binomial). Shares are told with Wilson's interval.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

NIGHT: Final = frozenset({22, 23, *range(7)})  # local hours
SATURDAY: Final = 6  # ISO day of the week
LEAST: Final = timedelta(days=7)  # less is too thin to forecast anything from
ENOUGH: Final = timedelta(days=28)  # four weeks: less, and a forecast is a guess
WEEK: Final = timedelta(weeks=1)
PRIOR: Final = 0.5  # of a page, before anything was seen (Jeffreys)
TAIL: Final = 0.05  # left out at either end
MOST_PAGES: Final = 10_000
NORMAL: Final = 1.96  # deviations that hold 19 of 20
PRESS_WITHIN: Final = timedelta(hours=48)  # a press item that comes later is about something else


def forecast(pages: Sequence[Mapping[str, Any]], zone: ZoneInfo, since: datetime, until: datetime) -> dict[str, Any]:
    """Pages a week and per person, night and weekend apart, each with the range of the next week."""
    weeks = max((until - since) / WEEK, 1e-9)
    people = sorted({page["person"] for page in pages})
    local = [datetime.fromisoformat(page["at"]).astimezone(zone) for page in pages]
    night = [moment.hour in NIGHT for moment in local]
    weekend = [moment.isoweekday() >= SATURDAY for moment in local]
    named = [page["person"] for page in pages]
    return {
        "weeks": round(weeks, 2),
        "too_thin": until - since < LEAST,
        "guess": until - since < ENOUGH,
        "wanted_weeks": ENOUGH / WEEK,
        "method": "Poisson with a gamma rate (Jeffreys); ranges hold 9 of 10 weeks",
        "pages_per_week": round(len(pages) / weeks, 2),
        "pages_per_person_week": {person: round(named.count(person) / weeks, 2) for person in people},
        "night": sum(night),
        "weekend": sum(weekend),
        "nights": len({(moment - timedelta(hours=12)).date() for moment, dark in zip(local, night, strict=True) if dark}),
        "next_week": {
            "pages": week(len(pages), weeks),
            "night": week(sum(night), weeks),
            "weekend": week(sum(weekend), weeks),
            "people": {person: week(named.count(person), weeks) for person in people},
        },
    }


def week(count: int, weeks: float) -> dict[str, Any]:
    """What the next week brings where `count` came in so many weeks: the mean, and the range that holds 9 of 10 weeks.

    Example:
        >>> week(8, 4.0)
        {'mean': 2.0, 'low': 0, 'high': 5}
    """
    shape, chance = count + PRIOR, weeks / (weeks + 1)
    return {"mean": round(count / weeks, 2), "low": _quantile(shape, chance, TAIL), "high": _quantile(shape, chance, 1 - TAIL)}


def _quantile(shape: float, chance: float, share: float) -> int:
    """The least number that a negative binomial stays at or below with this probability."""
    log_now, summed = shape * math.log(chance), 0.0
    for number in range(MOST_PAGES):
        summed += math.exp(log_now)
        if summed >= share:
            return number
        log_now += math.log((shape + number) / (number + 1)) + math.log1p(-chance)
    return MOST_PAGES


def share(hits: int, of: int) -> dict[str, Any] | None:
    """A share with Wilson's interval (19 of 20); None of nothing.

    Example:
        >>> share(8, 10)
        {'hits': 8, 'of': 10, 'value': 0.8, 'low': 0.49, 'high': 0.943}
    """
    if not of:
        return None
    value, square = hits / of, NORMAL**2
    middle = (value + square / (2 * of)) / (1 + square / of)
    half = NORMAL * math.sqrt(value * (1 - value) / of + square / (4 * of**2)) / (1 + square / of)
    return {
        "hits": hits,
        "of": of,
        "value": round(value, 3),
        "low": round(max(0.0, middle - half), 3),
        "high": round(min(1.0, middle + half), 3),
    }


def lead_times(incidents: Sequence[Mapping[str, Any]], press: Mapping[str, Sequence[datetime]]) -> dict[str, Any]:
    """How long before the first press item about the same topic each incident opened, in minutes; those without one within two days are left out."""
    found = []
    for incident in incidents:
        opened = datetime.fromisoformat(incident["opened_at"])
        later = next((at for at in press.get(incident["topic_id"] or "", ()) if opened <= at <= opened + PRESS_WITHIN), None)
        if later is not None:
            found.append(
                {"incident_id": incident["id"], "topic_id": incident["topic_id"], "minutes": round((later - opened).total_seconds() / 60)}
            )
    ordered = sorted(one["minutes"] for one in found)
    middle = len(ordered) // 2
    median = None if not ordered else ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2
    return {"median_min": median, "of": len(found), "incidents": found}


def by_detector(
    incidents: Sequence[Mapping[str, Any]], pages: Sequence[Mapping[str, Any]], judged: Mapping[int, bool]
) -> list[dict[str, Any]]:
    """For each kind of signal: signals, incidents it opened, pages of those, and how many of those people called real."""
    signals = Counter(signal["kind"] for incident in incidents for signal in incident["signals"])
    opened: dict[str, list[int]] = {}
    for incident in incidents:
        opened.setdefault(incident["kind"], []).append(incident["id"])
    called = Counter(page["incident_id"] for page in pages)
    return [
        {
            "kind": kind,
            "signals": signals[kind],
            "opened": len(opened.get(kind, ())),
            "pages": sum(called[number] for number in opened.get(kind, ())),
            "precision": share(
                sum(judged[number] for number in opened.get(kind, ()) if number in judged),
                sum(number in judged for number in opened.get(kind, ())),
            ),
        }
        for kind in sorted({*signals, *opened})
    ]
