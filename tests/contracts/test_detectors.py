"""What every signal on the shelf keeps, whoever wrote it."""

import copy
import importlib
import pkgutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from string import Formatter
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
import pytest
from msgspec.structs import replace

from core.messages import LANGUAGES, catalogue
from core.records import Risk, Sentiment
from detectors import signals
from detectors.base import Finding, Heard, Measure, SignalOptions, SourceHealth, State, load_state, save_state
from detectors.buckets import Buckets
from detectors.people import Voice
from detectors.response import Asked
from detectors.walk import walk
from tests.detectors.said import each, say, talk, told

KINDS = sorted(module.name for module in pkgutil.iter_modules(signals.__path__))
MODULES = {kind: importlib.import_module(f"detectors.signals.{kind}") for kind in KINDS}
STEPPED = [kind for kind in KINDS if hasattr(MODULES[kind].Detector, "step")]
TALKED = [kind for kind in KINDS if hasattr(MODULES[kind].Detector, "hear")]
ASKED = [  # of topics a detector judges mentions or counts, of people one does both
    kind
    for kind in KINDS
    if hasattr(MODULES[kind].Detector, "judge") and (kind not in STEPPED or hasattr(MODULES[kind].Detector, "about_people"))
]
LISTENING = [kind for kind in KINDS if hasattr(MODULES[kind].Detector, "unheard")]
WEIGHED = [kind for kind in KINDS if hasattr(MODULES[kind].Detector, "weigh")]
WAITED = [kind for kind in KINDS if hasattr(MODULES[kind].Detector, "overdue")]
VOICED = [kind for kind in KINDS if hasattr(MODULES[kind].Detector, "attend")]
HERE = Path(__file__).parents[2]
MONDAY = datetime(2026, 11, 2, tzinfo=UTC)
DAY = 1440
MOST_STATE = 10_000  # bytes of JSON for a topic with two sources
LASTS = {
    "socialmetrix_rule": 20 * 60,
    "slow_burn": 20 * 60,
    "gone_quiet": 26 * 60,
    "growth": 120,
}  # minutes that it takes; 60 for the others


def a_crisis(days=8, minutes=60, kind=""):
    """Two sources over quiet days, then an hour of many angry mentions by many people; and the row at which it begins.

    For some kinds it is another: ever more mentions, or none at all but one at the end.
    """
    rng = np.random.default_rng(1)
    mentions = rng.poisson(0.02, (max(days * DAY, (days - 1) * DAY + 700 + minutes), 2))
    negative = rng.binomial(mentions, 0.2)
    at = (days - 1) * DAY + 700
    mentions[at : at + minutes] += 1
    negative[at : at + minutes] += 1
    if kind == "growth":
        mentions[at : at + minutes] += np.arange(minutes)[:, None] // 30
    if kind == "gone_quiet":
        mentions[at : at + minutes] = negative[at : at + minutes] = 0
        mentions[at + minutes - 2 : at + minutes] = 1
    buckets = Buckets.of(
        MONDAY,
        mentions,
        zone=ZoneInfo("Asia/Ho_Chi_Minh"),
        sources=("forum", "press"),
        negative=negative,
        confident_negative=negative,
        topic_id="acme",
    )
    return buckets, at


def at_the_crisis(detector, minutes=60, kind=""):
    """(state, finding) of each step through the crisis, the days before taken in at once."""
    buckets, at = a_crisis(minutes=minutes, kind=kind)
    state, _ = detector.step(detector.start(), buckets.rows(0, at, settled=at - 120))
    return list(walk(detector, buckets.rows(0, at + minutes), state=state))


def heard(risk_level=1, **more):
    more = {"at": MONDAY, "topic_id": "acme", "topic_kind": "brand", "source_id": "forum", **more}
    return Heard(risk=Risk(family="recall", level=risk_level, term="thu hồi"), **more)


def voice(**more):
    more = {"at": MONDAY, "topic_id": "acme", "topic_kind": "brand", "source_id": "forum", "mention_id": 1, **more}
    sour = Sentiment(negative=0.9, neutral=0.08, positive=0.02, confident=True)
    return Voice(person="ngoc", name="Ngọc", role="ambassador", sentiment=sour, **more)


def question(**more):
    more = {"mention_id": 1, "at": MONDAY, "topic_id": "acme", "triage": "question", "source_id": "forum", "tier": "owned", **more}
    return Asked(**more)


