"""A drill's file: read strictly, and never without an end."""

from __future__ import annotations

import pytest
import yaml

from core.errors import NotFound, PlaybookError
from playbooks.drill import DRILLS, load_drill


@pytest.fixture
def bend(tmp_path):
    """Load the recall drill with one value changed by its dotted path."""

    def load(path: str, value: object):
        drill = yaml.safe_load((DRILLS / "recall.yaml").read_text("utf-8"))
        *way, last = [int(part) if part.isdigit() else part for part in path.split(".")]
        at = drill
        for part in way:
            at = at[part]
        at[last] = value
        (tmp_path / "bent.yaml").write_text(yaml.safe_dump(drill, allow_unicode=True), "utf-8")
        return load_drill("bent", tmp_path)

    return load


def test_the_shipped_drill_is_read():
    assert load_drill("recall").topic.name == "Acme"


def test_an_unknown_drill_names_those_there_are():
    with pytest.raises(NotFound, match="there are recall"):
        load_drill("flood")


@pytest.mark.parametrize("name", ["../library/product-recall", "/etc/passwd", ""])
def test_a_drill_is_never_read_from_elsewhere(name):
    with pytest.raises(NotFound):
        load_drill(name)


@pytest.mark.parametrize(
    ("path", "value", "reason"),
    [
        ("colour", "red", "colour: unknown key"),
        ("title", {"vi": "Cháy"}, "title: the language 'en' is missing"),
        ("topic.query", "acme AND (", "topic.query: "),
        ("injects.0.source", "nowhere", "injects.0.source: 'nowhere' is no source"),
        ("injects.0.at_min", 1441, "injects.0.at_min: a drill is over within 24 hours"),
        ("injects.0.repost_within", "2d", "injects.0.at_min: a drill is over within 24 hours"),
        ("injects.0.reposts", 100000, "injects.0.reposts: "),
        ("expected.0.person", "nobody", "expected.0.person: 'nobody' does not play"),
        ("expected.0.at_min", 9999, "expected.0.at_min: a drill is over within 24 hours"),
        ("expected.0.do", "tick", "expected.0.step: a tick names its step"),
        ("background.source", "nowhere", "background.source: 'nowhere' is no source"),
        ("background.length", "60d", "background.length: at most 30 days"),
        ("background.per_hour", 100, "background.per_hour: more than 20000 posts"),
    ],
)
def test_a_mistake_is_one_line_with_its_place(bend, path, value, reason):
    with pytest.raises(PlaybookError, match=reason) as caught:
        bend(path, value)
    assert caught.value.line is not None
    assert "\n" not in str(caught.value)
