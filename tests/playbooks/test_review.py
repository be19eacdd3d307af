"""The after-action review tells what was recorded, in the reader's language, the same way twice."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest

from core.records import Incident, Notification, Signal, TimelineEntry, Words
from playbooks.quote import Quote
from playbooks.review import review

OPENED = datetime(2026, 11, 21, 13, 10, tzinfo=UTC)
SAIGON = ZoneInfo("Asia/Ho_Chi_Minh")
SPIKE = Words(key="signal.volume_spike", args={"topic": "Acme", "observed": 18, "expected": 1.2, "scale": 900})


def at(minutes: float) -> datetime:
    return OPENED + timedelta(minutes=minutes)


def entry(id: int, minutes: float, kind: str, actor: str = "lan", data: dict | None = None, **args) -> TimelineEntry:
    return TimelineEntry(id=id, at=at(minutes), kind=kind, actor=actor, words=Words(key=f"timeline.{kind}", args=args), data=data or {})


INCIDENT = Incident(
    id=12, key="acme", kind="volume_spike", words=SPIKE, severity="critical", opened_at=OPENED, last_signal_at=OPENED, status="resolved",
    resolved_at=at(95), close_reason="fixed", playbook_because=Words(key="because.risk", args={"risk": "recall"}),
)  # fmt: skip
TIMELINE = [
    entry(1, 0, "signal", "intake", {"signal": 4}, signal={"key": SPIKE.key, "args": SPIKE.args}),
    entry(2, 0, "opened", "intake", severity="critical"),
    entry(3, 1, "notified", "dispatch", person="Lan", channel="email"),
    entry(4, 7, "acknowledged", person="Lan", via="link"),
    entry(5, 17, "step_ticked", data={"step": "take"}, person="Lan", step="Nhận"),
    entry(6, 30, "noted", person="Lan", text="Nhà máy | <b>xác nhận</b>\n# lô"),
    entry(7, 95, "resolved", person="Lan", reason="fixed"),
]
EVIDENCE = [
    Quote(mention_id=3, at=at(-14), source_id="moms", author="me_bong", text="ấm *Acme* cháy\n[x](javascript:1)", url="https://moms.example/3",
          sentiment="negative", sha256="ab" * 32),
    Quote(mention_id=5, at=at(-2), source_id="moms", author="gone", url="https://moms.example/5", sentiment="neutral", sha256="cd" * 32),
]  # fmt: skip
PAGES = [
    Notification(
        key="b",
        incident_id=12,
        kind="page",
        person="minh",
        channel="sms",
        due_at=at(1),
        planned_at=OPENED,
        state="failed",
        error="550 no | such",
    ),
    Notification(
        key="a", incident_id=12, kind="page", person="lan", channel="email", due_at=OPENED, planned_at=OPENED, state="sent", sent_at=at(1)
    ),
]
SIGNALS = [
    Signal(id=4, kind="volume_spike", subject="topic:acme", bucket_start=OPENED, topic_id="acme", scale_s=900, observed=18, expected=1.2, low=0, high=5,
           unit="mentions", score=0.998, words=SPIKE, raised_at=OPENED),
]  # fmt: skip


@pytest.fixture
def told(playbook):
    def tell(language="en", *, incident=INCIDENT, timeline=TIMELINE, evidence=EVIDENCE, pages=PAGES, plan=playbook, signals=SIGNALS) -> str:
        return review(incident, timeline, evidence, pages, plan, language, SAIGON, signals=signals, names={"lan": "Lan"})

    return tell


def section(text: str, title: str) -> str:
    return text.split(f"## {title}\n", 1)[1].split("\n## ", 1)[0]


def test_the_durations_run_from_the_first_mention_to_the_end(told):
    rows = re.findall(r"^\| (.+) \| (.+) \| .+ \| (.+) \|$", section(told(), "Response times"), re.MULTILINE)[2:]
    assert rows == [
        ("first mention", "detected", "14 minutes"),
        ("detected", "notified", "1 minute"),
        ("notified", "acknowledged", "6 minutes"),
        ("acknowledged", "resolved", "1 hour 28 minutes"),
        ("first mention", "resolved", "**1 hour 49 minutes**"),
    ]


def test_the_timeline_stands_in_order_with_the_ids_behind_each_line(told):
    lines = section(told(timeline=TIMELINE[::-1]), "What happened").strip().splitlines()[2:]
    assert [line.rsplit("| ", 1)[1].removesuffix(" |") for line in lines] == [r"\#1, signal 4", *(rf"\#{number}" for number in range(2, 8))]
    assert lines[3] == r"| 2026-11-21 20:17 | Lan acknowledged by the link in the message | Lan | \#4 |"


def test_signals_show_their_figures(told):
    row = "| 2026-11-21 20:10 | Acme: 18 mentions in 15 minutes, usually about 1.2 | 18 mentions | 1.2 mentions | 0.998 |"
    assert row in section(told(), "Signals and figures")


def test_quotes_are_shown_as_posted_with_their_origin(told):
    text = section(told(), "What people said")
    assert "> ấm \\*Acme\\* cháy\n> \\[x\\](javascript:1)" in text
    assert r"moms · me\_bong · negative · [original](<https://moms.example/3>) · digest `abababababab` · #3" in text


def test_what_was_deleted_at_its_source_is_not_told_again(told):
    text = section(told(), "What people said")
    assert r"\[deleted at source\]" in text
    assert "gone" not in text
    assert "moms.example/5" not in text
    assert "`cdcdcdcdcdcd`" in text


def test_no_text_from_outside_breaks_a_table_or_becomes_markup(told):
    text = told()
    assert r"Lan noted: Nhà máy \| &lt;b&gt;xác nhận&lt;/b&gt; \# lô" in text
    assert r"failed: 550 no \| such" in text
    assert "<b>" not in text


def test_people_paged_are_listed_with_the_outcome(told):
    text = section(told(), "Who was paged")
    assert "| 2026-11-21 20:11 | Lan | email | page | sent |" in text
    assert "| minh | sms | page | failed: " in text


def test_steps_are_done_late_missing_or_not_due(told):
    text = section(told(), "Playbook steps")
    assert "- [x] Take it (Lead; blocking; Lan, 2026-11-21 20:27, 12 minutes late)" in text
    assert "- [ ] Speak (Lead; due 2026-11-21 20:40; not done)" in text
    assert "- [ ] Learn (Lead; due 2026-11-26 21:45; not due yet)" in text


def test_questions_come_from_what_happened(told):
    text = section(told(), "Open questions")
    assert "- Why did it take 7 minutes until somebody took it?" in text
    assert "- 1 notification failed." in text
    assert "- 1 mention was deleted at source." in text


def test_what_only_people_know_is_left_to_them(told):
    text = told()
    for title in ("What went well", "What went badly", "Where we were lucky"):
        assert "*" in section(text, title)
    assert section(text, "Action items").count("\n|") >= 5


def test_a_drill_says_so_at_the_top(told):
    drill = told("vi", incident=msgspec.structs.replace(INCIDENT, world="drill"))
    assert drill.splitlines()[2].startswith("> **DIỄN TẬP - KHÔNG PHẢI THẬT.")
    assert "DIỄN TẬP" not in told("vi")


def test_vietnamese_is_vietnamese_throughout(told):
    text = told("vi")
    for title in ("Tóm tắt", "Các mốc thời gian", "Diễn biến", "Dấu hiệu và con số", "Người ta nói gì", "Ai được gọi", "Việc trong kịch bản",
                  "Câu hỏi còn để ngỏ", "Điều làm tốt", "Điều chưa tốt", "Chỗ gặp may", "Việc cần khắc phục"):  # fmt: skip
        assert f"\n## {title}\n" in text
    assert "Lan đã nhận xử lý qua liên kết trong tin báo" in text
    assert "20:17 21/11/2026" in text
    assert "Asia/Ho_Chi_Minh" in text


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_word_of_it_has_its_message(told, language):
    bare = told(
        language, evidence=(), pages=(), plan=None, signals=(), timeline=[], incident=msgspec.structs.replace(INCIDENT, resolved_at=None)
    )
    for text in (told(language), bare):
        assert re.findall(r"\b(?:review|console|timeline|outcome|notification|because|reason|actor)\.[a-z_]+", text) == []
        assert re.findall(r"\{[a-z:]+\}", text) == []


def test_the_same_incident_gives_the_same_review_whatever_the_order(told):
    assert told() == told(timeline=TIMELINE[::-1], pages=PAGES[::-1])


def test_an_incident_of_which_little_is_known_is_reviewed_too(told):
    young = Incident(
        id=1, key="k", kind="missed", words=Words(key="signal.missed"), severity="watch", opened_at=OPENED, last_signal_at=OPENED
    )
    text = told(incident=young, timeline=[], evidence=(), pages=(), plan=None, signals=())
    assert "The incident is not resolved; this review is provisional." in text
    assert "No mention was kept as evidence." in text
    assert "Nobody was paged." in text
    assert "No playbook was attached." in text
    assert "Why did nobody take it?" in text
    assert "## Response times" not in text


def test_a_long_file_of_evidence_is_cut_and_says_so(told):
    many = [msgspec.structs.replace(EVIDENCE[0], mention_id=number) for number in range(25)]
    text = section(told(evidence=many), "What people said")
    assert text.count("> ấm") == 20
    assert "5 more mentions are in the evidence." in text


def test_a_moment_out_of_order_is_left_out_of_the_durations(told):
    later = [msgspec.structs.replace(EVIDENCE[0], at=at(200))]
    text = section(told(evidence=later), "Response times")
    assert "first mention" not in text
    assert "| detected | resolved | 2026-11-21 21:45 | **1 hour 35 minutes** |" in text
