"""The bench of stepping steps what the Watcher steps."""

from bench.stepping import detectors, measure


def test_every_signal_that_is_seen_in_counts_is_measured():
    cost = measure(2, 1, minutes=2)
    assert set(cost.signal_us) == set(detectors()) > {"volume_spike", "negative_surge"}
    assert min(cost.minute_ms, cost.turn_ms, cost.rows_ms, cost.text_ms) > 0
    assert 0 < cost.state_bytes < 20_000
