"""How a severity came to be what it is."""

from alerting.events import SeveritySet
from alerting.history import factor_data, history_lines, severity_history
from core.messages import translator
from core.records import Factor


def test_every_change_stands_with_its_reason(stage) -> None:
    reach = Factor(name="reach", value=250_000.0, speaks_for="major")
    stage.do(stage.signal("minor"))
    stage.do(stage.signal("major", factors=(reach, Factor(name="tier", value=None, speaks_for=None))), minutes=5)
    stage.do(stage.signal("minor"), minutes=5)  # adds nothing
    stage.do(SeveritySet(by="lan", severity="minor", because="it was last year's video"), minutes=5)
    changes = severity_history(stage.timeline)
    assert [(one.old, one.new, one.actor) for one in changes] == [
        (None, "minor", "intake"),
        ("minor", "major", "intake"),
        ("major", "minor", "lan"),
    ]
    told = [text for _, text in history_lines(translator("en"), changes)]
    assert "40 mentions" in told[1]
    assert "250,000" in told[1]
    assert told[2].endswith("it was last year's video")
    assert changes[2].because == ()


def test_what_is_unknown_is_no_reason() -> None:
    assert factor_data([Factor(name="reach", value=None, speaks_for=None)]) == []
