from datetime import datetime, timedelta

from alerting.out_of_room import cries
from alerting.settings import AlertingSettings

PEOPLE = [
    {"id": "ana", "language": "en", "channels": [{"kind": "email"}, {"kind": "sms", "only": ["critical"]}]},
    {"id": "lan", "language": "vi", "channels": [{"kind": "email"}]},
]


def told(now: datetime, **changes: object) -> list[tuple[str, str]]:
    settings = AlertingSettings.model_validate({"people": PEOPLE, **changes})
    return [(one.person.id, one.channel.kind) for one in cries(settings, "Acme", "/var/lib/tocsin", now)]


def test_the_admin_or_else_the_fallback_is_told_on_every_channel_for_what_is_critical(now: datetime) -> None:
    assert told(now, fallback="ana") == [("ana", "email"), ("ana", "sms")]
    assert told(now, fallback="ana", admin="lan") == [("lan", "email")]


def test_without_a_fallback_the_first_step_is_told_and_without_a_policy_the_log(now: datetime) -> None:
    assert told(now, policies=[{"id": "p", "steps": [{"notify": ["lan"]}]}]) == [("lan", "email")]
    assert told(now) == [("operator", "log")]


def test_it_is_told_in_the_readers_language_with_one_key_a_quarter_of_an_hour(now: datetime) -> None:
    settings = AlertingSettings.model_validate({"people": PEOPLE, "fallback": "lan"})
    (first,), (same,), (later,) = (
        cries(settings, "Acme", "/var/lib/tocsin", at) for at in (now, now + timedelta(minutes=14), now + timedelta(minutes=15))
    )
    assert "ổ đĩa" in first.message.subject.lower()
    assert "/var/lib/tocsin" in first.message.body
    assert first.message.idempotency_key == same.message.idempotency_key != later.message.idempotency_key
