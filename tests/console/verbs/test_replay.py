"""`tocsin replay` and `tocsin backtest` on the command line: what a community manager reads."""

import json

import pytest

from console import cli
from tests import make

FIRE = "Acme kettle caught fire and burned my son"


@pytest.fixture
def files(tmp_path):
    """A configuration, another one that knows Acme by another name, and a recording."""
    config = make.config(store={"database": f"sqlite:///{tmp_path}/live.db"})
    (tmp_path / "config.yaml").write_text(json.dumps(config))
    other = {**config, "topics": [{"id": "acme", "name": "Acme", "kind": "brand", "query": "beta"}]}
    (tmp_path / "other.yaml").write_text(json.dumps(other))
    said = {"source_id": "forum", "native_id": "1", "text": FIRE, "published_at": make.NOON.isoformat()}
    (tmp_path / "crisis.jsonl").write_text(json.dumps(said))
    return tmp_path


def tocsin(files, *typed):
    return cli.main(["--config", str(files / "config.yaml"), *typed], now=make.NOON)


def test_a_recording_and_an_imported_history_tell_the_same(files, capsys):
    assert tocsin(files, "replay", str(files / "crisis.jsonl"), "--json") == 0
    replayed = json.loads(capsys.readouterr().out)
    assert tocsin(files, "import", str(files / "crisis.jsonl")) == 0
    capsys.readouterr()
    assert tocsin(files, "backtest", "--compare", str(files / "other.yaml"), "--json") == 0
    told = json.loads(capsys.readouterr().out)
    for name in ("pages", "mentions", "from", "until"):
        assert told[name] == replayed[name]
    assert [one["opened_at"] for one in told["incidents"]] == [make.NOON.isoformat()]
    assert told["imported"] == 1
    assert [one["title"] for one in told["compare"]["only_a"]] == [one["title"] for one in told["incidents"]]


def test_two_configurations_are_told_side_by_side(files, capsys):
    assert tocsin(files, "replay", str(files / "crisis.jsonl"), "--compare", str(files / "other.yaml")) == 0
    out = capsys.readouterr().out
    assert "Only with A: 1" in out
    assert "Only with B: 0" in out


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        (["backtest"], "nothing to play"),
        (["backtest", "--topic", "nobody"], "no topic is called 'nobody'"),
        (["backtest", "--since", "1d", "--until", "2d"], "--since comes after --until"),
        (["backtest", "--take-after", "soon"], "'soon' is no length"),
        (["backtest", "--compare", "nowhere.yaml"], "nowhere.yaml"),
    ],
)
def test_what_cannot_be_played_is_told_in_one_line(files, capsys, typed, told):
    assert tocsin(files, *typed) in {1, 2}
    assert told in capsys.readouterr().err
