"""config.yaml: strict at the door, every mistake one line that says the mend, no secret ever shown."""

import traceback
from pathlib import Path

import pytest

from console import shelf
from console.config import Config, find, load, parse
from core.errors import ConfigError
from tests import make

SHIPPED = Path(__file__).parents[2] / "config.yaml"
SECRET = "hunter2-very-secret"

GOOD = """\
name: Acme
language: en
topics:
  - id: acme
    query: acme
listener:
  sources:
    - id: paper
      kind: rss
      url: https://paper.example/feed
detectors:
  signals:
    - kind: volume_spike
alerting:
  people:
    - id: ana
      channels:
        - kind: log
  policies:
    - id: default
      steps:
        - notify: ana
console:
  listen: "127.0.0.1:8765"
"""


@pytest.fixture
def read(tmp_path):
    def read(text, **environment):
        path = tmp_path / "config.yaml"
        path.write_text(text)
        return load(path, environment)

    return read


def test_a_good_file_is_read(read):
    config = read(GOOD)
    assert config.name == "Acme"
    assert config.timezone == "Asia/Ho_Chi_Minh"
    assert config.alerting.people[0].language == "en", "the installation's, where a person names none"


MISTAKES = [  # what stands there, what is written instead, the line, what is told
    ("name: Acme", "nmae: Acme", 1, "nmae: unknown key (did you mean 'name'?)"),
    ("    query: acme", "    qurey: acme", 5, "topics[0].qurey: unknown key (did you mean 'query'?)"),
    ("    query: acme", "    query: '(acme'", 4, "cannot be understood"),
    ("    query: acme", "    query: '\"x'", 4, "cannot be understood"),
    ("    query: acme", "    timezone: Mars/Base", 5, "unknown time zone 'Mars/Base'"),
    ("    query: acme", "    languages: [english]", 5, "pattern"),
    ("    query: acme", "    query: acme\n  - id: acme", 6, "topic 'acme' stands there twice"),
    ("  - id: acme", "  - id: 'not an id'", 4, "pattern"),
    ("language: en", "language: fr", 2, "'vi' or 'en'"),
    ("language: en", "timezone: Hanoi", 2, "IANA name"),
    ("language: en", "timezone: Asia", 2, "IANA name"),
    ("language: en", "timezone: ../../etc/passwd", 2, "IANA name"),
    ("language: en", "places: [{id: q1, name: A}, {id: q1, name: B}]", 2, "place 'q1' stands there twice"),
    ("language: en", "places: [{id: q1, name: A, manager: zoe}]", 2, "unknown person 'zoe'; configured are: ana"),
    ("listener:", "listener:\n  unseen: [{id: fb, name: FB, person: zoe}]", 7, "unknown person 'zoe'; configured are: ana"),
    (
        "listener:",
        "listener:\n  unseen: [{id: fb, name: FB, person: ana, topics: [rival]}]",
        7,
        "unknown topic 'rival'; configured are: acme",
    ),
    ("listener:", "listener:\n  unseen: [{id: fb, name: FB, person: ana, within: 0m}]", 7, "nobody can look in no time"),
    ("listener:", "listener:\n  unseen: [{id: fb, name: FB, person: ana, why: lazy}]", 7, "'closed', 'no-interface' or 'livestream'"),
    ("listener:", "listener:\n  unseen: [{id: a, name: A, person: ana}, {id: a, name: B, person: ana}]", 6, "'a' stands there twice"),
    ("      kind: rss", "      kind: rss\n      budget: {per_day: 0}", 10, "greater than 0"),
    ("      kind: rss", "      kind: rss\n      budget: {per_week: 5}", 10, "unknown key"),
    ("language: en", "events: [{name: Tet, from: 2026-02-20, to: 2026-02-10}]", 2, "ends before it begins"),
    ("language: en", "events: [{name: Tet, from: soon, to: 2026-02-10}]", 2, "date"),
    ("language: en", "store: {database: 5}", 2, "string"),
    ("      kind: rss", "      kind: rsss", 9, "unknown kind 'rsss'; on this shelf stand: "),
    ("      kind: rss", "      kind: ../../evil", 9, "is no kind"),
    ("      kind: rss", "      kind: nobody.knows.this", 9, "nobody"),
    ("      kind: rss", "      kind: rss\n      every: 5", 10, "has no unit; write it as in 30s, 5m"),
    ("      kind: rss", "      kind: rss\n      every: 5 minutes", 10, "is no duration"),
    ("      kind: rss", "      kind: rss\n      every: 1s", 10, "impolite"),
    ("      kind: rss", "      kind: rss\n      evry: 5m", 10, "unknown key (did you mean 'every'?)"),
    ("      kind: rss", "      kind: rss\n      topic: rival", 10, "unknown topic 'rival'; configured are: acme"),
    ("      kind: rss", "      kind: rss\n      tier: huge", 10, "owned"),
    ("      url: https://paper.example/feed", "      enabled: true", 8, "either the feed's `url` or a `preset`"),
    ("      url: https://paper.example/feed", "      url: ftp://paper.example", 10, "http"),
    (
        "    - id: paper",
        "    - id: paper\n      kind: webhook\n      secrets: [x]\n    - id: paper",
        6,
        "source 'paper' stands there twice",
    ),
    ("    - kind: volume_spike", "    - kind: volume", 13, "unknown kind 'volume'"),
    ("    - kind: volume_spike", "    - {kind: volume_spike, min_mention: 3}", 13, "did you mean 'min_mentions'?"),
    ("    - kind: volume_spike", "    - {kind: volume_spike, min_mentions: many}", 13, "integer"),
    ("    - kind: volume_spike", "    - {kind: volume_spike, sensitivity: loud}", 13, "quiet"),
    ("        - kind: log", "        - kind: pigeon", 18, "unknown kind 'pigeon'"),
    ("        - kind: log", "        - {kind: log, loud: true}", 18, "unknown key"),
    ("        - kind: log", "        - {kind: log, only: [severe]}", 18, "critical"),
    ("        - notify: ana", "        - notify: zoe", 14, "'zoe', which is no person or rotation; known: ana"),
    ("        - notify: ana", "        - {notify: ana, after: soon}", 22, "is no duration"),
    ("    - id: default", "    - id: default\n      repeat: 1000", 21, "50"),
    ("alerting:", "alerting:\n  fallback: zoe", 14, "fallback names 'zoe'"),
    ("alerting:", "alerting:\n  routes: [{match: {topic: rival}, policy: default}]", 15, "unknown topic 'rival'"),
    ("alerting:", "alerting:\n  routes: [{policy: default, digest: daily}]", 15, "either a policy or a digest"),
    ("alerting:", "alerting:\n  notifiers: {emial: {host: x}}", 15, "unknown kind 'emial'"),
    ("alerting:", "alerting:\n  rotations: [{id: line, people: [ana], handover: Monday}]", 15, "is no handover"),
    ("alerting:", "alerting:\n  rotations: [{id: line, people: [zoe]}]", 14, "names 'zoe', which is no person"),
    ("alerting:", "alerting:\n  rotations: [{id: ana, people: [ana]}]", 14, "two times the id 'ana'"),
    ('  listen: "127.0.0.1:8765"', "  listen: 8765", 24, "string"),
    ('  listen: "127.0.0.1:8765"', '  listen: "127.0.0.1:99999"', 24, "no such port"),
    ('  listen: "127.0.0.1:8765"', "  base_url: javascript:alert(1)", 24, "pattern"),
]


