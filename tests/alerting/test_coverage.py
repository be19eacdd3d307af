from datetime import timedelta

import pytest

from alerting.coverage import ListenedSource, Listening, UnseenPlace, coverage_at, coverage_of, state
from alerting.coverage_words import as_json, coverage_line, opening_words
from alerting.events import Resolved
from core.messages import translator
from store import blindness, meter, sources
from store.blindness import Blindness, Health
from tests import make
from tests.alerting.desk import Desk
from tests.make import NOON

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
START = NOON - HOUR
GROUPS = UnseenPlace(id="fb", name="3 nhóm Facebook kín", person="mai", within_s=600)


def health(name="forum", **changes):
    values = {"first_poll_at": NOON - 30 * DAY, "last_success_at": NOON - MINUTE, "next_poll_at": NOON + 4 * MINUTE, "every_s": 300.0}
    return Health(id=name, **{**values, **changes})


def said(*known, heard=None, blind=(), spent=None, listening=Listening(), **more):  # noqa: B008 - frozen
    heard = {one.id: [(START, NOON - MINUTE)] for one in known} if heard is None else heard
    return state(known, heard, blind, spent or {}, listening, START, NOON, **more)


def only(coverage):
    (one,) = coverage.sources
    return one.state, one.since, one.why


def test_a_source_that_was_heard_up_to_its_last_turn_is_whole():
    assert only(said(health())) == ("whole", None, None)


def test_one_that_was_not_asked_yet_is_new_and_does_not_count():
    coverage = said(Health(id="forum"), health("press"))
    assert (coverage.heard, coverage.asked, coverage.is_whole) == (1, 1, True)


def test_one_that_began_within_the_hour_has_no_gap_before():
    young = health(first_poll_at=NOON - 10 * MINUTE)
    assert only(said(young, heard={"forum": [(NOON - 10 * MINUTE, NOON - MINUTE)]}))[0] == "whole"


@pytest.mark.parametrize(
    ("changes", "state", "why"),
    [
        ({"paused_because": "HTTP 401", "failures": 1}, "refused", "HTTP 401"),
        ({"failures": 1, "last_error": "HTTP 503"}, "blind", "HTTP 503"),
        ({"missed": "capped"}, "capped", None),
        ({"missed": "partial"}, "partial", None),
        ({"quota_left": 0.0, "quota_resets_at": NOON + HOUR}, "spent", None),
        ({"quota_left": 0.0, "quota_resets_at": NOON - HOUR}, "whole", None),
        ({"quota_left": 10.0, "quota_resets_at": NOON + HOUR}, "whole", None),
    ],
)
def test_what_is_not_heard_says_why(changes, state, why):
    found = only(said(health(**changes)))
    assert (found[0], found[2]) == (state, why)


def test_a_source_that_has_spent_its_budget_waits_for_tomorrow():
    listening = Listening(sources={"tube": ListenedSource(every_s=300, per_day=100)})
    waiting = health("tube", last_success_at=NOON - 3 * HOUR, next_poll_at=NOON + 9 * HOUR)
    assert only(said(waiting, listening=listening, spent={"tube": 100.0})) == ("spent", NOON - 3 * HOUR, None)
    assert only(said(waiting, listening=listening, spent={"tube": 60.0}))[0] != "spent"


def test_a_gap_within_the_hour_is_a_part():
    heard = {"forum": [(START, START + 20 * MINUTE), (NOON - 10 * MINUTE, NOON)]}
    (one,) = said(health(), heard=heard).sources
    assert (one.state, one.heard) == ("partial", pytest.approx(29 / 59, abs=0.01))


def test_a_silence_against_its_habit_is_told_apart_from_not_hearing():
    silent = Blindness(source_id="forum", why="silent", since=START, found_at=NOON - MINUTE, expected=30.0)
    coverage = said(health(), blind=[silent])
    assert only(coverage) == ("silent", START, None)
    assert coverage.heard == 1, "it answers"


def test_what_lies_behind_is_told_by_what_was_recorded_then():
    over = Blindness(source_id="forum", why="failing", since=START, found_at=START, ended_at=NOON, detail="HTTP 503")
    broken_since = health(failures=3, last_error="HTTP 500")
    assert only(said(broken_since, blind=[over], is_now=False)) == ("blind", START, "HTTP 503")
    assert only(said(broken_since, heard={"forum": [(START, NOON)]}, is_now=False))[0] == "whole"
    assert only(said(health(), blind=[over]))[0] == "whole", "it is heard again"


def test_unseen_places_belong_to_topics():
    listening = Listening(unseen=(GROUPS, UnseenPlace(id="live", name="TikTok live", person="mai", within_s=60, topics=("rival",))))
    assert [place.id for place in said(health(), listening=listening, topic_id="acme").unseen] == ["fb"]
    assert [place.id for place in said(health(), listening=listening, topic_id="rival").unseen] == ["fb", "live"]
    assert said(health(), listening=listening).unseen == (), "blind sources are no topic"


