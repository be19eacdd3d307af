from pathlib import Path

import pytest
import yaml

from console.config import load
from store import evidence, flags, mentions, readings, sources
from store.mentions import to_enrich
from tests import make
from tests.console.conftest import Room

PNG = b"\x89PNG\r\n\x1a\n" + bytes(32)
TEXT = "Sữa Acme có dị vật"


@pytest.fixture
def desk(room: Room) -> Room:
    room.configure(listener={"sources": [{"id": "forum", "kind": "rss", "url": "https://a.example/"}, {"id": "groups", "kind": "flag"}]})
    return room


def test_a_flag_is_stored_as_what_is_pushed_and_waits_for_the_daemon(desk: Room, tmp_path: Path) -> None:
    shot = tmp_path / "chup.png"
    shot.write_bytes(PNG)
    said = desk.tocsin(
        *("flag", TEXT, "--group", "Hội mẹ bỉm HN", "--place", "facebook_group", "--members", "12k", "--likes", "1,2k", "--comments", "45"),
        *("--url", "https://fb.com/1", "--picture", shot, "--as", "ana"),
    )
    assert (said.status, said.err) == (0, "")
    assert "#1" in said.out
    (found,) = desk.use(mentions.get, [1])
    assert (found.source_id, found.title, found.text, found.reach, found.arrival) == ("groups", "Hội mẹ bỉm HN", TEXT, 12000, "live")
    assert (found.engagement.likes, found.engagement.replies) == (1200, 45)
    flag = desk.use(flags.get, 1)
    assert (flag.by, flag.place) == ("ana", "facebook_group")
    assert len(desk.use(flags.pictures_of, [1])[1]) == 1
    assert desk.use(to_enrich, 10) == [1]
    assert desk.use(sources.get, "groups").last_success_at == desk.now


def test_the_short_form_is_read_and_options_overrule_it(desk: Room) -> None:
    desk.tocsin("flag", f"zalo: Cư dân CT3\nthích 12\n{TEXT}", "--likes", "15", "--as", "ana")
    (found,) = desk.use(mentions.get, [1])
    assert (found.title, found.text, found.engagement.likes) == ("Cư dân CT3", TEXT, 15)
    assert desk.use(flags.get, 1).place == "zalo_group"


def test_the_same_again_is_not_counted_again(desk: Room) -> None:
    desk.tocsin("flag", TEXT, "--likes", "12", "--as", "ana")
    said = desk.tocsin("flag", TEXT, "--likes", "15", "--as", "ben")
    assert "not counted again" in said.out
    assert [(one.likes, one.by) for one in desk.use(readings.of, [1])[1]] == [(12, "ana"), (15, "ben")]


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        (["flag"], "words, a link or a picture"),
        (["flag", TEXT, "--likes", "viele"], "is no count"),
        (["flag", TEXT, "--source", "forum"], "no source of kind flag"),
        (["flag", TEXT, "--place", "mars"], "facebook_group"),
        (["flag", TEXT, "--picture", __file__], "at most 4 pictures"),
    ],
)
def test_what_cannot_be_meant_is_told_in_one_line(desk: Room, typed: list[str], reason: str) -> None:
    said = desk.tocsin(*typed, "--as", "ana")
    assert said.status == 2
    assert reason in said.err
    assert desk.use(mentions.count) == 0


def test_a_picture_that_is_not_there_fails(desk: Room) -> None:
    said = desk.tocsin("flag", TEXT, "--picture", "nowhere.png", "--as", "ana")
    assert said.status == 1
    assert "nowhere.png" in said.err


def test_without_a_source_for_flags_it_says_how_to_add_one(room: Room) -> None:
    said = room.tocsin("flag", TEXT, "--as", "ana")
    assert said.status == 2
    assert "kind: flag" in said.err


def test_counters_read_again_stand_in_the_incidents_json(desk: Room) -> None:
    number = desk.incident()
    desk.tocsin("flag", f"nhóm fb: Mẹ bỉm\nthích 12\n{TEXT}", "--as", "ana")
    desk.use(_as_evidence, number)
    said = desk.tocsin("reading", "#1", "--likes", "1,2k", "--shares", "3", "--as", "ben")
    assert said.status == 0
    assert "#1" in said.out
    (flag,) = desk.tocsin("incident", number, "--json").json["flags"]
    assert (flag["mention_id"], flag["title"], flag["by"], flag["place"]) == (1, "Mẹ bỉm", "ana", "facebook_group")
    assert [(one["likes"], one["reposts"], one["by"]) for one in flag["readings"]] == [(12, None, "ana"), (1200, 3, "ben")]
    shown = desk.tocsin("incident", number).out
    assert "Mẹ bỉm" in shown
    assert "Likes 1,200" in shown


def test_a_post_that_is_gone(desk: Room) -> None:
    desk.tocsin("flag", TEXT, "--as", "ana")
    assert desk.tocsin("reading", "1", "--gone", "--as", "ana").status == 0
    assert desk.use(mentions.get, [1])[0].text == ""
    said = desk.tocsin("reading", "1", "--likes", "3", "--as", "ana")
    assert said.status == 1
    assert "gone already" in said.err


@pytest.mark.parametrize(("typed", "reason"), [(["reading", "7", "--likes", "3"], "no flagged post 7"), (["reading", "1"], "no counters")])
def test_a_reading_of_nothing_is_refused(desk: Room, typed: list[str], reason: str) -> None:
    desk.tocsin("flag", TEXT, "--as", "ana")
    said = desk.tocsin(*typed, "--as", "ana")
    assert said.status == 1
    assert reason in said.err


def test_the_configuration_is_checked_whole(desk: Room) -> None:
    desk.configure(listener={"sources": [{"id": "groups", "kind": "flag", "ask_again": "3s"}]})
    with pytest.raises(Exception, match="ask_again"):
        load(desk.file)
    assert yaml.safe_load(desk.file.read_text())["listener"]


def _as_evidence(tx, number):
    evidence.freeze(tx, number, mentions.get(tx, [1]), make.NOON, signal_id=None, salt=lambda: b"0" * 16)
