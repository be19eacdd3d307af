"""An alert says what, how unusual, why, who speaks, what to do and where to take it; whatever is wrong, it goes out."""

from __future__ import annotations

import dataclasses
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from alerting import message as message_module
from alerting.burst import BurstShown, ThemeShown
from alerting.coverage import Coverage, SourceCoverage
from alerting.message import MAX_BODY, MAX_SHORT, MAX_SUBJECT, Briefing, Reader, compose, compose_test
from core.bursts import Amplification, Burst
from core.records import Factor, Incident, Notification, Signal, Words
from playbooks.playbook import Playbook
from playbooks.quote import Quote

AT = datetime(2026, 11, 21, 14, 4, tzinfo=UTC)  # 21:04 in Sài Gòn
HOUR = timedelta(hours=1)
LINK = "http://127.0.0.1:8765/i/WyJhYmMi.sig"
WORDS = Words(key="signal.volume_spike", args={"topic": "Acme", "observed": 60, "scale": 900, "expected": 3})
LAN = Reader(person="lan", name="Lan")
ANN = Reader(person="ann", name="Ann", language="en", timezone="Europe/London")


def incident(**change: object) -> Incident:
    fields = {
        "id": 12, "key": "topic:acme|attention|-", "kind": "volume_spike", "words": WORDS, "severity": "major", "opened_at": AT,
        "last_signal_at": AT, "topic_id": "acme", "next_step_at": AT + timedelta(minutes=15),
        "factors": (Factor(name="volume", value=20.0, speaks_for="critical"), Factor(name="reach", value=None, speaks_for=None)),
    }  # fmt: skip
    return Incident(**(fields | change))


def notice(**change: object) -> Notification:
    fields = {"key": "k" * 64, "incident_id": 12, "kind": "page", "person": "lan", "channel": "email", "due_at": AT, "planned_at": AT}
    return Notification(**(fields | change))


SIGNAL = Signal(
    kind="volume_spike", subject="topic:acme", topic_id="acme", bucket_start=AT, scale_s=900, observed=60, expected=3, low=None, high=9,
    unit="mentions", score=0.9, words=WORDS, raised_at=AT,
)  # fmt: skip
QUOTES = (
    Quote(mention_id=1, at=AT, source_id="forum", author="@an", text="Ấm Acme nổ! xem https://evil.example @everyone"),
    Quote(mention_id=2, at=AT, source_id="forum", author=None, text="thứ hai"),
    Quote(mention_id=3, at=AT, source_id="vnexpress", text=None),
    Quote(mention_id=4, at=AT, source_id="forum", text="thứ tư không hiện"),
)
PLAYBOOK = Playbook.model_validate(
    {
        "id": "fire", "version": 1, "owner": "lan", "last_reviewed": date(2026, 1, 1), "languages": ["vi", "en"],
        "title": {"vi": "Cháy nổ", "en": "Fire"}, "triggers": {}, "cluster": "accidental", "posture": "inform", "default": True,
        "verify_first": [{"vi": "Có thật không?", "en": "Is it true?"}],
        "roles": [{"id": "lead", "title": {"vi": "Trưởng nhóm", "en": "Lead"}, "does": {"vi": "Chỉ huy", "en": "Leads"}}],
        "first_15_minutes": [{"id": "call", "text": {"vi": "Gọi cửa hàng", "en": "Call the shop"}, "role": "lead", "due_min": 5}],
        "holding_statements": [
            {"id": f"reply-{lang}", "language": lang, "channel": "reply", "posture": "inform", "text": "We are looking into this now.", "approver": "lead",
             "valid_until": date(2027, 1, 1)} for lang in ("vi", "en")
        ],
        "do_not": [{"vi": "Không xóa bình luận", "en": "Delete no comments"}], "close_criteria": [{"vi": "Hết", "en": "Over"}],
    }
)  # fmt: skip
DEAF = Coverage(start=AT - HOUR, end=AT, sources=(
    SourceCoverage(source_id="Diễn đàn A", state="blind", since=AT - HOUR, why="HTTP 503"), SourceCoverage(source_id="forum", state="whole"),
))  # fmt: skip
FULL = Briefing(
    incident=incident(playbook_id="fire", playbook_because=Words(key="because.default")),
    signal=SIGNAL, quotes=QUOTES, coverage=DEAF, playbook=PLAYBOOK, next_people=("Minh",),
)  # fmt: skip