@pytest.mark.parametrize(("before", "after", "line", "told"), MISTAKES)
def test_every_mistake_is_one_line_with_path_line_and_mend(read, before, after, line, told):
    assert before in GOOD
    with pytest.raises(ConfigError) as caught:
        read(GOOD.replace(before, after, 1))
    assert told in caught.value.reason
    assert "\n" not in str(caught.value)
    assert caught.value.line == line
    assert str(caught.value).startswith(str(caught.value.path))


@pytest.mark.parametrize("text", ["- a\n- b\n", "just words\n", "42\n"])
def test_a_file_that_is_no_mapping_says_what_one_looks_like(read, text):
    with pytest.raises(ConfigError, match="a configuration is a mapping of sections"):
        read(text)


SECRETS = """\
store: {database: "postgresql://tocsin:%s@localhost/tocsin"}
listener:
  sources: [{id: feed, kind: rss, url: "https://a.example/feed", authorization: "Bearer %s"}]
alerting:
  notifiers: {email: {host: mail.example, from: t@example.org, username: t, password: "%s"}}
  people:
    - id: ana
      channels:
        - {kind: email, to: ana@example.org}
        - {kind: webhook, url: "https://a.example/%s"}
        - {kind: apprise, url: "json://user:%s@a.example/"}
""".replace("%s", SECRET)


