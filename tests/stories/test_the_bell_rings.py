"""The main job from end to end: the daemon as a process, real feeds over HTTP, a real mail server, a scanner, a button.

The daemon polls every 10 s at most, so the story takes two polls: the first is backfill, the second brings the crisis.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from core.records import TimelineEntry
from playbooks.load import LIBRARY
from tests.conftest import SHARED
from tests.stories.browser import Browser
from tests.stories.installation import Installation, config, free_port, rss
from tests.stories.servers import Feeds, Mails, html_of, text_of, town

FIRE = "Acme kettle caught fire and burned my son"
FIRE_VI = "Ấm Acme bốc cháy làm con tôi bị bỏng"
SOON_S = 40.0  # from the post to the mail
ENDINGS = {".xml", ".rss", ".atom", ".rdf", ".json"}  # of recorded feeds; some are no feeds at all, which is as it is in the wild
MOST_BYTES = 300_000  # of a recorded feed: the twelve larger ones take longer than all others together
ODD = f"""<item><guid>html</guid><title>Beta &lt;script&gt;alert(1)&lt;/script&gt;&lt;b&gt;tea&lt;/b&gt; &amp;amp; milk</title></item>
<item><guid>control</guid><title>Beta \u202etea\u200b\u2066 set</title></item>
<item><guid>long</guid><title>Beta</title><description>{"tea " * 25_000}</description></item>
<item><guid>undated</guid><title>Beta cup</title></item>
<item><guid>future</guid><title>Beta pot</title><pubDate>Thu, 01 Jan 2099 00:00:00 GMT</pubDate></item>"""
LINK = re.compile(r"https?://[^\s\"'<>]+")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(300),  # a busy machine starts a daemon in 10 s, an idle one in 3
]


class Rung:
    """A bell that has rung: both servers, the installation, and how long the mail took, in seconds."""

    def __init__(self, feeds: Feeds, mails: Mails, place: Installation, real: list[str], took_s: float) -> None:
        self.feeds = feeds
        self.mails = mails
        self.place = place
        self.real = real
        self.took_s = took_s

    @property
    def mail(self) -> EmailMessage:
        """What Ana got first."""
        return self.mails.to("ana@example.org")[0]

    def kinds(self) -> list[str]:
        return [entry.kind for entry in self.place.timeline(1)]

    def failures(self, person: str) -> list[TimelineEntry]:
        """What the timeline tells of a person who could not be reached."""
        return [entry for entry in self.place.timeline(1) if entry.kind == "delivery_failed" and entry.words.args["person"] == person]

    def status(self) -> tuple[str, str | None]:
        """What the command line says of the incident, and who has it."""
        (incident,) = json.loads(self.place.tocsin("incidents", "--json").stdout)
        return incident["status"], incident["acknowledged_by"]


@pytest.fixture(scope="module")
def rung(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rung]:
    """Acme's kettle burns, among bad feeds and every real one that is here. Ana's and Lan's mail works, Ben's server is dead, Dung's file is gone."""
    folder = tmp_path_factory.mktemp("tocsin")
    with town(folder) as (feeds, mails):
        place = Installation(folder, config(feeds, mails))
        place.values["topics"].append({"id": "beta", "kind": "brand", "query": "beta"})
        real = _add_sources(place, feeds)
        _add_trouble(place, folder)
        feeds.say("my Acme kettle is nice", "where can I buy an Acme kettle?")
        place.start()
        try:
            place.wait_for_first_poll("forum")
            feeds.odd = ODD
            feeds.say(FIRE, FIRE_VI)
            said_at = time.monotonic()
            place.wait(lambda: mails.to("ana@example.org") and mails.to("lan@example.org"), what="mail")
            took_s = time.monotonic() - said_at
            place.wait(lambda: place.count("SELECT count(*) FROM timeline WHERE kind = 'notified'") == 2, what="receipts")
            place.wait(lambda: place.count("SELECT attempt FROM notifications WHERE person = 'ben'") > 1, what="another attempt")
            yield Rung(feeds, mails, place, real, took_s)
        finally:
            place.close()


