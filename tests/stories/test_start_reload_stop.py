"""How the daemon starts, takes up another configuration, and ends: as a process, by its signals, exit statuses and one-line words."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stories.installation import Installation, config, rss
from tests.stories.servers import Feeds, Mails, town

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]  # a busy machine starts a daemon in 10 s, an idle one in 3


@pytest.fixture
def at_home(tmp_path: Path) -> Iterator[tuple[Feeds, Mails, Installation]]:
    with town(tmp_path) as (feeds, mails):
        place = Installation(tmp_path, config(feeds, mails))
        try:
            yield feeds, mails, place
        finally:
            place.close()


def test_a_life_with_two_reloads_and_a_stop_while_mail_is_under_way(at_home: tuple[Feeds, Mails, Installation]) -> None:
    feeds, mails, place = at_home
    place.start()
    place.wait_for("event=starting")
    place.values["listener"]["evry"] = "10s"
    place.write()
    place.reload()  # while it is still being built: it is heard when it can be
    place.wait_for("the old one stays")
    place.wait_for_first_poll("forum")
    (line,) = [line for line in place.said().splitlines() if "the old one stays" in line]
    assert "config.yaml:" in line
    assert "listener.evry: unknown key" in line
    assert "correct horse" not in line

    del place.values["listener"]["evry"]
    place.values["listener"]["sources"].append(rss("another", feeds.url("/growing.xml?another")))
    place.write()
    place.reload()
    place.wait_for('"configuration taken up"')
    place.wait_for_first_poll("another")

    mails.takes_s = 2.0
    feeds.say("Acme kettle caught fire and burned my son")
    place.wait(lambda: len(mails.received) == 2, what="mail is under way")
    asked_at = time.monotonic()
    assert place.stop() == 0
    assert time.monotonic() - asked_at < 10
    assert place.said().rstrip().splitlines()[-1].endswith("event=stopped")
    assert place.count("SELECT count(*) FROM notifications WHERE state = 'sent' AND person <> 'tocsin:probe'") == 2
    assert place.count("SELECT count(*) FROM sources WHERE claimed_until IS NOT NULL") == 0
    assert len(mails.received) == 2


def test_an_unknown_key_stops_the_start_with_one_line(at_home: tuple[Feeds, Mails, Installation]) -> None:
    _, _, place = at_home
    place.values["alerting"]["peple"] = []
    place.write()
    ended = place.tocsin("run")
    assert ended.returncode == 2
    assert ended.stdout == ""
    (line,) = ended.stderr.splitlines()
    number = next(number for number, text in enumerate(place.written().splitlines(), start=1) if "peple" in text)
    assert f"config.yaml:{number}: alerting.peple: unknown key (did you mean 'people'?)" in line


def test_a_missing_secret_stops_the_start_with_one_line(at_home: tuple[Feeds, Mails, Installation]) -> None:
    _, _, place = at_home
    place.values["alerting"]["notifiers"]["email"]["password"] = "${NOBODY_SET_THIS}"
    place.write()
    ended = place.tocsin("run")
    assert ended.returncode == 2
    (line,) = ended.stderr.splitlines()
    number = next(number for number, text in enumerate(place.written().splitlines(), start=1) if "NOBODY_SET_THIS" in text)
    assert f"config.yaml:{number}: alerting.notifiers.email.password: the environment variable NOBODY_SET_THIS is not set" in line


def test_a_port_that_is_taken_stops_the_start_with_one_line(at_home: tuple[Feeds, Mails, Installation]) -> None:
    feeds, _, place = at_home
    place.values["console"]["listen"] = f"127.0.0.1:{feeds.port}"
    place.write()
    ended = place.tocsin("run", "--role", "console")
    assert ended.returncode == 2
    told = [line for line in ended.stderr.splitlines() if line.startswith("tocsin: ")]
    assert len(told) == 1
    assert f"console.listen: 127.0.0.1:{feeds.port} cannot be used" in told[0]
    assert "Traceback" not in ended.stderr
