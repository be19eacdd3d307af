"""`/flag`: a person reports what no program sees, and reads its counters again; `/pictures/SHA256`: what they sent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, get_args

from aiohttp import web
from aiohttp.web_request import FileField

from alerting import recounts
from alerting.policy import OPERATOR
from console.listening import flag_sources
from console.web.visit import YEAR_S, Visit, remember
from core.errors import NotFound, Refused
from core.flagged import Counted, Picture, Place
from core.records import Engagement, Words
from core.text import clean
from listener.base import web_link
from listener.collectors.flag import page_of
from listener.counters import COUNTERS, number
from listener.flags import Flag, FlagError, place_of
from listener.pictures import MAX_BYTES, MAX_PICTURES, PictureError, pictures_of
from store import flags, incidents, mentions, readings
from store.database import Tx

MAX_FORM_BYTES: Final = MAX_PICTURES * MAX_BYTES + 1_000_000
MAX_TEXT: Final = 20_000
PLACES: Final = get_args(Place)
UNREADABLE: Final = 422
MOST_READINGS: Final = 100
SAFE: Final = {
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Content-Disposition": "inline",
    "Cache-Control": "private, max-age=86400",
}


@dataclass(frozen=True)
class Typed:
    """What came of a form: the flag and its pictures, or what is wrong with it."""

    flag: Flag
    pictures: tuple[Picture, ...] = ()
    problems: tuple[Words, ...] = field(default=())


async def ask(visit: Visit) -> web.StreamResponse:
    """The form."""
    return _form(visit, {})


async def take(visit: Visit) -> web.StreamResponse:
    """Store a flag; then its page, which says what became of it. A form that cannot be read comes back with what was typed."""
    posted = await visit.request.post()
    form = {name: clean(value, MAX_TEXT).strip() for name, value in posted.items() if isinstance(value, str)}
    sent = [_read(value) for value in posted.values() if isinstance(value, FileField)]
    source_id, by = _source(visit, form), person_in(visit, form)
    if source_id is None:
        return _form(visit, form, Words(key="flag.no_source"))
    if by is None:
        return _form(visit, form, Words(key="console.needs_person"))
    typed = flag_in(form, by, sent)
    if typed.problems:
        return _form(visit, form, *typed.problems)
    try:
        page = page_of(typed.flag, source_id=source_id, seen_at=visit.now, pictures=typed.pictures)
    except FlagError:
        return _form(visit, form, Words(key="flag.needs_words"))
    added = await visit.monitor.poller.receive(source_id, page, visit.now)
    found = await visit.monitor.store.database.read(flags.with_key, page.mentions[0].key)
    if found is None or found.deleted_at is not None:
        return visit.back("/flag", Words(key="flag.erased"))
    said = Words(key="flag.saved" if added.new else "flag.saved_known", args={"mention": found.mention_id})
    response = visit.back(f"/flag/{found.mention_id}", said)
    remember(response, "who", by, seconds=YEAR_S)
    return response


async def one(visit: Visit) -> web.StreamResponse:
    """A flagged post: what became of it, its counters so far, and fields for new ones."""
    number_of = int(visit.request.match_info["id"])
    shown = await visit.monitor.store.database.read(flagged, visit, number_of)
    return visit.page("flagged.html", **shown, people=visit.monitor.config.alerting.people, who=visit.request.cookies.get("who", ""))


async def count(visit: Visit) -> web.StreamResponse:
    """Store counters that somebody read again, or that the post is gone."""
    number_of = int(visit.request.match_info["id"])
    form = {name: clean(value, MAX_TEXT).strip() for name, value in (await visit.request.post()).items() if isinstance(value, str)}
    path, by = f"/flag/{number_of}", person_in(visit, form)
    if by is None:
        return visit.back(path, Words(key="console.needs_person"))
    given = counted_in(form, number_of, by)
    if isinstance(given, Words):
        return visit.back(path, given)
    answer = await visit.monitor.store.database.write_urgent(_count, visit, given)
    response = visit.back(path, answer)
    remember(response, "who", by, seconds=YEAR_S)
    return response


async def picture(visit: Visit) -> web.StreamResponse:
    """A picture as it was sent: never as a page, never guessed at."""
    found = await visit.monitor.store.database.read(flags.picture, visit.request.match_info["sha256"])
    if found is None:
        raise NotFound("there is no such picture")
    return web.Response(body=found.data, content_type=found.media_type, headers=SAFE)


def flagged(tx: Tx, visit: Visit, mention_id: int) -> dict[str, Any]:
    """What a page shows of a flagged post.

    Raises:
        NotFound: there is none.
    """
    flag = flags.get(tx, mention_id)
    if flag is None:
        raise NotFound("there is no such flag")
    roster = visit.monitor.roster(tx)
    held = [one for number_of in flags.incidents_of(tx, mention_id) if (one := incidents.get(tx, number_of)) is not None]
    series = [one for incident in held for one in recounts.series_of(tx, incident, roster) if one.flag.mention_id == mention_id]
    return {
        "flag": flag,
        "by": recounts.name_of(roster, flag.by),
        "mention": next(iter(mentions.get(tx, [mention_id])), None),
        "incidents": held,
        "understood": mentions.is_understood(tx, mention_id),
        "readings": readings.of(tx, [mention_id]).get(mention_id, [])[-MOST_READINGS:],
        "pictures": flags.pictures_of(tx, [mention_id]).get(mention_id, []),
        "next_at": min((one.next_at for one in series if one.next_at is not None), default=None),
        "name": lambda by: recounts.name_of(roster, by),
    }


def flag_in(form: Mapping[str, str], by: str, sent: Iterable[bytes]) -> Typed:
    """The flag that a form holds, as far as it can be read."""
    counted, bad = _numbers(form, COUNTERS)
    problems = [Words(key="flag.bad_number", args={"fields": [{"key": f"flag.{name}"} for name in bad]})] if bad else []
    url = form.get("url", "")
    url = f"https://{url}" if url and "://" not in url and "." in url.partition("/")[0] and " " not in url else url
    if url and web_link(url) is None:
        problems.append(Words(key="flag.bad_url"))
    pictures: tuple[Picture, ...] = ()
    try:
        pictures = pictures_of(list(sent))
    except PictureError as error:
        problems.append(Words(key=f"flag.bad_picture.{error.why}"))
    place = form.get("place", "")
    flag = Flag(
        text=form.get("text", ""),
        group=form.get("group", ""),
        place=place if place in PLACES else place_of("", url or None, form.get("group", "")),  # type: ignore[arg-type]
        url=url or None,
        author=form.get("author") or None,
        members=counted.get("members"),
        likes=counted.get("likes"),
        comments=counted.get("comments"),
        shares=counted.get("shares"),
        views=counted.get("views"),
        by=by,
    )
    return Typed(flag, pictures, tuple(problems))


def counted_in(form: Mapping[str, str], mention_id: int, by: str) -> Counted | Words:
    """What a form says of a post's counters; words where it cannot be read."""
    if form.get("gone"):
        return Counted(mention_id=mention_id, by=by, gone=True)
    counted, bad = _numbers(form, COUNTERS[1:])
    if bad:
        return Words(key="flag.bad_number", args={"fields": [{"key": f"flag.{name}"} for name in bad]})
    if not counted:
        return Words(key="flag.nothing_read")
    names = {"likes": "likes", "comments": "replies", "shares": "reposts", "views": "views"}
    return Counted(mention_id=mention_id, by=by, engagement=Engagement(**{names[name]: value for name, value in counted.items()}))