def _add_sources(place: Installation, feeds: Feeds) -> list[str]:
    real = []
    for name in ("broken", "bomb", "gone"):
        place.values["listener"]["sources"].append(rss(name, feeds.url(f"/{name}.xml")))
    for path in sorted(path for path in SHARED.glob("feeds/**/*") if path.suffix in ENDINGS and path.stat().st_size < MOST_BYTES):
        real.append(f"real-{len(real)}-{path.name}")
        feeds.fixed[f"/{real[-1]}"] = path.read_bytes()
        place.values["listener"]["sources"].append(rss(real[-1], feeds.url(f"/{real[-1]}")))
    return real


def _add_trouble(place: Installation, folder: Path) -> None:
    alerting, closed = place.values["alerting"], free_port()
    place.values["listener"]["allow_private_hosts"].append(f"localhost:{closed}")
    alerting["people"] += [
        {"id": "ben", "channels": [{"kind": "email", "to": "ben@example.org", "port": closed}]},
        {"id": "dung", "channels": [{"kind": "email", "to": "dung@example.org", "ca_file": str(folder / "gone.pem")}]},
    ]
    alerting["policies"][0]["steps"] = [{"notify": ["ana", "lan", "ben", "dung"]}]
    place.values["playbooks"] = {"folders": ["books"]}
    (folder / "books").mkdir()
    good = min(LIBRARY.glob("*.yaml")).read_text()
    (folder / "books" / "bad.yaml").write_text(f"titel: {{en: Bad}}\n{good}")


def test_the_mail_comes_soon_and_says_what_why_who_says_so_and_where(rung: Rung) -> None:
    assert rung.took_s < SOON_S
    assert rung.mail["Subject"].startswith("[CRITICAL] INCIDENT #1 Acme:")
    text = text_of(rung.mail)
    for part in (
        "What: Acme",
        "Why critical: people may get hurt",
        "What people say:",
        "not heard: bomb, never (declares XML entities",
        "Playbook:",
    ):
        assert part in text
    assert FIRE in text or FIRE_VI in text
    assert f"{rung.place.address}/i/" in text
    vietnamese = rung.mails.to("lan@example.org")[0]
    assert "Vì sao mức khẩn cấp: có nguy cơ hại người" in text_of(vietnamese)
    assert vietnamese["Subject"].startswith("[KHẨN CẤP] SỰ CỐ #1 Acme:")


def test_a_scanner_takes_nothing_the_button_does_and_only_once(rung: Rung) -> None:
    links = {link.rstrip(".,)") for mail in rung.mails.received for part in (text_of(mail), html_of(mail)) for link in LINK.findall(part)}
    (ours,) = [link for link in LINK.findall(text_of(rung.mail)) if "/i/" in link]
    assert ours in links
    for link in sorted(links) * 3:
        for method in ("HEAD", "GET"):
            assert Browser().ask(link, method).status in (200, 404, 410)
    assert rung.status() == ("open", None)

    browser = Browser()
    form = browser.ask(ours).form("nonce")
    assert rung.status() == ("open", None)
    assert browser.press(form).status == 200
    assert rung.status() == ("acknowledged", "ana")

    again = browser.press(form)
    assert 200 <= again.status < 500
    assert "Traceback" not in again.text
    assert rung.kinds().count("acknowledged") == 1

    kinds = rung.kinds()
    assert kinds[:3] == ["signal", "opened", "playbook_attached"]
    assert kinds.index("notified") < kinds.index("acknowledged")
    assert [entry.at for entry in rung.place.timeline(1)] == sorted(entry.at for entry in rung.place.timeline(1))
    assert next(entry.actor for entry in rung.place.timeline(1) if entry.kind == "acknowledged") == "ana"