def test_an_alert_in_vietnamese() -> None:
    said = compose(FULL, notice(), LAN, link=LINK, ack_code="K7P2")
    assert said.subject == "[NGHIÊM TRỌNG] SỰ CỐ #12 Acme: 60 lượt nhắc trong 15 phút, bình thường khoảng 3"
    assert said.body == (
        "Chuyện gì: Acme: 60 lượt nhắc trong 15 phút, bình thường khoảng 3\n"
        "Từ lúc: 21:04 21/11/2026\n"
        "Bất thường đến đâu: 60 lượt nhắc trong 15 phút, gấp 20 lần bình thường (3)\n"
        "Vì sao mức nghiêm trọng: lượng nhắc gấp 20 lần bình thường\n"
        "Chưa rõ: lượng tiếp cận\n"
        "Chưa ai nhận.\n"
        "\n"
        "Người ta nói gì:\n"
        "“Ấm Acme nổ! xem hxxps[:]//evil[.]example ＠everyone” (＠an, forum, 21:04)\n"
        "“thứ hai” (?, forum, 21:04)\n"
        "Bài ở vnexpress lúc 21:04 đã bị xóa tại nguồn\n"
        "\n"
        "Nghe được 1/2 nguồn; không nghe được: Diễn đàn A từ 20:04 (HTTP 503). Con số thật có thể cao hơn.\n"
        "\n"
        "Kịch bản: Cháy nổ (vì không có kịch bản nào khớp hơn, dùng kịch bản chung)\n"
        "Việc làm ngay trong 15 phút đầu:\n"
        "1. Gọi cửa hàng (Trưởng nhóm)\n"
        "\n"
        f"Bấm để xem và nhận xử lý: {LINK}\n"
        "Nếu đến 21:19 chưa ai nhận, hệ thống gọi Minh.\n"
        "Nhận xử lý: K7P2"
    )
    assert said.short == f"[NGHIÊM TRỌNG] SỰ CỐ #12 Acme: 60 lượt nhắc trong 15 phút, bình thường khoảng 3 {LINK} K7P2"
    assert (said.thread_key, said.idempotency_key, said.incident_id) == ("incident-live-12", "k" * 64, 12)


def test_an_alert_in_english_and_in_the_readers_zone() -> None:
    said = compose(FULL, notice(), ANN, link=LINK)
    assert said.subject == "[MAJOR] INCIDENT #12 Acme: 60 mentions in 15 minutes, usually about 3"
    assert "Since: 2026-11-21 14:04" in said.body
    assert "1. Call the shop (Lead)" in said.body
    assert "Acknowledge code" not in said.body


def test_a_drill_says_so_in_every_part() -> None:
    briefing = Briefing(incident=incident(world="drill"))
    vi, en = (compose(briefing, notice(), reader, link=LINK) for reader in (LAN, ANN))
    assert all(part.startswith("DIỄN TẬP - KHÔNG PHẢI THẬT") for part in (vi.subject, vi.body, vi.short))
    assert all(part.startswith("DRILL - NOT REAL") for part in (en.subject, en.body, en.short))
    assert vi.drill
    assert vi.thread_key == "incident-drill-12"


def test_a_repeat_says_so_and_a_reason_comes_first() -> None:
    why = Words(key="alert.severity_raised", args={"old": "minor", "new": "major"})
    said = compose(Briefing(incident=incident()), notice(possible_repeat=True, words=why), LAN, link=None)
    assert said.body.splitlines()[:2] == ["Tin này có thể đã gửi một lần.", "Mức độ tăng từ cần xử lý lên nghiêm trọng."]
    assert said.possible_repeat


def test_an_unknown_usual_is_said_to_be_unknown() -> None:
    said = compose(
        Briefing(incident=incident(), signal=replace(SIGNAL, expected=None), coverage=replace(DEAF, sources=DEAF.sources[1:] * 2)),
        notice(),
        LAN,
        link=LINK,
    )
    assert "chưa biết mức bình thường" in said.body
    assert "Nghe được tất cả các nguồn." in said.body


