"""The topics beside each other, and the alarm budget, from a configuration."""

from console.config import parse
from console.weighing import alarm_budget, topic_facts
from tests import make


def topics(count):
    return [{"id": f"t{number}", "query": f"t{number}"} for number in range(count)]


def test_topics_of_one_industry_are_told_apart_from_others():
    rows = [{"id": "acme"}, {"id": "isp", "name": "Internet", "kind": "industry", "industry": "telecom"}]
    found = topic_facts(parse(make.config(topics=rows)))
    assert [(one.kind, one.name, one.industry) for one in found.values()] == [("brand", "acme", ""), ("industry", "Internet", "telecom")]


def test_a_fleet_has_a_budget_and_a_drill_none():
    fleet = parse(make.config(topics=topics(60)))
    budget = alarm_budget(fleet, "live")
    assert budget is not None
    assert (budget.alarms, budget.topics) == (10.0, 60)
    assert alarm_budget(fleet, "drill") is None
    assert alarm_budget(parse(make.config()), "live") is None


def test_an_operator_says_how_many():
    assert alarm_budget(parse(make.config(detectors={"budget": 3})), "live").alarms == 3
    assert alarm_budget(parse(make.config(topics=topics(60), detectors={"budget": "unlimited"})), "live") is None