def sources(count=3, **changes):
    """Sources that were heard a minute ago and speak every ten."""
    usual = {"every_s": 300.0, "first_poll_at": MONDAY - timedelta(days=30), "last_success_at": MONDAY - timedelta(minutes=1)}
    usual |= {"last_mention_at": MONDAY - timedelta(minutes=5), "usual_gap_s": 600.0, "next_poll_at": MONDAY + timedelta(minutes=4)}
    return [SourceHealth(**{**usual, "id": f"s{number}", **changes}) for number in range(count)]


def measure(newest, *, usually=6.0, days=15, **changes):
    """A number every quarter of an hour, and the newest."""
    points = [(MONDAY + timedelta(minutes=15 * turn), usually + turn % 3 - 1) for turn in range(96 * days)]
    last = (MONDAY + timedelta(days=days), newest)
    return Measure(source_id="hotline", name="calls", points=(*points, last), step_s=900, **changes)


def a_loud_talk(**topic):
    """Whoever listens to it hears something: people ask one thing, and a post that threatens somebody is copied from our group to a forum."""
    threat = "ai làm ra cái ấm này tao biết nhà mày ở đâu rồi nhé, coi chừng tao chém chết"
    copies = [say(threat, source=("group", "forum")[turn % 2], story_id=7, risk="threat") for turn in range(14)]
    return talk(*copies, *each("app sập à mn?", "sao ko vào dc vậy", "is it down?", "web lỗi hả shop", "có ai bị văng ra không"), **topic)


def findings_of(kind):  # noqa: PLR0911 - a protocol each
    detector = MODULES[kind].Detector(MODULES[kind].Options())
    if kind in LISTENING:
        gone = {"failures": 5, "last_error": "HTTP 503", "last_success_at": MONDAY - timedelta(hours=2)}
        spots = [detector.unheard([*sources(9), *sources(count, **gone)], MONDAY) for count in (1, 2)]
        spots += [detector.unheard(sources(1, paused_because="HTTP 401"), MONDAY), detector.unheard(sources(6, **gone), MONDAY)]
        quiet = sources(1, last_mention_at=MONDAY - timedelta(hours=5))[0]
        spots.append([detector.silent(quiet, detector.silence(quiet), [200] * 14)])
        spots.append(
            detector.unheard(sources(1, last_success_at=MONDAY - timedelta(hours=9), next_poll_at=MONDAY - timedelta(hours=8)), MONDAY)
        )
        return [detector.tell(group, MONDAY, {"group": 1, "all": 12}) for group in spots]
    if kind in WEIGHED:
        limited = MODULES[kind].Detector(MODULES[kind].Options(at_least={"calls": 40}))
        weighed = [detector.weigh(measure(48.0)), limited.weigh(measure(48.0, days=1)), limited.weigh(measure(48.0, usually=46.0))]
        return [finding for finding in weighed if finding is not None]
    if kind in WAITED:
        late, now = question(at=MONDAY + timedelta(hours=3)), MONDAY + timedelta(hours=5)
        waiting = [detector.overdue(found, now, ZoneInfo("UTC")) for found in ([late], [late, question(role="vip", triage="complaint")])]
        waiting.append(detector.overdue([late], MONDAY + timedelta(hours=10), ZoneInfo("UTC")))
        return [finding for finding in waiting if finding is not None]
    if kind in VOICED:
        grave = (Risk(family="recall", level=1, term="thu hồi"),)
        voices = [voice(), voice(risks=grave), voice(kind="repost"), voice(kind="repost", risks=grave)]
        return [finding for finding in map(detector.attend, voices) if finding is not None]
    if kind in TALKED:
        return detector.hear(a_loud_talk())
    if kind in STEPPED:
        return [finding for _, finding in at_the_crisis(detector, LASTS.get(kind, 60), kind) if finding is not None]
    group = [heard(2, author=f"a{i}", mention_id=i + 1, at=MONDAY + timedelta(minutes=i)) for i in range(12)]
    asked = [detector.judge(heard(), []), detector.judge(group[-1], group[:-1])]
    return [finding for finding in asked if finding is not None]


def test_the_shelf_holds_signals_of_every_protocol():
    assert {"negative_surge", "outside_count", "single_risk", "source_blind", "volume_spike"} <= set(KINDS)
    assert sorted({*STEPPED, *ASKED, *LISTENING, *WEIGHED, *VOICED, *TALKED, *WAITED}) == KINDS


