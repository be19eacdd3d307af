"""What every playbook and drill that ships must hold: a new file in the folder is tested by being there."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from core.messages import catalogue
from core.records import severity_rank
from detectors.enrichment.lexicon import LEXICONS, load_lexicon
from playbooks.blanks import blanks_of, value_for
from playbooks.drill import DRILLS, load_drill
from playbooks.lint import lint
from playbooks.load import LIBRARY, load_playbooks, read_playbook
from playbooks.match import Facts, match
from playbooks.script import Action, Post, ends_at, script
from playbooks.statement import draft

ROOT = Path(__file__).parents[2]
OPENED = datetime(2026, 11, 21, 13, 10, tzinfo=UTC)
FILES = sorted(LIBRARY.glob("*.yaml"))
PLAYBOOKS = [read_playbook(path) for path in FILES]
DRILL_IDS = sorted(path.stem for path in DRILLS.glob("*.yaml"))

playbooks = pytest.mark.parametrize("playbook", PLAYBOOKS, ids=lambda playbook: playbook.id)
statements = pytest.mark.parametrize(
    ("playbook", "statement"),
    [pytest.param(playbook, one, id=f"{playbook.id}:{one.id}") for playbook in PLAYBOOKS for one in playbook.holding_statements],
)
drills = pytest.mark.parametrize("drill", [load_drill(name) for name in DRILL_IDS], ids=DRILL_IDS)


def examples(playbook, statement) -> dict[str, str]:
    return {name: playbook.blanks[name].example_in(statement.language) for name in blanks_of(statement.text)}


def test_the_library_loads_without_a_complaint():
    library = load_playbooks()
    assert library.errors == ()
    assert len(library.playbooks) == len(FILES) >= 3
    assert [playbook.id for playbook in library.playbooks if playbook.default] == ["customer-complaint"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_is_named_after_its_playbook(path):
    assert read_playbook(path).id == path.stem


@playbooks
def test_it_speaks_vietnamese_and_english(playbook):
    assert set(playbook.languages) == {"vi", "en"}
    spoken = {(one.language, one.channel) for one in playbook.holding_statements}
    for channel in ("facebook", "website", "reply"):
        assert {("vi", channel), ("en", channel)} <= spoken


@playbooks
def test_the_first_quarter_of_an_hour_takes_captures_and_pauses(playbook):
    steps = " ".join(step.id for step in playbook.first_15_minutes)
    assert "take-incident" in steps
    assert "capture-first-post" in steps
    assert re.search(r"pause-posts-and-ads|hold-posts", steps)
    assert any(step.blocking for step in playbook.first_15_minutes)


@playbooks
def test_every_role_has_something_to_do(playbook):
    busy = {step.role for _, step in playbook.steps()} | {one.approver for one in playbook.holding_statements}
    busy |= {role for one in playbook.approval for role in (one.approver, one.backup)}
    assert {role.id for role in playbook.roles} - busy == set()


@playbooks
def test_a_step_is_due_after_the_steps_it_waits_for(playbook):
    for _, step in playbook.steps():
        assert all(playbook.step(before).due_min <= step.due_min for before in step.after), step.id


@playbooks
def test_its_triggers_are_risks_that_can_be_heard(playbook):
    heard = {row.family for language in LEXICONS for row in load_lexicon(language).rows}
    assert set(playbook.triggers.risks) <= heard
    assert {f"risk.{family}" for family in heard} <= set(catalogue("vi"))


@playbooks
def test_it_is_found_by_each_of_its_risks(playbook):
    for risk in playbook.triggers.risks:
        topic = playbook.triggers.topics[0] if playbook.triggers.topics else None
        facts = Facts(severity="critical", risks=(risk,), topic_kind=topic)
        assert severity_rank(facts.severity) >= severity_rank(playbook.triggers.severity_from)
        found = match(PLAYBOOKS, facts)
        assert found is not None
        assert found[0].id == playbook.id


@statements
def test_a_statement_filled_with_its_examples_can_go_out(playbook, statement):
    text = draft(playbook, statement.id, examples(playbook, statement), opened_at=OPENED, now=OPENED)
    assert "{{" not in text
    assert all(value in text for value in examples(playbook, statement).values())


@statements
def test_a_blank_takes_its_own_example(playbook, statement):
    for name, example in examples(playbook, statement).items():
        assert value_for(name, playbook.blanks[name], example) == example


@playbooks
def test_the_linter_finds_nothing_to_mend_but_the_people(playbook):
    found = lint(playbook, OPENED.date())
    assert [finding for finding in found if finding.grade == "error"] == []
    assert {finding.rule for finding in found} <= {"nobody_named", "nobody_verifies"}


@drills
def test_a_drill_practises_a_playbook_of_the_library(drill):
    playbook = load_playbooks().get(drill.playbook)
    assert playbook is not None
    assert playbook.drill == drill.id
    assert {step.step for step in drill.expected if step.do == "tick"} <= {step.id for _, step in playbook.steps()}
    blocking = {step.id for phase, step in playbook.steps() if step.blocking and phase != "after"}
    assert blocking <= {step.step for step in drill.expected}


@drills
def test_a_drills_statements_can_be_drafted_with_what_it_fills_in(drill):
    playbook = load_playbooks().get(drill.playbook)
    for event in script(drill, None, OPENED):
        if isinstance(event, Action) and event.do == "statement":
            text = draft(playbook, event.text, event.values, opened_at=OPENED, now=event.at)
            assert all(value in text for value in event.values.values())


@drills
def test_a_drill_grows_speaks_both_languages_and_comes_to_an_end(drill):
    events = script(drill, None, OPENED)
    loud = [event for event in events if isinstance(event, Post) and not event.quiet]
    early = sum(event.at < OPENED + timedelta(minutes=15) for event in loud)
    later = sum(OPENED + timedelta(minutes=30) <= event.at < OPENED + timedelta(minutes=45) for event in loud)
    assert later > early > 0
    assert {event.lang for event in loud} == {"vi", "en"}
    assert isinstance(events[-1], Action)
    assert events[-1].do == "resolve"
    assert events[-1].at == ends_at(drill, OPENED)


@drills
def test_the_same_seed_gives_the_same_drill(drill):
    assert script(drill, 7, OPENED) == script(drill, 7, OPENED) != script(drill, 8, OPENED)