def test_what_they_talk_about_is_told_before_why_and_made_inert() -> None:
    numbers = {
        "mentions": 41,
        "stories": 9,
        "reposts": 0,
        "wires": 0,
        "accounts": 12,
        "by_accounts": 41,
        "by_top_account": 4,
        "new_accounts": 7,
    }
    profile = Amplification(**numbers, aged_accounts=12, sources=1, top_source="forum", by_top_source=41)
    theme = ThemeShown(kind="handle", phrase="@everyone", voices=14, before=0, mention_id=1, quote="")
    burst = Burst(amplification=profile, past_since=AT - 22 * 24 * HOUR, past_until=AT - 24 * HOUR)
    body = compose(dataclasses.replace(FULL, burst=BurstShown(burst=burst, themes=(theme,))), notice(), ANN, link=LINK).body
    assert "New against the 21 days before: “＠everyone” by 14 people\nHow it spreads: 32 of 41 mentions are copies (78%)" in body
    assert body.index("How it spreads") < body.index("Why major")


def test_an_update_says_who_has_it_and_a_closing_says_little() -> None:
    taken = incident(status="acknowledged", acknowledged_by="minh", acknowledged_at=AT)
    update = compose(Briefing(incident=taken, owner="Minh"), notice(kind="update"), LAN, link=LINK)
    assert update.subject.startswith("[NGHIÊM TRỌNG] SỰ CỐ #12, cập nhật: ")
    assert "Minh đang xử lý từ 21:04." in update.body
    why = Words(key="alert.resolved_by", args={"person": "Minh", "at": AT.isoformat(), "reason": "false_alarm"})
    closing = compose(Briefing(incident=incident(status="resolved")), notice(kind="resolved", words=why), LAN, link=LINK)
    assert closing.body == f"Minh đóng lúc 21:04: báo nhầm\n\n{LINK}"


def test_a_test_message_asks_for_a_tap() -> None:
    said = compose_test(notice(kind="test", incident_id=None), LAN, link=LINK)
    assert said.subject == "Tin thử từ Tocsin gửi Lan"
    assert LINK in said.body


def test_a_step_of_a_role_that_is_gone_names_the_role() -> None:
    lost = PLAYBOOK.model_copy(update={"roles": ()})
    said = compose(Briefing(incident=incident(), playbook=lost), notice(), LAN, link=None)
    assert "1. Gọi cửa hàng (lead)" in said.body


@pytest.mark.parametrize("broken", ["_facts", "_crowd", "_plan", "_end", "translator", "ZoneInfo"])
def test_a_broken_template_never_blocks_a_page(monkeypatch: pytest.MonkeyPatch, broken: str) -> None:
    def fail(*_: object, **__: object) -> None:
        raise KeyError("a template that names what is not there")

    monkeypatch.setattr(message_module, broken, fail)
    said = compose(replace_world(FULL, "drill"), notice(), LAN, link=LINK, ack_code="K7P2")
    assert said.subject == "DIỄN TẬP / DRILL: [MAJOR] Sự cố / Incident #12"
    assert all(part in said.body and part in said.short for part in (LINK, "K7P2", "#12"))


def replace_world(briefing: Briefing, world: str) -> Briefing:
    return Briefing(incident=replace(briefing.incident, world=world))


@settings(max_examples=25, deadline=None)
@given(st.text(max_size=4000), st.text(max_size=400), st.integers(0, 5))
def test_however_long_it_is_it_fits_and_keeps_number_link_and_code(text: str, name: str, many: int) -> None:
    words = Words(key="signal.missed", args={"topic": name, "note": text, "person": name})
    quotes = tuple(Quote(mention_id=n, at=AT, source_id=name, author=text, text=text) for n in range(many))
    big = Briefing(
        incident=incident(words=words, playbook_because=words), signal=SIGNAL, quotes=quotes,
        coverage=replace(DEAF, sources=tuple(SourceCoverage(source_id=name, state="blind", why=text) for _ in range(200))),
        playbook=PLAYBOOK, next_people=(name, text),
    )  # fmt: skip
    said = compose(big, notice(words=words), LAN, link=LINK, ack_code="K7P2")
    assert (len(said.subject) <= MAX_SUBJECT, len(said.body) <= MAX_BODY, len(said.short) <= MAX_SHORT) == (True, True, True)
    assert all(part in said.body and part in said.short for part in (LINK, "K7P2"))
    assert "#12" in said.subject
    assert "#12" in said.short
    assert "\n" not in said.subject + said.short
    assert "@" not in said.body