@pytest.mark.parametrize("kind", KINDS)
def test_a_signal_has_options_a_version_a_test_and_a_page(kind):
    module = MODULES[kind]
    assert issubclass(module.Options, SignalOptions)
    assert module.Detector(module.Options()).version
    assert module.Detector.__doc__
    assert (HERE / "tests" / "detectors" / "signals" / f"test_{kind}.py").exists()
    assert f"`{kind}`" in (HERE / "docs" / "signals.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", KINDS)
def test_every_option_is_in_the_documentation_and_every_preset_is_valid(kind):
    options = MODULES[kind].Options
    page = (HERE / "docs" / "signals.md").read_text(encoding="utf-8")
    assert [name for name in options.model_fields if f"`{name}`" not in page] == []
    for sensitivity in ("quiet", "balanced", "sensitive"):
        assert options(sensitivity=sensitivity).sensitivity == sensitivity
    with pytest.raises(ValueError, match="extra"):
        options(no_such_option=1)


@pytest.mark.parametrize("kind", KINDS)
def test_findings_are_whole(kind):
    found = findings_of(kind)
    assert found
    for finding in found:
        assert finding.kind == kind
        assert 0.0 <= finding.score <= 1.0
        assert finding.window_start < finding.window_end
        assert finding.window_start <= finding.bucket_start < finding.window_end
        assert finding.words.args["source" if kind in (*LISTENING, *WEIGHED) else "topic"]
        assert finding.unit in ("mentions", "negative", "sources", "counts", "people")


@pytest.mark.parametrize("kind", KINDS)
def test_a_finding_can_be_stored_and_judged_again_from_what_was_stored(kind):
    module = MODULES[kind]
    for finding in findings_of(kind):
        stored = msgspec.json.decode(msgspec.json.encode(finding), type=Finding)
        assert stored == finding
        assert module.Detector(module.Options()).rejudge(stored.frozen) == finding.score


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_each_sentence_stands_in_both_languages_and_finds_its_arguments(kind, language):
    sentences = catalogue(language)
    for finding in findings_of(kind):
        for sentence in sentences[finding.words.key]:
            fields = {name for _, name, _, _ in Formatter().parse(sentence) if name}
            assert fields <= set(finding.words.args), sentence


@pytest.mark.parametrize("kind", STEPPED)
def test_empty_constant_and_unknown_buckets_raise_no_error_and_no_alarm(kind):
    detector = MODULES[kind].Detector(MODULES[kind].Options())
    nothing = np.zeros((3 * DAY, 2), dtype=int)
    for rows in (
        Buckets.of(MONDAY, np.zeros((0, 2), dtype=int)),
        Buckets.of(MONDAY, np.zeros((5, 0), dtype=int), sources=(), settled=2),
        Buckets.of(MONDAY, nothing, settled=len(nothing)),
        Buckets.of(MONDAY, nothing, unknown=nothing + 1, settled=len(nothing)),
        Buckets.of(MONDAY, nothing + 50, unknown=nothing + 1, settled=10),
    ):
        state, finding = detector.step(detector.start(), rows)
        assert isinstance(state, State)
        assert finding is None


@pytest.mark.parametrize("kind", STEPPED)
def test_a_step_changes_neither_its_state_nor_its_buckets(kind):
    detector = MODULES[kind].Detector(MODULES[kind].Options())
    buckets, at = a_crisis()
    rows = buckets.rows(0, at + 30, settled=at - 90)
    state = detector.start()
    before, columns = save_state(state), copy.deepcopy(rows)
    first, second = detector.step(state, rows), detector.step(state, rows)
    assert first == second
    assert save_state(state) == before
    assert np.array_equal(rows.mentions, columns.mentions)
    assert np.array_equal(rows.unknown, columns.unknown)


@pytest.mark.parametrize("kind", STEPPED)
def test_a_state_is_small_and_comes_back_the_same(kind):
    detector = MODULES[kind].Detector(MODULES[kind].Options())
    state, _ = at_the_crisis(detector)[-1]
    assert len(save_state(state)) < MOST_STATE
    assert load_state(detector, save_state(state)) == state


@pytest.mark.parametrize("kind", STEPPED)
def test_one_bucket_never_raises_twice_and_one_crisis_raises_little(kind):
    raised = findings_of(kind)
    starts = [finding.bucket_start for finding in raised]
    assert len(set(starts)) == len(starts)
    assert len(starts) <= 4  # a few, a crowd, and each time it trebles


