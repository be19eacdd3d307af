"""What is documented exists, and what exists is documented: kinds, keys, defaults, options, words, decisions, links."""

import re
import typing
from datetime import date, timedelta
from pathlib import Path

import pytest
from pydantic import BaseModel

from alerting.hours import WEEKDAYS
from alerting.on_call_settings import Handover
from console import shelf
from console.config import Config
from console.yaml_file import SECRETS
from core import records
from core.durations import format_duration
from core.messages import catalogue
from detectors.enrichment.lexicon import load_lexicon
from playbooks.load import load_playbooks

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
CONFIGURATION = (DOCS / "configuration.md").read_text(encoding="utf-8")
INTERNAL = {"options"}  # where the plug-in's own keys are gathered; nobody writes it
IN_WORDS = {"two rules", "all", "everything", "the log", ""}  # defaults that a table tells in words


def models(model=Config, path=""):
    """Every mapping of config.yaml: path ("alerting.people[]") -> its model."""
    yield path, model
    for name, field in model.model_fields.items():
        for inner in within(field.annotation):
            is_list = typing.get_origin(field.annotation) is tuple
            yield from models(inner, f"{path}.{field.alias or name}".lstrip(".") + ("[]" if is_list else ""))


def within(annotation):
    """The models inside a type; a handover is written as one word."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel) and annotation is not Handover:
        yield annotation
    for each in typing.get_args(annotation):
        yield from within(each)


def keys(model):
    return {field.alias or name: field for name, field in model.model_fields.items() if name not in INTERNAL}


def rows(heading):
    """The table under a heading: key -> default."""
    section = re.search(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", CONFIGURATION, re.MULTILINE | re.DOTALL)
    assert section, f"docs/configuration.md has no section {heading!r}"
    return {key: default.strip() for key, default in re.findall(r"^\| `([\w]+)` \|([^|]*)\|", section[1], re.MULTILINE)}


MODELS = dict(models())


@pytest.mark.parametrize("path", MODELS)
def test_every_key_of_the_configuration_is_documented_and_no_other(path):
    assert list(rows(f"`{path}`" if path else "The top")) == list(keys(MODELS[path]))


@pytest.mark.parametrize("path", MODELS)
def test_every_default_is_documented_as_it_is(path):
    written = rows(f"`{path}`" if path else "The top")
    for key, field in keys(MODELS[path]).items():
        if written[key] in IN_WORDS:
            assert not field.is_required(), key
        else:
            assert written[key] == default_of(field), key


def default_of(field):  # noqa: PLR0911 - one arm a kind of value
    if field.is_required():
        return "*required*"
    default = field.get_default(call_default_factory=True)
    if default in (None, (), "", {}):
        return "-"
    if isinstance(default, Handover):
        day = "" if default.weekday is None else f"{WEEKDAYS[default.weekday].title()} "
        return f"`{day}{default.at:%H:%M}`"
    if isinstance(default, BaseModel):  # its own section says
        return "-"
    if isinstance(default, timedelta):
        return f"`{format_duration(default)}`"
    if isinstance(default, dict):
        return f"`{{{', '.join(f'{name}: {format_duration(value)}' for name, value in default.items())}}}`"
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    return f"`{default.isoformat() if isinstance(default, date) else default}`"


def test_there_is_no_section_for_what_is_not_there():
    headings = set(re.findall(r"^## `([^`]+)`$", CONFIGURATION, re.MULTILINE))
    assert headings == set(MODELS) - {""}


def test_every_secret_that_may_come_from_a_file_is_named():
    named = set(re.findall(r"`(\w+)_file(?::[^`]*)?`", CONFIGURATION))
    assert named == SECRETS


@pytest.mark.parametrize(
    ("page", "where"), [("collectors.md", shelf.COLLECTORS), ("signals.md", shelf.SIGNALS), ("notifiers.md", shelf.NOTIFIERS)]
)
def test_every_kind_and_option_on_a_shelf_is_documented(page, where):
    text = (DOCS / page).read_text(encoding="utf-8")
    section = CONFIGURATION
    for kind in shelf.kinds(where):
        assert f"`{kind}`" in text, kind
        assert f"`{kind}`" in section, kind
        own = DOCS / page.removesuffix(".md") / f"{kind}.md"
        about = own.read_text(encoding="utf-8") if own.exists() else part_about(kind, text)
        for name, field in shelf.load(where, kind).Options.model_fields.items():
            assert f"`{field.alias or name}`" in about or f"`{field.alias or name}`" in text.split("## Kinds")[0], (kind, name)


def part_about(kind, text):
    """The section of a kind, or its row in a table."""
    section = re.search(rf"^##+ `{kind}`\n(.*?)(?=^##+ |\Z)", text, re.MULTILINE | re.DOTALL)
    row = re.search(rf"^\| `{kind}` \|.*$", text, re.MULTILINE)
    assert section or row, f"nothing is said about {kind}"
    return (section or row)[0]


@pytest.mark.parametrize("language", ["vi", "en"])
def test_everything_that_is_told_by_its_name_has_words(language):
    """Keys that are put together at run time: f"severity.{...}" and the like."""
    risks = {row.family for each in ("vi", "en") for row in load_lexicon(each).rows}
    wanted = {
        "severity": records.SEVERITIES,
        "status": typing.get_args(records.Status),
        "stage": typing.get_args(records.Stage),
        "tier": typing.get_args(records.Tier),
        "notification": typing.get_args(records.NotificationKind),
        "outcome": typing.get_args(records.NotificationState),
        "sentiment": ("negative", "neutral", "positive"),
        "signal": shelf.kinds(shelf.SIGNALS),
        "risk": risks,
    }
    known = catalogue(language)
    assert [f"{group}.{name}" for group, names in wanted.items() for name in sorted(names) if f"{group}.{name}" not in known] == []


def test_every_line_of_a_timeline_has_words():
    called = re.compile(r"\bline\(\s*\w+,\s*now,\s*\"(\w+)\"(?:[^()]|\([^()]*\))*?\)")
    found = set()
    for path in (ROOT / "alerting").glob("*.py"):
        for call in called.finditer(path.read_text(encoding="utf-8")):
            key = re.search(r"\bkey=\"(\w+)\"", call[0])
            found.add(f"timeline.{key[1] if key else call[1]}")
    assert len(found) > 15
    assert [key for key in sorted(found) if key not in catalogue("en")] == []


def test_every_playbook_of_the_library_is_named():
    text = (DOCS / "playbooks.md").read_text(encoding="utf-8")
    assert [playbook.id for playbook in load_playbooks().playbooks if f"`{playbook.id}`" not in text] == []


def test_every_page_is_linked_from_the_readme():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    pages = [path.name for path in DOCS.glob("*.md")]
    linked = readme + (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert [page for page in pages if f"docs/{page}" not in linked] == []


def test_every_decision_is_linked_from_what_it_binds():
    """From the code, a page, or the changelog: a decision that nothing points at is not found when it is needed."""
    decisions = sorted((DOCS / "decisions").glob("*.md"))
    assert [path.name[:4] for path in decisions] == [f"{number:04}" for number in range(1, len(decisions) + 1)]
    places = [
        *ROOT.glob("*.md"),
        *DOCS.glob("*.md"),
        *(
            path
            for room in ("core", "store", "listener", "detectors", "alerting", "playbooks", "console")
            for path in (ROOT / room).rglob("*.py")
        ),
    ]
    text = "\n".join(path.read_text(encoding="utf-8") for path in places)
    assert [path.name for path in decisions if path.name not in text] == []


def pages():
    return [*ROOT.glob("*.md"), *DOCS.rglob("*.md")]


def test_every_link_within_the_documentation_leads_somewhere():
    broken = []
    for page in pages():
        for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
            if "://" in target or target.startswith("mailto:"):
                continue
            path, _, anchor = target.partition("#")
            file = (page.parent / path) if path else page
            if not file.exists() or (anchor and file.suffix == ".md" and anchor not in anchors(file)):
                broken.append(f"{page.relative_to(ROOT)}: {target}")
    assert broken == []


def anchors(page):
    """As the usual renderers make them: small letters, blanks as dashes, signs left out."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
