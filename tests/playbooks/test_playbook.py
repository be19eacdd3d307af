"""The model of a playbook: what it refuses, and what it can be asked."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from playbooks.playbook import Playbook, json_schema

STEP = {"text": {"vi": "Việc", "en": "Work"}, "role": "lead", "due_min": 10}


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"colour": "red"}, "Extra inputs"),
        ({"owner": None}, "Field required"),
        ({"title": {"vi": "Nhỏ"}}, "title: the language 'en' is missing"),
        ({"first_hour__0__text": {"en": "Speak"}}, "first_hour.0.text: the language 'vi' is missing"),
        ({"blanks__product__label": {"en": "Product"}}, "blanks.product.label: the language 'vi' is missing"),
        ({"holding_statements__0__language": "en"}, "holding_statements: none in the language 'vi'"),
        (
            {"holding_statements__0__text": "To you who use {{ product }} at {{ hour }}."},
            "holding_statements.0.text: the blank 'hour' is not declared",
        ),
        ({"holding_statements__0__text": "To you {{ product.__class__ }} here."}, "holding_statements.0.text: only words and blanks"),
        (
            {"blanks__hour": {"type": "time", "label": {"vi": "Giờ", "en": "Hour"}, "example": "9:00"}},
            "blanks.hour: no statement uses this blank",
        ),
        ({"first_hour__0__id": "take"}, "first_hour.0.id: the id 'take' stands twice"),
        ({"holding_statements__1__id": "vi"}, "holding_statements.1.id: the id 'vi' stands twice"),
        ({"first_15_minutes__0__role": "boss"}, "first_15_minutes.0.role: 'boss' is no role"),
        ({"holding_statements__0__approver": "boss"}, "holding_statements.0.approver: 'boss' is no role"),
        ({"first_15_minutes__0__due_min": 16}, "first_15_minutes.0.due_min: 16 is later than first_15_minutes lasts"),
        ({"first_hour__0__after": ["dream"]}, "first_hour.0.after: 'dream' is no step"),
        ({"first_hour__0__after": ["speak"]}, "first_hour.0.after: the step 'speak' waits for itself"),
        ({"first_15_minutes__0__after": ["speak"]}, "first_15_minutes.0.after: the step 'take' waits for itself"),
        ({"id": "Not an id"}, "String should match pattern"),
        ({"holding_statements__0__use_within": "6"}, "has no unit|is no duration"),
    ],
)
def test_a_mistake_is_refused_and_named(make_playbook, changes, problem):
    with pytest.raises(ValidationError, match=problem):
        make_playbook(**changes)


def test_a_step_that_waits_for_steps_which_wait_for_each_other_is_refused(make_playbook):
    with pytest.raises(ValidationError, match="waits for itself"):
        make_playbook(
            first_day=[{"id": "a", "after": ["b"], **STEP}, {"id": "b", "after": ["a"], **STEP}, {"id": "c", "after": ["a"], **STEP}]
        )


def test_steps_come_in_the_order_of_the_phases(playbook):
    assert [(phase, step.id) for phase, step in playbook.steps()] == [
        ("first_15_minutes", "take"),
        ("first_hour", "speak"),
        ("after", "learn"),
    ]


def test_its_parts_are_found_by_id(playbook):
    assert playbook.step("speak").due_min == 30
    assert playbook.statement("vi").language == "vi"
    assert playbook.role("lead").title["en"] == "Lead"
    assert (playbook.step("x"), playbook.statement("x"), playbook.role("x")) == (None, None, None)


def test_words_come_in_the_language_asked_for_or_the_first_there_is(playbook):
    assert [playbook.say(playbook.title, language) for language in ("vi", "en", "fr")] == ["Nhỏ", "Small", "Nhỏ"]


def test_a_playbook_cannot_be_changed(playbook):
    with pytest.raises(ValidationError):
        playbook.owner = "minh"


def test_the_json_schema_knows_every_key():
    schema = json_schema()
    assert set(schema["properties"]) == set(Playbook.model_fields)
    assert schema["additionalProperties"] is False