def person_in(visit: Visit, form: Mapping[str, str]) -> str | None:
    """Who acts: one of the people configured; with nobody configured, whoever sits here."""
    people = [person.id for person in visit.monitor.config.alerting.people]
    chosen = form.get("who") or (people[0] if len(people) == 1 else None)
    return OPERATOR.id if not people else chosen if chosen in people else None


def _numbers(form: Mapping[str, str], names: Iterable[str]) -> tuple[dict[str, int], list[str]]:
    """The numbers that could be read, and the names of the fields that could not."""
    given = {name: form[name] for name in names if form.get(name)}
    read = {name: number(text[:40]) for name, text in given.items()}
    return {name: value for name, value in read.items() if value is not None}, [name for name, value in read.items() if value is None]


def _read(sent: FileField) -> bytes:
    with sent.file:
        return sent.file.read(MAX_BYTES + 1)


def _source(visit: Visit, form: Mapping[str, str]) -> str | None:
    known = flag_sources(visit.monitor.config)
    chosen = form.get("source") or next(iter(known), None)
    return chosen if chosen in known else None


def _count(tx: Tx, visit: Visit, given: Counted) -> Words:
    try:
        return recounts.answer(tx, given, visit.now, visit.monitor.roster(tx), channel="web")
    except Refused:
        return Words(key="flag.gone")


def _form(visit: Visit, typed: Mapping[str, str], *problems: Words) -> web.Response:
    sources = [source for source in visit.monitor.config.listener.sources if source.id in flag_sources(visit.monitor.config)]
    return visit.page(
        "flag.html",
        status=UNREADABLE if problems else 200,
        sources=[source.id for source in sources],
        groups=list(dict.fromkeys(group for source in sources for group in source.options.get("groups", ()))),
        people=visit.monitor.config.alerting.people,
        who=typed.get("who") or visit.request.cookies.get("who", ""),
        typed=typed,
        problems=problems,
        places=PLACES,
        most=MAX_PICTURES,
    )
