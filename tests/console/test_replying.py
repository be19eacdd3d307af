"""Which inboxes run, as whom people write, and the whole loop by mail: a page goes out, an answer comes back, the thread says so."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from alerting.dispatch import Dispatcher
from alerting.inbox.imap import Inbox
from alerting.intake import Intake
from alerting.links import Signer
from alerting.roster import roster_of
from alerting.settings import AlertingSettings
from console.config import parse
from console.notifying import NotifierShelf
from console.replying import deaf_kinds, inbox_kinds, inbox_stages, inboxes_of, limits_in, options_of, senders_of
from core.clock import VirtualClock
from core.errors import ConfigError
from core.http import Fetcher
from playbooks.load import load_playbooks
from store import incidents, signals
from store.database import Database
from tests import make
from tests.alerting.inbox.test_imap import letter
from tests.alerting.notifiers import test_email as post_office
from tests.listener.collectors.mail_server import mail_server

IMAP = {"host": "imap.example.org", "user": "tocsin", "password": "p"}
LAN = {"id": "lan", "name": "Lan", "language": "vi", "address": "chị", "channels": [{"kind": "email", "to": "Lan@example.org"}]}


def config(**alerting: Any) -> Any:
    smtp = {"host": "smtp.example.org", "from": "tocsin@example.org"}
    return parse(make.config(alerting={"people": [LAN], "notifiers": {"email": smtp}, **alerting}))


def test_every_kind_of_chat_and_mail_can_be_heard() -> None:
    assert {"email", "telegram", "slack", "discord", "matrix"} <= set(inbox_kinds())


def test_a_kind_that_says_enough_is_heard_and_one_that_does_not_is_told() -> None:
    clock = VirtualClock(make.NOON)
    silent = config()
    assert inboxes_of(silent, Fetcher(now=clock.now), clock) == {}
    assert deaf_kinds(silent.alerting)["email"].startswith("host: Field required")
    assert list(inboxes_of(config(inboxes={"email": IMAP}), Fetcher(now=clock.now), clock)) == ["email"]
    assert inboxes_of(config(inboxes={"email": False}), Fetcher(now=clock.now), clock) == {}
    with pytest.raises(ConfigError, match=r"alerting\.inboxes\.email: user: Field required"):
        inboxes_of(config(inboxes={"email": {"host": "h"}}), Fetcher(now=clock.now), clock)


def test_whoever_may_answer_in_a_room_may_invite_us_to_it() -> None:
    lan = {"id": "lan", "channels": [{"kind": "matrix", "room": "!a:hs.test", "user": "@lan:hs.test"}, {"kind": "email", "user": "x"}]}
    account = {"homeserver": "https://hs.test", "token": "t", "invited_by": ["@head:hs.test"]}
    told = options_of(AlertingSettings.model_validate({"people": [lan], "notifiers": {"matrix": account}}), "matrix")
    assert told == {"homeserver": "https://hs.test", "token": "t", "invited_by": ["@head:hs.test", "@lan:hs.test"]}


def test_an_inbox_gets_what_its_kind_shares_and_what_is_its_own() -> None:
    notifiers = {"telegram": {"token": "1:t", "no such": 1}}
    assert options_of(AlertingSettings(notifiers=notifiers), "telegram") == {"token": "1:t"}
    assert options_of(AlertingSettings(notifiers=notifiers, inboxes={"telegram": {"token": "2:u"}}), "telegram") == {"token": "2:u"}
    assert options_of(AlertingSettings(notifiers=notifiers, inboxes={"telegram": False}), "telegram") is None
    assert options_of(AlertingSettings(), "telegram") is None


def test_how_to_answer_is_said_only_where_answers_are_heard() -> None:
    (channel,) = config().alerting.people[0].channels
    assert not limits_in(config())(channel).answers
    assert limits_in(config(inboxes={"email": IMAP}))(channel).answers


def test_an_address_that_two_people_share_is_nobodys() -> None:
    clock = VirtualClock(make.NOON)
    both = config(people=[LAN, {"id": "ha", "channels": [{"kind": "email", "to": "lan@example.org"}]}], inboxes={"email": IMAP})
    (inbox,) = inboxes_of(both, Fetcher(now=clock.now), clock).values()
    assert senders_of(both.alerting, "email", inbox) == {}
    alone = config(inboxes={"email": IMAP})
    assert senders_of(alone.alerting, "email", inbox) == {"lan@example.org": "lan"}
    assert isinstance(inbox, Inbox)


async def test_an_alert_by_mail_is_taken_by_answering_it_and_by_nobody_who_only_knows_the_address(sqlite_url: str, tmp_path: Path) -> None:
    clock, database = VirtualClock(make.NOON), Database(sqlite_url, durable=False)
    store = make.store(database)
    with mail_server() as mailbox:
        async with post_office.bench(tmp_path) as office:
            smtp = {name: value for name, value in office.options.items() if name != "to"}
            box = {"host": "127.0.0.1", "port": mailbox.port, "user": "tocsin", "password": "hunter2-hunter2", "security": "plain"}
            built = config(notifiers={"email": smtp}, inboxes={"email": box})
            http = Fetcher(now=clock.now, allow=[f"127.0.0.1:{mailbox.port}", f"localhost:{office.port}"])
            (stage,) = inbox_stages(built, store, clock, http, load_playbooks())
            dispatcher = Dispatcher(
                store, built.alerting, notifier_for=NotifierShelf(built, http, clock).get, roster=partial(roster_of, settings=built.alerting),
                library=load_playbooks(), signer=Signer("k"), base_url="http://tocsin.example", limits_of=limits_in(built),
            )  # fmt: skip

            async def look() -> None:
                clock.advance_to(clock.now() + timedelta(seconds=25))
                await stage.runs.step(clock.now())
                await asyncio.wait_for(stage.runs.arrived(), 5)  # type: ignore[attr-defined]

            await look()
            intake = Intake(
                store, built.alerting, topics={}, tiers={}, playbooks=load_playbooks().playbooks, roster=partial(roster_of, settings=built.alerting), salt=lambda: b"salt"
            )  # fmt: skip
            await database.write(signals.add, [make.signal()])
            await intake.step(clock.now())
            await dispatcher.step(clock.now())
            (page,) = office.handler.mails
            guess = {"In_Reply_To": "<incident-live-1@acme.example>", "References": f"<incident-live-1.{'0' * 32}@acme.example>"}
            mailbox.deliver(letter("nhận #1", **guess))
            await look()
            assert database.read_now(incidents.get, 1).status == "open"
            said = letter("Dạ em nhận ạ", number=2, In_Reply_To=page["Message-ID"], References=f"{page['References']} {page['Message-ID']}")
            mailbox.deliver(said)
            await look()
            taken = database.read_now(incidents.get, 1)
            answers = office.handler.mails[1:]
    await stage.runs.close()  # type: ignore[attr-defined]
    database.close()
    assert taken.acknowledged_by == "lan"
    (answer,) = answers
    assert "chị Lan nhận #1" in post_office.text(answer)
    assert answer["In-Reply-To"] == "<a2@example.org>"
    assert "nhận 1" in post_office.text(page)
