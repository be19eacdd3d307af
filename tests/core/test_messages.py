"""Words for people: the two catalogues agree, every key in use exists, and a broken message still says something."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from string import Formatter
from zoneinfo import ZoneInfo

import pytest

from core.messages import LANGUAGES, catalogue, render, translator
from core.records import Words

ROOT = Path(__file__).parents[2]
ROOMS = ("core", "store", "listener", "detectors", "alerting", "playbooks", "console")
SAIGON = ZoneInfo("Asia/Ho_Chi_Minh")
KEY_IN_CODE = re.compile(r"""(?:\bWords\(\s*key=|\bsay\(\s*)["']([a-z_]+(?:\.[\w.-]+)+)["']""")
KEY_IN_TEMPLATE = re.compile(r"""\bsay\(\s*["']([a-z_]+(?:\.[\w.-]+)+)["']""")


def fields(sentences: tuple[str, ...]) -> set[tuple[str, str]]:
    return {(name, kind or "") for text in sentences for _, name, kind, _ in Formatter().parse(text) if name is not None}


def uses() -> list[tuple[str, str]]:
    found = []
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*")):
            pattern = {".py": KEY_IN_CODE, ".html": KEY_IN_TEMPLATE, ".j2": KEY_IN_TEMPLATE}.get(path.suffix)
            if pattern is not None:
                found += [(str(path.relative_to(ROOT)), key) for key in pattern.findall(path.read_text("utf-8"))]
    return found


def test_both_languages_hold_the_same_keys():
    assert set(catalogue("vi")) == set(catalogue("en"))


def test_both_languages_fill_in_the_same_arguments():
    """But for how we and you are called, which Vietnamese says by who speaks to whom."""
    vietnamese, english = catalogue("vi"), catalogue("en")
    called = {(name, "") for name in ("You", "you", "I", "me")}
    assert {key for key in vietnamese if fields(vietnamese[key]) - called != fields(english[key])} == set()


def test_a_plural_in_english_has_its_count_in_both_languages():
    english, vietnamese = catalogue("en"), catalogue("vi")
    for key, forms in english.items():
        message = translator("vi")(key, count=3)
        assert (len(forms) > 1) == (("count", "number") in fields(forms)), key
        assert len(forms) == 1 or len(vietnamese[key]) == 1
        assert message


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_is_empty(language):
    assert [key for key, forms in catalogue(language).items() if not all(form.strip() for form in forms)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_key_stands_twice_in_a_file(language):
    keys = re.findall(r'^msgid "(.+)"$', (ROOT / "core/locale" / f"{language}.po").read_text("utf-8"), re.MULTILINE)
    assert sorted(keys) == sorted(set(keys))


def test_every_key_that_the_code_names_has_its_words():
    assert [(where, key) for where, key in uses() if key not in catalogue("vi")] == []


def test_a_message_within_a_message_is_said_in_the_readers_language():
    signal = Words(key="signal.volume_spike", args={"topic": "Acme", "observed": 1240, "expected": 3.4, "scale": 5400})
    entry = Words(key="timeline.signal", args={"signal": {"key": signal.key, "args": signal.args}})
    assert render(entry, "vi") == "Dấu hiệu: Acme: 1.240 lượt nhắc trong 1 giờ 30 phút, bình thường khoảng 3,4"
    assert render(entry, "en") == "Signal: Acme: 1,240 mentions in 1 hour 30 minutes, usually about 3.4"


def test_the_occasions_of_a_signals_days_are_said_behind_it():
    args = {"topic": "Acme", "observed": 40, "expected": 20, "scale": 900, "occasions": ["11/11", "Tết"]}
    signal = Words(key="signal.volume_spike", args=args)
    said = "Acme: 40 mentions in 15 minutes, usually about 20; expected these days: 11/11 and Tết"
    assert render(signal, "en") == said
    assert render(signal, "vi") == "Acme: 40 lượt nhắc trong 15 phút, bình thường khoảng 20; đang vào dịp đã tính trước: 11/11 và Tết"
    assert render(Words(key="timeline.signal", args={"signal": {"key": signal.key, "args": args}}), "en") == f"Signal: {said}"
    assert render(Words(key=signal.key, args=args | {"occasions": []}), "en") == "Acme: 40 mentions in 15 minutes, usually about 20"


@pytest.mark.parametrize(
    ("key", "args", "vi", "en"),
    [
        ("alert.since", {"at": "2026-11-21T14:04:00+00:00"}, "Từ lúc: 21:04 21/11/2026", "Since: 2026-11-21 21:04"),
        (
            "console.already_taken",
            {"person": "Lan", "at": datetime(2026, 11, 21, 14, 4, tzinfo=UTC)},
            "Lan đã nhận lúc 21:04.",
            "Lan took it at 21:04.",
        ),
        ("timeline.opened", {"severity": "critical"}, "Mở sự cố, mức khẩn cấp", "Incident opened, severity critical"),
        ("because.all", {"reasons": ["a", "b", {"key": "reason.spam"}]}, "a, b và spam", "a, b and spam"),
        ("because.all", {"reasons": []}, "", ""),
        ("because.risk", {"risk": "a-new-family"}, "vì có nội dung về a-new-family", "because of a-new-family"),
        ("because.risk", {"risk": None}, "vì có nội dung về chưa rõ", "because of unknown"),
    ],
)
def test_arguments_are_said_as_people_write_them(key, args, vi, en):
    assert render(Words(key=key, args=args), "vi", zone=SAIGON) == vi
    assert render(Words(key=key, args=args), "en", zone=SAIGON) == en


@pytest.mark.parametrize(
    ("length", "vi", "en"),
    [
        (0, "0 giây", "0 seconds"),
        (45, "45 giây", "45 seconds"),
        (61, "1 phút", "1 minute"),
        (5400, "1 giờ 30 phút", "1 hour 30 minutes"),
        (timedelta(days=2, hours=3, minutes=4), "2 ngày 3 giờ", "2 days 3 hours"),
        (-60, "1 phút", "1 minute"),
    ],
)
def test_lengths_of_time_are_told_in_two_units_at_most(length, vi, en):
    words = Words(key="alert.escalated_to_you", args={"person": "Lan", "waited": length})
    assert vi in render(words, "vi")
    assert en in render(words, "en")


def test_english_says_one_and_many():
    say = translator("en")
    assert [say("mentions", count=count) for count in (0, 1, 2)] == ["0 mentions", "1 mention", "2 mentions"]


def test_a_time_without_a_known_zone_is_told_in_utc_and_says_so():
    assert translator("en")("alert.since", at="2026-11-21T21:04:00+07:00") == "Since: 2026-11-21 14:04 UTC"


def test_an_unknown_key_says_the_key_and_its_arguments():
    assert render(Words(key="signal.from_outside", args={"topic": "Acme", "n": 3}), "vi") == "signal.from_outside topic=Acme n=3"


@pytest.mark.parametrize("bad", ["no time", 7, [], {}, datetime(2026, 1, 1)])
def test_an_argument_of_the_wrong_kind_is_shown_as_it_is(bad):
    assert str(bad) in render(Words(key="alert.since", args={"at": bad}), "en")


def test_a_missing_argument_leaves_its_name():
    assert render(Words(key="timeline.noted", args={"person": "Lan"}), "en") == "Lan noted: {text}"


def test_braces_in_an_argument_are_never_fields():
    words = Words(key="timeline.noted", args={"person": "Lan", "text": "{person} {0.__class__} {"})
    assert render(words, "en") == "Lan noted: {person} {0.__class__} {"


def test_messages_that_hold_themselves_come_to_an_end():
    args: dict[str, object] = {}
    args["signal"] = {"key": "timeline.signal", "args": args}
    assert render(Words(key="timeline.signal", args=args), "en").endswith("timeline.signal")


@pytest.mark.parametrize(
    ("tag", "said"), [("vi-VN", "khẩn cấp"), ("VI", "khẩn cấp"), ("en_GB", "critical"), ("fr", "critical"), ("", "critical")]
)
def test_a_language_tag_finds_its_language_or_english(tag, said):
    assert translator(tag)("severity.critical") == said
