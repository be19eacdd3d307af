"""The linter: what it asks of a playbook that can be read, and that it says so in both languages."""

from __future__ import annotations

from copy import deepcopy
from datetime import date

import pytest

from core.messages import render
from playbooks.lint import COLD, lint

TODAY = date(2026, 11, 22)
APPROVAL = [{"severity_from": "minor", "approver": "lead", "backup": "chief", "within_min": 15}]
ROLES = [
    {"id": name, "title": {"vi": "Trưởng nhóm", "en": "Lead"}, "does": {"vi": "Việc", "en": "Work"}, "primary": primary, "backup": backup}
    for name, primary, backup in (("lead", "lan", "minh"), ("chief", "ha", "tu"))
]
TEXTS = {
    "holding_statements__0__text": "Gửi anh chị đang dùng {{ product }}: chúng tôi đang kiểm tra.",
    "holding_statements__0__language": "vi",
}


@pytest.fixture
def make_good(make_playbook):
    return lambda **changes: make_playbook(**deepcopy({"verifier": "lead", "approval": APPROVAL, "roles": ROLES} | TEXTS | changes))


def found(playbook, today=TODAY):
    return [(finding.grade, finding.place, finding.rule) for finding in lint(playbook, today)]


def test_nothing_is_said_of_a_good_playbook(make_good):
    assert found(make_good()) == []


@pytest.mark.parametrize(
    ("changes", "grade", "place", "rule"),
    [
        ({"last_reviewed": "2025-11-21"}, "warning", "last_reviewed", "not_reviewed"),
        ({"verifier": None}, "warning", "verifier", "nobody_verifies"),
        ({"roles__0__backup": None}, "warning", "roles.0", "no_backup"),
        ({"roles__0__backup": "lan"}, "warning", "roles.0", "no_backup"),
        ({"approval": []}, "warning", "approval", "no_approval"),
        ({"approval__0__backup": "lead"}, "error", "approval.0.backup", "approves_alone"),
        ({"roles__1__primary": "lan"}, "error", "approval.0.backup", "approves_alone"),
        ({"holding_statements__1__channel": "press"}, "warning", "holding_statements", "no_reply"),
        ({"holding_statements__1__valid_until": "2026-11-21"}, "error", "holding_statements.1.valid_until", "expired"),
        ({"holding_statements__1__valid_until": "2026-12-01"}, "warning", "holding_statements.1.valid_until", "expires_soon"),
        (
            {"holding_statements__1__text": "We care about {{ product }}. You may call us."},
            "error",
            "holding_statements.1.text",
            "names_nobody",
        ),
        (
            {"holding_statements__1__text": "To you who use {{ product }}: we are sorry\n  if you were hurt."},
            "error",
            "holding_statements.1.text",
            "cold",
        ),
        ({"speaking": {"macros": [{"id": "a", "language": "vi", "text": "Bên em xử lý theo quy định ạ."}]}}, "warning", "speaking.macros.0.text", "cold"),
    ],
)  # fmt: skip
def test_each_rule_is_told_once_at_its_place(make_good, changes, grade, place, rule):
    assert found(make_good(**changes)) == [(grade, place, rule)]


def test_a_longer_word_is_no_cold_phrase(make_good):
    assert found(make_good(holding_statements__1__text="To you who use {{ product }}: if anyone is unwell, call us.")) == []


def test_public_words_without_the_time_of_the_next_ones_are_an_error(make_good):
    silent = make_good(holding_statements__1__channel="website")
    assert ("error", "holding_statements.1.text", "no_next_update") in found(silent)


def test_a_plan_that_names_no_people_is_told_so_once(make_good):
    nobody = [role | {"primary": None, "backup": None} for role in ROLES]
    assert found(make_good(roles=nobody)) == [("warning", "roles", "nobody_named")]


def test_a_year_is_over_on_the_day_after_it(make_good):
    assert found(make_good(last_reviewed="2025-11-22")) == []
    assert found(make_good(last_reviewed="2025-11-22"), date(2026, 11, 23)) == [("warning", "last_reviewed", "not_reviewed")]


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_finding_says_what_to_do_in_both_languages(make_good, language):
    bad = make_good(
        last_reviewed="2024-01-01", verifier=None, approval__0__backup="lead", roles__0__backup=None,
        holding_statements__0__valid_until="2026-01-01", holding_statements__0__channel="facebook",
        holding_statements__0__text=f"{{{{ product }}}} vẫn an toàn, {COLD['vi'][0]}.",
    )  # fmt: skip
    findings = lint(bad, TODAY)
    assert len({finding.rule for finding in findings}) >= 7
    for finding in findings:
        said = render(finding.words, language)
        assert len(said) > 30, finding.rule
        assert not set("{}") & set(said), said
