"""A disk that runs full under the daemon: paging has what room there is, somebody is told without the database, and all goes on by itself (R18)."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stories.installation import Installation, config
from tests.stories.servers import Feeds, Mails, town

FIRE = "Acme kettle caught fire and burned my son"
DISK = "160m"
BACK_WITHIN_S = 30 + 10 + 5  # rule R18; the forum's next turn; understanding and sending on a busy machine

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small file system of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", folder], check=False).returncode != 0:
        pytest.skip("no small file system can be mounted here")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


@pytest.fixture
def home(tmp_path: Path, disk: Path) -> Iterator[tuple[Feeds, Mails, Installation]]:
    with town(tmp_path) as (feeds, mails):
        place = Installation(disk, config(feeds, mails))
        place.log = tmp_path / "log.txt"
        place.log.touch()
        try:
            yield feeds, mails, place
        finally:
            place.close()


def fill(disk: Path) -> Path:
    """Take all that is left."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        while shutil.disk_usage(disk).free:
            file.write(bytes(min(1024 * 1024, shutil.disk_usage(disk).free)))
    return filler


def test_a_disk_that_runs_full_loses_nothing_and_pages_nobody_twice(home: tuple[Feeds, Mails, Installation], disk: Path) -> None:
    feeds, mails, place = home
    place.start()
    place.wait_for_first_poll("forum")
    place.wait((disk / "tocsin.db.ballast").exists, what="the ballast")
    filler = fill(disk)
    feeds.say(FIRE)
    place.wait(lambda: len(subjects(mails, "no room")) == 1, what="the page that needs no database")
    filler.unlink()
    again_at = time.monotonic()
    place.wait(lambda: len(subjects(mails, "#1")) == 1 and sent(place) == 2, what="the page of the fire")
    assert time.monotonic() - again_at < BACK_WITHIN_S
    place.wait((disk / "tocsin.db.ballast").exists, what="the ballast again")
    assert place.stop() == 0
    assert set(Counter(mail["Message-ID"] for mail in mails.received).values()) == {1}
    assert place.ask("PRAGMA integrity_check") == [("ok",)]


def subjects(mails: Mails, words: str) -> list[str]:
    return [mail["Subject"] for mail in mails.to("ana@example.org") if words in mail["Subject"]]


def sent(place: Installation) -> int:
    return place.count("SELECT count(*) FROM notifications WHERE kind = 'page' AND state = 'sent'")
