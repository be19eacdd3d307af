"""kill -9 in the worst places, and a restart each time: nothing is lost, nothing counts twice, and no repeat goes unflagged (rules 1 to 5)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from email.message import EmailMessage

import pytest

from core.messages import translator
from tests.stories.installation import Installation, config
from tests.stories.servers import Feeds, Mails, text_of, town

BEFORE = ("my Acme kettle is nice", "where can I buy an Acme kettle?")
CROWD = tuple(f"Acme kettle number {number} is on my table, it works so far" for number in range(400))
FIRE = "Acme kettle caught fire and burned my son"
LEAK = "Acme customer data exposed, they leaked my phone number"
REPEAT = {"ana@example.org": translator("en")("alert.possible_repeat"), "lan@example.org": translator("vi")("alert.possible_repeat")}
STORED = "SELECT count(*) FROM mentions WHERE source_id <> 'tocsin:probe'"
UNCOUNTED = "SELECT count(*) FROM mentions WHERE enriched_at IS NULL"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(300),  # a busy machine starts a daemon in 10 s, an idle one in 3
]


class Lives:
    """An installation that is killed again and again, between the same two servers."""

    def __init__(self, feeds: Feeds, mails: Mails, place: Installation) -> None:
        self.feeds = feeds
        self.mails = mails
        self.place = place

    def die_when_the_feed_is_asked_for(self) -> None:
        """Before its answer has come."""
        self.feeds.on_growing = self.place.kill
        self.place.start()
        self.place.wait_for_end()
        self.feeds.on_growing = lambda: None

    def die_when_a_page_is_stored(self) -> None:
        """Before its mentions are understood and counted."""
        self.place.start()
        self.place.wait_for_first_poll("forum")
        self.feeds.say(*CROWD, FIRE)
        self.place.wait(lambda: self.place.count(STORED) > len(BEFORE), what="the page is stored")
        self.place.kill()
        assert self.place.count(UNCOUNTED) > 0

    def die_between_the_servers_yes_and_ours(self) -> None:
        """Ana's mail is sent and marked; Lan's is with the server, whose 250 never comes."""
        self.mails.silent_to = {"lan@example.org"}
        self.place.start()
        self.place.wait(lambda: self.mails.to("lan@example.org") and self._sent("ana"), what="both mails are out")
        assert not self._sent("lan")
        self.place.kill()
        self.mails.silent_to = set()

    def die_when_a_signal_is_raised(self) -> None:
        """Before anybody is paged, or just after."""
        self.place.start()
        self.place.wait(lambda: self._sent("lan"), what="what may have arrived has come again")
        self.feeds.say(LEAK)
        self.place.wait(lambda: self.place.count("SELECT count(*) FROM signals WHERE risk = 'data-leak'"), what="a signal")
        self.place.kill()

    def end_well(self) -> None:
        """A last life, in which everything comes to rest."""
        self.place.start()
        self.place.wait(self._is_at_rest, what="rest")
        assert self.place.stop() == 0

    def _sent(self, person: str) -> int:
        return self.place.count("SELECT count(*) FROM notifications WHERE person = ? AND state = 'sent'", person)

    def _is_at_rest(self) -> bool:
        waiting = (
            UNCOUNTED,
            "SELECT count(*) FROM signals WHERE taken_at IS NULL",
            "SELECT count(*) FROM notifications WHERE state IN ('planned', 'claimed')",
        )
        return self.place.count(STORED) == len(self.feeds.posts) and not any(self.place.count(sql) for sql in waiting)


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lives]:
    """Four lives that end by kill -9, and a last one."""
    folder = tmp_path_factory.mktemp("tocsin")
    with town(folder) as (feeds, mails):
        lives = Lives(feeds, mails, Installation(folder, config(feeds, mails)))
        feeds.say(*BEFORE)
        try:
            lives.die_when_the_feed_is_asked_for()
            lives.die_when_a_page_is_stored()
            lives.die_between_the_servers_yes_and_ours()
            lives.die_when_a_signal_is_raised()
            lives.end_well()
            yield lives
        finally:
            lives.place.close()


def test_every_mention_is_stored_once(lived: Lives) -> None:
    stored = [name for (name,) in lived.place.ask("SELECT native_id FROM mentions WHERE source_id <> 'tocsin:probe'")]
    assert sorted(stored) == sorted(guid for guid, _, _ in lived.feeds.posts)


@pytest.mark.parametrize("width", [60, 3600])
def test_every_live_mention_is_counted_once(lived: Lives, width: int) -> None:
    live = lived.place.count("SELECT count(*) FROM mentions WHERE arrival <> 'backfill' AND source_id <> 'tocsin:probe'")
    assert live == len(CROWD) + 2
    assert lived.place.count("SELECT sum(mentions) FROM buckets WHERE topic_id = 'acme' AND width = ?", width) == live


def test_every_signal_stands_on_one_incident(lived: Lives) -> None:
    assert lived.place.count("SELECT count(*) FROM signals WHERE incident_id IS NULL AND kind <> 'probe'") == 0
    told = Counter(entry.kind for incident in lived.place.incidents() for entry in lived.place.timeline(incident.id))
    assert told["opened"] == len(lived.place.incidents())


def test_every_incident_reaches_everybody(lived: Lives) -> None:
    assert len(lived.place.incidents()) == 2
    for incident in lived.place.incidents():
        kinds = [entry.kind for entry in lived.place.timeline(incident.id)]
        assert kinds.index("signal") < kinds.index("opened") < kinds.index("notified")
        paged = lived.place.ask("SELECT person, state FROM notifications WHERE kind = 'page' AND incident_id = ?", incident.id)
        assert {("ana", "sent"), ("lan", "sent")} <= set(paged)


def test_what_may_have_arrived_comes_again_and_says_so(lived: Lives) -> None:
    first, second = [mail for mail in lived.mails.to("lan@example.org") if "#1 " in mail["Subject"]]
    assert first["Message-ID"] == second["Message-ID"]
    assert (says_repeat(first), says_repeat(second)) == (False, True)
    kinds = [entry.words.key for entry in lived.place.timeline(1)]
    assert kinds.count("timeline.notified_again") == 1


def test_what_was_marked_never_comes_again(lived: Lives) -> None:
    (mail,) = [mail for mail in lived.mails.to("ana@example.org") if "#1 " in mail["Subject"]]
    assert not says_repeat(mail)


def test_no_repeat_goes_unflagged(lived: Lives) -> None:
    unflagged = Counter(mail["Message-ID"] for mail in lived.mails.received if not says_repeat(mail))
    assert set(unflagged.values()) == {1}
    assert {mail["Message-ID"] for mail in lived.mails.received} == set(unflagged)


def says_repeat(mail: EmailMessage) -> bool:
    return REPEAT[mail["To"]] in text_of(mail)
