import os
import re
import resource
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from console import cli
from tests.console.conftest import Room

ROOT = Path(__file__).parents[2]
HEAVY = (
    "spacy",
    "apprise",
    "aiohttp",
    "numpy",
    "lark",
    "alembic",
    "feedparser",
    "nats",
    "sqlalchemy.ext.asyncio",
    "sqlalchemy.dialects.postgresql",
    "babel",
    "lxml",
    "core.tokens",
    "structlog",
    "listener.collectors",
    "alerting.notifiers.email",
)
COLD = (["ack", "1", "--as", "ana"], ["incidents"], ["incidents", "--json"], ["on-call", "--days", "7"])
BUDGET_S = 0.5
BESIDE_SQLALCHEMY = 2.6  # measured: 1.8 to 1.9 times the import of SQLAlchemy alone; 2.4 where another test computes beside


def test_every_verb_has_help_with_an_example(room: Room) -> None:
    for name in cli.MODULES:
        said = room.tocsin(name, "--help")
        assert said.status == 0
        assert f"Example:\n  {cli.load(name).example}" in said.out
        assert name in cli.load(name).example


def test_every_example_can_be_typed() -> None:
    for name in cli.MODULES:
        typed = cli.load(name).example.rpartition("| ")[2].partition(" > ")[0]
        args = cli.parser().parse_args(shlex.split(typed)[1:])
        assert args.verb == name


def test_the_help_lists_every_verb(room: Room) -> None:
    said = room.tocsin("--help")
    assert said.status == 0
    assert all(re.search(rf"^ +{name}\b", said.out, re.MULTILINE) for name in cli.MODULES)


def test_what_cannot_be_meant_is_told_in_one_line(room: Room) -> None:
    for typed in (["tick"], ["dance"], ["ack", "1", "--bogus"], ["incidents", "--status", "x"]):
        said = room.tocsin(*typed)
        assert (said.status, said.out) == (2, "")
        assert said.err.count("\n") == 1
        assert said.err.startswith("tocsin")


def test_nothing_typed_shows_the_help_and_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "VERB" in err


def test_the_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--version"]) == 0
    assert re.fullmatch(r"tocsin \d+\.\d+\.\d+\S*\n", capsys.readouterr().out)


def test_a_configuration_that_is_not_there_is_told_with_its_path(room: Room) -> None:
    room.file.unlink()
    said = room.tocsin("incidents")
    assert (said.status, said.out) == (2, "")
    assert said.err.count("\n") == 1
    assert str(room.file) in said.err


def test_an_unknown_key_is_told_with_path_and_line(room: Room) -> None:
    room.file.write_text("name: x\nalertng: {}\n")
    said = room.tocsin("incidents")
    assert said.status == 2
    assert said.err == f"tocsin: {room.file}:2: alertng: unknown key (did you mean 'alerting'?)\n"


def test_the_environment_names_the_configuration(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOCSIN_CONFIG", str(room.file))
    assert cli.main(["incidents", "--json"]) == 0
    assert room.capsys.readouterr().out == "[]\n"
    assert cli.main(["incidents", "--config", str(room.folder / "none.yaml")]) == 2


def test_an_interruption_is_quiet(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "_run", interrupted)
    said = room.tocsin("incidents")
    assert (said.status, said.out, said.err) == (130, "", "")


def test_a_token_that_is_not_set_keeps_nobody_from_acknowledging(room: Room) -> None:
    room.configure(
        alerting={"people": [{"id": "ana", "channels": [{"kind": "webhook", "url": "https://example.org", "secret": "${NOT_SET}"}]}]}
    )
    room.file.write_text(room.file.read_text() + "listener: {sources: [{id: w, kind: webhook, secrets: ['${NOT_SET_EITHER}']}]}\n")
    said = room.tocsin("check")
    assert said.status == 2
    assert "NOT_SET" in said.err
    said = room.tocsin("incidents")
    assert said.status == 0


def _environment(room: Room) -> dict[str, str]:
    """That of an installation: what was compiled once stays compiled."""
    return {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONPYCACHEPREFIX": str(room.folder / "pyc"), "PYTHONDONTWRITEBYTECODE": ""}


def _process(room: Room, typed: list[str], *, before: str = "") -> subprocess.CompletedProcess[str]:
    code = f"import sys\nfrom console import cli\nstatus = cli.main(sys.argv[1:])\n{before}sys.exit(status)"
    return subprocess.run(
        [sys.executable, "-c", code, "--config", str(room.file), *typed],
        capture_output=True,
        text=True,
        env=_environment(room),
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize("typed", COLD, ids=" ".join)
def test_where_hands_are_cold_nothing_heavy_is_loaded(room: Room, typed: list[str]) -> None:
    room.incident()
    loaded = "print(sorted(name for name in sys.modules), file=sys.stderr)\n"
    done = _process(room, typed, before=loaded)
    assert done.returncode == 0, done.stderr
    modules = set(re.findall(r"'([\w.]+)'", done.stderr.splitlines()[-1]))
    assert "store.database" in modules
    assert modules.isdisjoint(HEAVY), modules.intersection(HEAVY)


def _cpu_s(room: Room, command: list[str]) -> float:
    """The processor time of one process, in seconds: what else the machine does must not decide."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, capture_output=True, env=_environment(room), timeout=60)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


@pytest.mark.slow
@pytest.mark.parametrize("typed", COLD, ids=" ".join)
def test_where_hands_are_cold_the_answer_comes_at_once(room: Room, typed: list[str]) -> None:
    """Half a second; on a slower machine, not much more than loading the database's library takes there by itself."""
    room.incident()
    verb = [sys.executable, "-m", "console.cli", "--config", str(room.file), *typed]
    yardstick = [sys.executable, "-c", "import sqlalchemy"]
    _cpu_s(room, verb)  # writes the bytecode, as an installation does
    rounds = [(_cpu_s(room, verb), _cpu_s(room, yardstick)) for _ in range(2)]
    took, floor = (min(times) for times in zip(*rounds, strict=True))
    assert took < max(BUDGET_S, BESIDE_SQLALCHEMY * floor), rounds


def test_a_reader_who_has_seen_enough_is_no_error(room: Room) -> None:
    room.incident()
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "console.cli", "--config", str(room.file), "incidents", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(30) in (0, -signal.SIGPIPE)