@pytest.mark.parametrize("kind", STEPPED)
def test_a_step_that_is_delivered_again_raises_nothing_again(kind):
    detector, minutes = MODULES[kind].Detector(MODULES[kind].Options()), LASTS.get(kind, 60)
    buckets, at = a_crisis(minutes=minutes, kind=kind)
    state, _ = detector.step(detector.start(), buckets.rows(0, at, settled=at - 120))
    rows = buckets.rows(0, at + minutes - 1, settled=at + minutes - 121)  # all rows, those absorbed before too
    state, finding = detector.step(state, rows)
    assert finding is not None
    again, nothing = detector.step(state, rows)
    assert nothing is None
    assert again == state


@pytest.mark.parametrize("kind", TALKED)
def test_a_talk_of_nobody_and_of_a_rival_raises_nothing_and_one_is_told_once(kind):
    detector = MODULES[kind].Detector(MODULES[kind].Options())
    assert detector.hear(talk()) == []
    assert detector.hear(a_loud_talk(kind="competitor")) == []
    heard_now = a_loud_talk()
    found = detector.hear(heard_now)
    assert {finding.about for finding in found} != {None}
    assert all(set(finding.evidence) <= {one.mention_id for one in heard_now.said} for finding in found)
    assert detector.hear(replace(heard_now, told=tuple(told(finding, ago=5) for finding in found))) == []


@pytest.mark.parametrize("kind", ASKED)
def test_what_is_not_ours_raises_nothing(kind):
    detector = MODULES[kind].Detector(MODULES[kind].Options())
    assert detector.judge(heard(topic_kind="competitor"), []) is None


@pytest.mark.parametrize("kind", WAITED)
def test_what_is_not_asked_of_us_waits_for_nobody(kind):
    detector = MODULES[kind].Detector(MODULES[kind].Options())
    noon, zone = MONDAY + timedelta(hours=12), ZoneInfo("UTC")
    assert detector.overdue([], noon, zone) is None
    assert detector.overdue([question(tier="press", at=noon - timedelta(hours=3)), question(triage="praise")], noon, zone) is None


@pytest.mark.parametrize("kind", VOICED)
def test_what_is_said_of_others_raises_nothing(kind):
    detector = MODULES[kind].Detector(MODULES[kind].Options())
    assert detector.attend(voice(topic_kind="competitor")) is None


@pytest.mark.parametrize("kind", LISTENING)
def test_sources_that_are_heard_and_new_ones_are_no_blind_spots(kind):
    detector = MODULES[kind].Detector(MODULES[kind].Options())
    assert detector.unheard([], MONDAY) == []
    assert detector.unheard([*sources(), SourceHealth(id="new", every_s=300.0)], MONDAY) == []
    assert [detector.silence(source) for source in (*sources(), SourceHealth(id="new", every_s=300.0))] == [None] * 4


@pytest.mark.parametrize("kind", LISTENING)
def test_a_blind_spot_is_not_over_by_itself(kind):
    detector = MODULES[kind].Detector(MODULES[kind].Options())
    gone = sources(6, failures=5, last_success_at=MONDAY - timedelta(hours=2))
    for source, spot in zip(gone, detector.unheard(gone, MONDAY), strict=True):
        assert not detector.is_over(spot, source)
        assert detector.is_over(spot, sources(1, id=source.id)[0])


@pytest.mark.parametrize("kind", WEIGHED)
def test_numbers_as_usual_too_few_and_none_at_all_raise_nothing(kind):
    detector = MODULES[kind].Detector(MODULES[kind].Options())
    assert detector.weigh(measure(7.0)) is None
    assert detector.weigh(measure(48.0, days=2)) is None, "nobody knows yet what is usual"
    assert detector.weigh(measure(0.0, usually=1.0)) is None
    assert detector.weigh(Measure(source_id="hotline", name="calls", points=(), step_s=900)) is None


@pytest.mark.parametrize("kind", WEIGHED)
def test_a_burst_of_numbers_is_told_once_and_again_when_it_has_trebled(kind):
    detector = MODULES[kind].Detector(MODULES[kind].Options())
    told_at = MONDAY + timedelta(days=15, minutes=-15)
    assert detector.weigh(measure(48.0, told_at=told_at, told_value=40.0)) is None
    assert detector.weigh(measure(150.0, told_at=told_at, told_value=40.0)) is not None
    assert detector.weigh(measure(48.0, told_at=told_at - timedelta(hours=4), told_value=40.0)) is not None