def test_the_statement_in_one_line_in_both_languages():
    known = [
        health("vnexpress", failures=2, last_error="HTTP 503", last_success_at=NOON - 2 * HOUR),
        health("page", paused_because="HTTP 401: hết hạn", last_success_at=NOON - 2 * DAY),
        health("tuoitre", missed="capped"),
        health("voz"),
        *(health(f"s{n}") for n in range(8)),
    ]
    heard = {one.id: [(START, NOON)] for one in known} | {"voz": [(START, START + 30 * MINUTE)]}
    blind = [Blindness(source_id="s0", why="silent", since=NOON - 3 * HOUR, found_at=NOON)]
    coverage = said(*known, heard=heard, blind=blind, listening=Listening(unseen=(GROUPS,)), topic_id="acme")
    assert coverage_line(translator("vi"), coverage) == (
        "Nghe được 10/12 nguồn; không nghe được: page từ 05:00 19/11/2026 UTC (bị từ chối: HTTP 401: hết hạn) và vnexpress từ 03:00 UTC (HTTP 503); "
        "im lặng bất thường: s0 từ 02:00 UTC; nghe không trọn: tuoitre (nơi đó chỉ cho xem một phần) và voz (51%); "
        "không chương trình nào xem được: 3 nhóm Facebook kín."
    )
    assert coverage_line(translator("en"), coverage).startswith(
        "Heard 10 of 12 sources; not heard: page since 2026-11-19 05:00 UTC (refused: HTTP 401"
    )


def test_many_are_named_up_to_five():
    coverage = said(*(health(f"s{n}", failures=1, last_error="HTTP 503") for n in range(9)))
    line = coverage_line(translator("en"), coverage)
    assert "s4 since" in line
    assert "s5" not in line
    assert line.endswith("and 4 others.")


def test_all_heard_and_nothing_asked():
    assert coverage_line(translator("vi"), said(health(), health("press"))) == "Nghe được tất cả các nguồn."
    assert coverage_line(translator("vi"), said()) == "Chưa nghe nguồn nào."


def test_what_a_server_answered_is_made_harmless_where_it_goes():
    coverage = said(health(failures=1, last_error="see https://evil.example @everyone"))
    assert "@" not in coverage_line(translator("en"), coverage, tame=lambda text, limit: text.replace("@", "＠")[:limit])


def test_programs_read_it_too():
    told = as_json(said(health(failures=1, last_error="HTTP 503"), listening=Listening(unseen=(GROUPS,)), topic_id="acme"))
    assert (told["sources"], told["heard"]) == (1, 0)
    assert told["not_whole"] == [
        {"source_id": "forum", "state": "blind", "heard": 1.0, "since": (NOON - MINUTE).isoformat(), "why": "HTTP 503"}
    ]
    assert told["unseen"] == [{"id": "fb", "name": "3 nhóm Facebook kín", "why": "closed", "person": "mai"}]


def test_a_timeline_keeps_it_as_references():
    words = opening_words(said(health(failures=1, last_error="secret words of a server")))
    assert (words.key, words.args) == ("timeline.coverage", {"heard": 0, "all": 1, "sources": ["forum"]})


def test_it_is_read_from_what_is_stored(database, now):
    def work(tx):
        sources.ensure(tx, {"forum": "rss", "press": "rss", "former": "rss"}, now)
        sources.heard(tx, "forum", START, now)
        sources.save(tx, "forum", 0, {"first_poll_at": START, "last_success_at": now, "next_poll_at": now + MINUTE})
        sources.save(tx, "press", 0, {"first_poll_at": START, "failures": 1, "last_error": "HTTP 503"})
        meter.add(tx, [meter.Looked(source_id="forum", day=now.date(), looks=1, cost=5.0)])
        blindness.begin(tx, Blindness(source_id="former", why="failing", since=START, found_at=now))

    database.write_now(work)
    listening = Listening(sources={"forum": ListenedSource(every_s=300), "press": ListenedSource(every_s=300)})
    coverage = database.read_now(coverage_of, listening, START, now, now)
    assert [(one.source_id, one.state) for one in coverage.sources] == [("forum", "whole"), ("press", "blind")]


async def test_what_was_heard_is_told_from_an_hour_before_up_to_now_or_to_the_end(database):
    desk = Desk(database)
    await desk.hear(make.signal())
    opened = desk.incident.opened_at
    desk.database.write_now(sources.ensure, {"forum": "rss"}, desk.now)
    desk.database.write_now(sources.save, "forum", 0, {"failures": 1, "last_error": "HTTP 503"})
    now = opened + timedelta(hours=2)
    open_still = desk.database.read_now(coverage_at, Listening(), desk.incident, now)
    assert (open_still.start, open_still.end) == (opened - timedelta(hours=1), now)
    assert [one.state for one in open_still.sources] == ["blind"]
    await desk.respond(Resolved(by="ana", reason="fixed"))
    closed = desk.database.read_now(coverage_at, Listening(), desk.incident, now)
    assert closed.end == desk.incident.resolved_at
