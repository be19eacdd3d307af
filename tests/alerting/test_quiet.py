from alerting.quiet import assess_quiet
from tests import make


def test_a_silence_is_to_be_watched_however_angry_the_few_that_are_left():
    severity, factors = assess_quiet(make.signal(kind="gone_quiet", risk=None, observed=2.0, expected=80.0))
    assert severity == "watch"
    assert [(factor.name, factor.value) for factor in factors] == [("volume", 0.025)]


def test_other_signals_are_none_of_its_business():
    assert assess_quiet(make.signal(kind="volume_spike", risk=None)) is None
