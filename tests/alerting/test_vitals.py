"""What of ourselves is ill, by the numbers of the standard (W4)."""

from datetime import timedelta

import pytest

from alerting.vitals import Seen, Vitals, complaints
from core.messages import render
from tests import make

NOW = make.NOON


def ago(**length):
    return NOW - timedelta(**length)


WELL, NOTHING = Vitals(), Seen()


def ill(vitals=WELL, seen=NOTHING):
    return [one.subject for one in complaints(vitals, seen, NOW)]


@pytest.mark.parametrize(
    ("well", "sick", "subject"),
    [
        (Seen(outbox_oldest=ago(seconds=60)), Seen(outbox_oldest=ago(seconds=61)), "outbox"),
        (Seen(probe_at=ago(minutes=5)), Seen(probe_at=ago(minutes=5, seconds=1), probe_waits_for="intake"), "pipeline"),
        (Seen(inboxes=(("telegram", ago(minutes=9)),)), Seen(inboxes=(("telegram", ago(minutes=10)),)), "inboxes"),
        (Seen(letters=2), Seen(letters=3), "dead_letters"),
        (Seen(), Seen(red=(("Lan", "zalo", "refused"),)), "channels"),
        (Seen(), Seen(lost=(3,)), "auditor"),
        (Seen(), Seen(late=(3,)), "steps"),
        (Vitals(lag_s=1.0), Vitals(lag_s=1.1), "loop"),
        (Vitals(skew_s=-5.0), Vitals(skew_s=-5.1), "clock"),
        (Vitals(disk_free=0.10), Vitals(disk_free=0.09), "disk"),
        (Vitals(), Vitals(stages=("dispatcher",)), "stages"),
    ],
)
def test_where_it_begins_to_be_ill(well, sick, subject):
    def judged(what):
        return ill(vitals=what) if isinstance(what, Vitals) else ill(seen=what)

    assert (judged(well), judged(sick)) == ([], [subject])


def test_what_is_not_known_is_not_ill():
    assert ill(Vitals(disk_free=None), Seen(probe_at=None)) == []


@pytest.mark.parametrize("language", ["vi", "en"])
def test_a_manager_reads_what_is_ill_and_what_it_means(language):
    seen = Seen(
        red=tuple((f"P{number}", "sms", "failing") for number in range(7)), outbox_oldest=ago(minutes=3), letters=4, lost=(1,), late=(2,)
    )
    for one in complaints(Vitals(lag_s=2, skew_s=9, disk_free=0.01, stages=("dispatcher",)), seen, NOW):
        said = render(one.words, language)
        assert said.startswith("Tocsin: "), said
        assert "{" not in said
        assert one.words.key not in said