def test_a_link_that_nobody_made_opens_nothing(rung: Rung) -> None:
    assert Browser().ask(f"{rung.place.address}/i/WyJmYWxzZSIsMl0.c2lnbmF0dXJl").status in (404, 410)


def test_bad_feeds_are_told_in_one_line_and_the_others_go_on(rung: Rung) -> None:
    told = dict(rung.place.ask("SELECT id, last_error FROM sources WHERE failures > 0"))
    assert told["broken"] == "broken XML with no entry in it"
    assert told["bomb"] == "declares XML entities, which no feed needs"
    assert told["gone"] == "answered with status 404"
    for source in ("broken", "bomb", "gone"):
        assert len([line for line in rung.place.said().splitlines() if "source failed" in line and f"source={source}" in line]) == 1


@pytest.mark.shared
def test_every_real_feed_is_read_or_told_to_be_none(rung: Rung) -> None:
    unheard = "SELECT id FROM sources WHERE first_poll_at IS NULL AND (failures = 0 OR last_error IS NULL)"
    assert rung.place.ask(unheard) == []
    assert len(rung.real) > 50
    assert rung.place.count("SELECT count(*) FROM mentions WHERE arrival = 'backfill'") > 500
    assert rung.place.count("SELECT count(*) FROM mentions WHERE enriched_at IS NULL") == 0
    assert rung.place.count("SELECT count(*) FROM dead_letters") == 0


def test_what_was_there_before_is_kept_and_not_counted(rung: Rung) -> None:
    assert rung.place.count("SELECT count(*) FROM mentions WHERE source_id = 'forum' AND arrival = 'backfill'") == 2
    assert rung.place.count("SELECT sum(mentions) FROM buckets WHERE width = 60 AND topic_id = 'acme'") == len((FIRE, FIRE_VI))


def test_odd_mentions_are_stored_sanely_and_counted_when_they_were_seen(rung: Rung) -> None:
    odd = "SELECT native_id, title, text, counts_at = seen_at FROM mentions JOIN mention_texts ON mention_id = id WHERE native_id NOT LIKE 'post-%'"
    found = {name: (title, text, at_once) for name, title, text, at_once in rung.place.ask(f"{odd} AND source_id = 'forum'")}
    assert found["html"][0] == "Beta tea & milk"
    assert found["control"][0] == "Beta tea set"
    assert 0 < len(found["long"][1]) < 100_000
    assert {found[name][2] for name in ("undated", "future")} == {1}
    assert rung.place.count("SELECT sum(mentions) FROM buckets WHERE width = 60 AND topic_id = 'beta'") == ODD.count("<item>")
    assert rung.place.count("SELECT count(*) FROM buckets WHERE start > strftime('%s', 'now')") == 0


def test_a_dead_mail_server_is_told_once_and_tried_again(rung: Rung) -> None:
    told = rung.failures("ben")
    assert "no connection can be made" in told[0].words.args["reason"]
    assert len({entry.data["notification"] for entry in told}) == len(told)
    assert rung.place.count("SELECT attempt FROM notifications WHERE person = 'ben' AND kind = 'page'") > 1


def test_a_channel_that_cannot_be_built_is_told_and_stops_no_other(rung: Rung) -> None:
    assert "cannot be read as a PEM file" in rung.failures("dung")[0].words.args["reason"]


def test_a_bad_playbook_is_told_in_one_line_with_its_place(rung: Rung) -> None:
    (line,) = [line for line in rung.place.said().splitlines() if "playbook not used" in line]
    assert "bad.yaml:1: titel: unknown key" in line


def test_no_secret_stands_in_the_log(rung: Rung) -> None:
    said = rung.place.said()
    assert "correct horse" not in said
    tokens = {link.rpartition("/")[2] for mail in rung.mails.received for link in LINK.findall(text_of(mail)) if "/i/" in link}
    assert tokens
    assert not any(token in said for token in tokens)
