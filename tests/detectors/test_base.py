from datetime import UTC, datetime

import msgspec
import pytest

from core.records import Risk, Words
from detectors.base import Finding, Heard, load_state, save_state
from detectors.signals.negative_surge import Detector as NegativeSurge
from detectors.signals.negative_surge import Options as NegativeSurgeOptions
from detectors.signals.volume_spike import Detector, Options

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def test_a_sensitivity_sets_the_options_and_a_given_option_wins():
    assert Options(sensitivity="quiet").min_mentions > Options().min_mentions > Options(sensitivity="sensitive").min_mentions
    assert Options(sensitivity="quiet", min_mentions=7).min_mentions == 7
    assert Options(sensitivity="balanced") == Options()


def test_an_unknown_sensitivity_is_refused():
    with pytest.raises(ValueError, match="sensitivity"):
        Options(sensitivity="loud")


def test_the_state_of_another_detector_is_refused():
    saved = save_state(NegativeSurge(NegativeSurgeOptions()).start()).replace(b'"hits":0.0', b'"hits":"many"')
    with pytest.raises(msgspec.ValidationError):
        load_state(NegativeSurge(NegativeSurgeOptions()), saved)


def test_a_state_comes_back_the_same():
    detector = Detector(Options())
    assert load_state(detector, save_state(detector.start())) == detector.start()


def test_a_finding_with_a_naive_time_is_refused():
    with pytest.raises(ValueError, match="naive"):
        Finding(
            kind="volume_spike",
            bucket_start=NOON.replace(tzinfo=None),
            window_start=NOON,
            window_end=NOON,
            scale_s=900,
            observed=1.0,
            expected=None,
            low=None,
            high=None,
            score=0.5,
            words=Words(key="signal.volume_spike"),
        )


def test_who_speaks_is_the_author_or_else_the_source():
    risk = Risk(family="recall", level=1, term="thu hồi")
    told = Heard(at=NOON, topic_id="acme", topic_kind="brand", risk=risk, source_id="forum", author="an")
    assert (told.who, msgspec.structs.replace(told, author=None).who) == ("an", "source:forum")