def test_a_secret_stands_in_no_repr(read):
    config = read(SECRETS)
    shown = [
        repr(config),
        str(config),
        repr(config.alerting),
        repr(config.listener.sources),
        repr(config.alerting.people),
        repr(config.store),
    ]
    plug_ins = [
        (shelf.NOTIFIERS, one.kind, config.alerting.options_for(one)) for person in config.alerting.people for one in person.channels
    ]
    plug_ins += [(shelf.COLLECTORS, source.kind, source.options) for source in config.listener.sources]
    shown += [repr(shelf.options(shelf.load(where, kind), given)) for where, kind, given in plug_ins]
    assert not [text for text in shown if SECRET in text]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('password: "', 'pasword: "'),
        ('password: "', 'port: "'),
        ("from: t@example.org", "from: 5"),
        ('url: "https://a.example/h', 'url: "ftp://a.example/h'),
        ('url: "json:', 'ulr: "json:'),
        ('authorization: "Bearer ', 'autorization: "Bearer '),
        ('authorization: "Bearer ', 'lang: "'),
        ('database: "postgresql:', 'databse: "postgresql:'),
        ("to: ana@example.org", 'to: "ana@example.org\\n"'),
    ],
)
def test_a_secret_stands_in_no_error_not_even_in_its_cause(read, before, after):
    assert before in SECRETS
    with pytest.raises(ConfigError) as caught:
        read(SECRETS.replace(before, after, 1))
    told = "".join(traceback.format_exception(caught.value))
    assert SECRET not in str(caught.value)
    assert SECRET not in "\n".join(line for line in told.splitlines() if not line.lstrip().startswith(("read(", "SECRETS")))


@pytest.mark.parametrize("where", [shelf.COLLECTORS, shelf.SIGNALS, shelf.NOTIFIERS])
def test_no_plug_in_shows_its_values_in_an_error(where):
    for kind in shelf.kinds(where):
        config = shelf.load(where, kind).Options.model_config
        assert config.get("extra") == "forbid", kind
        assert config.get("frozen"), kind
        if where != shelf.SIGNALS:
            assert config.get("hide_input_in_errors"), kind


def test_a_secret_that_is_not_set_stops_the_start_with_its_name(read):
    with pytest.raises(ConfigError, match=r"config.yaml:1: store.database: the environment variable DB is not set"):
        read('store: {database: "${DB}"}\n')


def test_a_verb_that_must_answer_at_once_needs_nobodys_token_and_no_plug_in(tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text("alerting: {people: [{id: ana, channels: [{kind: pigeon, token: '${NOBODY_SET_THIS}'}]}]}\n")
    assert load(path, {}, plug_ins=False).alerting.people[0].id == "ana"
    with pytest.raises(ConfigError):
        load(path, {})


def test_a_plug_in_from_outside_the_tree_is_loaded_and_checked(tmp_path, monkeypatch):
    package = tmp_path / "acme"
    package.mkdir()
    (package / "pigeons.py").write_text(
        "from pydantic import BaseModel, ConfigDict\n"
        "class Options(BaseModel):\n"
        "    model_config = ConfigDict(extra='forbid')\n"
        "    loft: str\n"
        "class Notifier:\n"
        "    def __init__(self, options, *, http, now): self.options = options\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    people = [{"id": "ana", "channels": [{"kind": "acme.pigeons", "loft": "north"}]}]
    assert parse(make.config(alerting={"people": people})).alerting.people[0].channels[0].options == {"loft": "north"}
    people[0]["channels"][0]["lofd"] = people[0]["channels"][0].pop("loft")
    with pytest.raises(ConfigError, match=r"channels.0.*lof"):
        parse(make.config(alerting={"people": people}))


def test_a_plug_in_that_lacks_a_package_says_which(tmp_path, monkeypatch):
    (tmp_path / "needy.py").write_text("import a_package_nobody_has\n")
    (tmp_path / "pkg").mkdir()
    (tmp_path / "pkg" / "needy.py").write_text("import a_package_nobody_has\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ConfigError, match="needs the package a_package_nobody_has"):
        shelf.load(shelf.NOTIFIERS, "pkg.needy")


def test_two_files_that_say_the_same_are_one_configuration(read):
    first = read(GOOD).digest
    assert read("# a comment\n" + GOOD).digest == first
    assert read(GOOD.replace("Acme", "Acme 2")).digest != first
    assert len(first) == 64


def test_a_configuration_cannot_be_changed():
    config = parse(make.config())
    with pytest.raises(ValueError, match="frozen"):
        config.name = "other"


def test_the_file_is_the_one_given_then_the_environments_then_the_usual():
    assert find("a.yaml", {"TOCSIN_CONFIG": "b.yaml"}) == Path("a.yaml")
    assert find(None, {"TOCSIN_CONFIG": "b.yaml"}) == Path("b.yaml")
    assert find(None, {}) == Path("config.yaml")


def test_the_shipped_file_is_good_with_an_empty_environment():
    config = load(SHIPPED, {})
    assert config.topics
    assert config.listener.sources


def test_what_is_not_said_has_a_default():
    plain = Config()
    settled = plain.model_copy(update={"alerting": plain.alerting.settled(language=plain.language, timezone=plain.timezone)})
    assert parse({}).model_dump() == settled.model_dump()
    assert parse({}).timezone == "Asia/Ho_Chi_Minh"
