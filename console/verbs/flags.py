"""`flag`, `reading`: what a person saw where no program sees, and its counters later on."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from console.verbs.base import Desk, UsageError, Verb, as_person, number
from core.errors import TocsinError

if TYPE_CHECKING:
    from core.flagged import Picture
    from listener.base import Page
    from listener.flags import Flag
    from store.database import Tx


def _count(text: str) -> int:
    from listener.counters import number as counted

    found = counted(text)
    if found is None:
        raise ArgumentTypeError(f"{text!r} is no count; write 120, 1.2k or 12.500")
    return found


def _counters(parser: ArgumentParser) -> None:
    for name in ("likes", "comments", "shares", "views"):
        parser.add_argument(f"--{name}", metavar="N", type=_count, help=f"{name}, as they stand there (1.2k will do)")


def _flag_options(parser: ArgumentParser) -> None:
    parser.add_argument("text", metavar="TEXT", nargs="*", help="the post's words; - reads them from standard input")
    parser.add_argument("--source", metavar="ID", help="the source of kind flag; default: the first")
    parser.add_argument("--group", metavar="NAME", help="group, channel or live session")
    parser.add_argument(
        "--place", metavar="PLACE", help="facebook_group, zalo_group, tiktok, livestream or other; guessed where it is not said"
    )
    parser.add_argument("--url", metavar="URL", help="link to the post")
    parser.add_argument("--author", metavar="NAME", help="who posted it")
    parser.add_argument("--members", metavar="N", type=_count, help="members of the group")
    _counters(parser)
    parser.add_argument("--picture", metavar="FILE", type=Path, action="append", default=[], help="a screenshot; may be repeated")
    as_person(parser)


def _flag(desk: Desk, args: Namespace) -> int:
    from listener.collectors.flag import page_of
    from listener.flags import FlagError

    by, source_id = desk.person(args.by), _source(desk, args.source)
    flag = _read(args, by)
    try:
        page = page_of(flag, source_id=source_id, seen_at=desk.now, pictures=_pictures(args.picture))
    except FlagError as error:
        raise UsageError(str(error)) from error
    mention, known = desk.write(_store, desk, source_id, page)
    if mention is None:
        desk.tell(desk.say("flag.erased"))
        return 1
    desk.out(desk.say("cli.flagged_known" if known else "cli.flagged", mention=mention))
    return 0


def _store(tx: Tx, desk: Desk, source_id: str, page: Page) -> tuple[int | None, bool]:
    """Keep the page as the Poller keeps what is pushed; the mention's number, and whether it was known. A daemon finds it by its sweep."""
    from core.sources import SourceState
    from listener.keeping import Kept, keep_all
    from store import flags, sources

    sources.ensure(tx, {source.id: source.kind for source in desk.config.listener.sources if source.enabled}, desk.now)
    state = sources.get(tx, source_id) or SourceState(id=source_id, kind="flag")
    heard = {"cursor": state.cursor, "last_success_at": desk.now, "first_poll_at": state.first_poll_at or desk.now}
    kept = Kept(state=state, page=page, values=heard, heard_since=state.last_success_at or desk.now, at=desk.now)
    (added,) = keep_all(tx, [kept], desk.config.listener.lateness)
    found = flags.with_key(tx, page.mentions[0].key)
    return (None, False) if found is None or found.deleted_at is not None else (found.mention_id, not added.new)


def _read(args: Namespace, by: str) -> Flag:
    """The flag: what was typed in the text, overruled by the options."""
    import sys

    from core.flagged import Place
    from listener.flags import place_of, read

    flag = read(sys.stdin.read() if args.text == ["-"] else " ".join(args.text), by=by)
    given = {name: getattr(args, name) for name in ("group", "url", "author", "members", "likes", "comments", "shares", "views")}
    flag = replace(flag, **{name: value for name, value in given.items() if value is not None})
    if args.place is not None and args.place not in Place.__args__:  # type: ignore[attr-defined]
        raise UsageError(f"--place {args.place!r}: write facebook_group, zalo_group, tiktok, livestream or other")
    guessed = place_of("", flag.url, flag.group) if flag.place == "other" else flag.place
    return replace(flag, place=args.place or guessed)


def _pictures(files: list[Path]) -> tuple[Picture, ...]:
    from listener.pictures import PictureError, pictures_of

    try:
        return pictures_of([file.read_bytes() for file in files])
    except OSError as error:
        raise TocsinError(f"{error.filename}: {error.strerror}") from error
    except PictureError as error:
        raise UsageError("--picture: at most 4 pictures, PNG, JPEG, WebP or GIF, up to 5 MB each") from error


def _source(desk: Desk, named: str | None) -> str:
    from console.listening import flag_sources

    known = flag_sources(desk.config)
    if not known:
        raise UsageError("no source takes flags; add one to listener.sources: {id: flags, kind: flag}")
    if named is not None and named not in known:
        raise UsageError(f"{named!r} is no source of kind flag; configured are: {', '.join(known)}")
    return named or known[0]


def _reading_options(parser: ArgumentParser) -> None:
    parser.add_argument("mention", metavar="MENTION", type=number, help="the flagged post's number")
    _counters(parser)
    parser.add_argument("--gone", action="store_true", help="the post is not there any more: its words are deleted, its counts stay")
    as_person(parser)


def _reading(desk: Desk, args: Namespace) -> int:
    from alerting.recounts import answer
    from alerting.roster import roster_of
    from core.flagged import Counted
    from core.records import Engagement, Words

    by = desk.person(args.by)
    counted = Engagement(likes=args.likes, replies=args.comments, reposts=args.shares, views=args.views)
    given = Counted(mention_id=args.mention, by=by, engagement=counted, gone=args.gone)

    def work(tx: Tx) -> Words:
        return answer(tx, given, desk.now, roster_of(tx, desk.config.alerting), channel="cli")

    desk.out(desk.say.render(desk.write(work)))
    return 0


VERBS = (
    Verb(
        "flag",
        "report a post from where no program sees: closed groups, TikTok, livestreams",
        "tocsin flag 'Sữa Acme có dị vật' --group 'Hội mẹ bỉm HN' --members 12k --likes 120 --as lan",
        _flag_options,
        _flag,
    ),
    Verb(
        "reading",
        "counters of a flagged post, read again",
        "tocsin reading 41 --likes 480 --comments 90 --as lan",
        _reading_options,
        _reading,
    ),
)
