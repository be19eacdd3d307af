"""A mailbox, read over a real connection from a server that a test scripts. The real Dovecot: tests/servers/test_real_imap.py."""

from __future__ import annotations

import ssl
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import trustme
from pydantic import ValidationError

from core.errors import SourceError, SourceRejected, SourceUnavailable, SourceUnreadable
from core.http import Fetcher
from core.text import mention_key
from listener.base import Page
from listener.collectors.imap import Collector, Options
from tests.listener.collectors.mail_server import MailServer, lent, mail_server

NOW = datetime(2026, 11, 21, 3, tzinfo=UTC)
SECRET = "hunter2-hunter2"


def letter(text: str, subject: str = "Khiếu nại", sender: str = "Lan <lan@example.org>", number: int = 1, **headers: str) -> bytes:
    head = {"From": sender, "Subject": subject, "Date": "Sat, 21 Nov 2026 09:00:00 +0700", "Message-ID": f"<{number}@example.org>"}
    head |= {"MIME-Version": "1.0", "Content-Type": "text/plain; charset=utf-8", "Content-Transfer-Encoding": "8bit"}
    head |= {name.replace("_", "-"): value for name, value in headers.items()}
    return "".join(f"{name}: {value}\r\n" for name, value in head.items()).encode() + b"\r\n" + text.replace("\n", "\r\n").encode()


def sample(url: str, folder: Path) -> dict[str, Any]:
    """What the contract suite needs to know of this kind: it speaks IMAP, so it brings a server of its own."""
    server = lent()
    server.letters = {1: letter("Ấm bốc cháy", number=1), 2: letter("Bảo hành ở đâu", number=2)}
    allow = [f"127.0.0.1:{server.port}"]
    return {"options": Options(host="127.0.0.1", port=server.port, user="care", password=SECRET, security="plain"), "allow": allow}


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


async def look(server: MailServer, cursor: str | None = None, *, allow: bool = True, **options: Any) -> list[Page]:
    given = {"host": "127.0.0.1", "port": server.port, "user": "care", "password": SECRET, "security": "plain", **options}
    pairs = [f"127.0.0.1:{server.port}", f"localhost:{server.port}"] if allow else []
    async with Fetcher(now=lambda: NOW, allow=pairs) as http:
        return [page async for page in Collector(Options(**given), source_id="care", http=http, now=lambda: NOW).listen(cursor)]


async def test_a_letter_becomes_a_mention_and_stays_unread(server: MailServer) -> None:
    server.deliver(letter("Ấm nhà tôi bốc cháy.\n-- \nLan"))
    (page,) = await look(server)
    (mention,) = page.mentions
    assert mention.key == mention_key("imap", "127.0.0.1", "1@example.org")
    assert (mention.source_id, mention.seen_at, mention.title, mention.text) == ("care", NOW, "Khiếu nại", "Ấm nhà tôi bốc cháy.")
    assert mention.published_at == datetime(2026, 11, 21, 2, tzinfo=UTC)
    assert mention.author is not None
    assert (mention.author.key, mention.author.name) == ("mail/lan@example.org", "Lan")
    verbs = {command.split()[0] for command in server.asked}
    assert verbs == {b"CAPABILITY", b"LOGIN", b"EXAMINE", b"UID", b"LOGOUT"}, "nothing that changes the mailbox"
    assert not [command for command in server.asked if b"FETCH" in command and b"BODY.PEEK" not in command]


async def test_the_next_look_brings_what_came_since(server: MailServer) -> None:
    server.deliver(letter("một"))
    (first,) = await look(server)
    (again,) = await look(server, first.cursor)
    assert (again.mentions, again.cursor) == ((), first.cursor)
    server.deliver(letter("hai", number=2))
    (second,) = await look(server, again.cursor)
    assert [mention.text for mention in second.mentions] == ["hai"]


async def test_a_full_mailbox_is_first_read_from_its_newest_end(server: MailServer) -> None:
    for number in range(1, 262):
        server.deliver(letter(f"thư {number}", number=number))
    pages = await look(server)
    assert [len(page.mentions) for page in pages] == [50, 50, 50, 50]
    assert pages[0].mentions[0].text == "thư 62"
    assert [(page.more, page.missed) for page in pages] == [(True, None)] * 3 + [(False, None)]
    rest = await look(server, pages[1].cursor)
    assert [len(page.mentions) for page in rest] == [50, 50], "a kill after the second page loses nothing"


async def test_more_than_a_look_holds_is_said(server: MailServer) -> None:
    server.deliver(letter("thư 1"))
    (first,) = await look(server)
    for number in range(2, 252):
        server.deliver(letter(f"thư {number}", number=number))
    pages = await look(server, first.cursor)
    assert pages[-1].missed == "capped"
    (rest,) = await look(server, pages[-1].cursor)
    assert (len(rest.mentions), rest.missed) == (50, None)


async def test_uids_given_anew_are_read_again_and_known_by_their_message_ids(server: MailServer) -> None:
    server.deliver(letter("một"))
    (first,) = await look(server)
    server.validity = 2
    (again,) = await look(server, first.cursor)
    assert [mention.key for mention in again.mentions] == [mention.key for mention in first.mentions]
    assert (await look(server, again.cursor))[0].mentions == ()


async def test_machines_other_senders_and_empty_letters_are_left_out(server: MailServer) -> None:
    server.deliver(letter("Tôi đang nghỉ phép", number=1, Auto_Submitted="auto-replied"))
    server.deliver(letter("quảng cáo", number=2, sender="spam@ads.example"))
    server.deliver(letter("", subject="", number=3))
    server.deliver(letter("Ấm nổ", number=4, sender="LAN@Example.org"))
    server.deliver(b"\x00\xff not a mail")
    (page,) = await look(server, from_allowed=["@example.org"])
    assert [mention.text for mention in page.mentions] == ["Ấm nổ"]
    assert (page.skipped, page.problem) == (1, "a mail that cannot be read (LetterError)")


async def test_what_your_own_side_writes_is_its_own(server: MailServer) -> None:
    server.deliver(letter("Chúng tôi xin lỗi", sender="Care <care@acme.example>"))
    assert (await look(server, own=["@acme.example"]))[0].mentions[0].kind == "own"


async def test_a_large_letter_is_read_as_far_as_it_is_fetched(server: MailServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.mailbox.MAX_BYTES", 1_000)
    server.deliver(letter("Ấm nổ\n" + "x" * 5_000))
    (page,) = await look(server)
    assert page.mentions[0].text.startswith("Ấm nổ")
    assert page.missed == "partial"


@pytest.mark.parametrize(
    ("wrong", "error", "words"),
    [
        ({"password": "other"}, SourceRejected, "login refused"),
        ({"password": "chìa khóa"}, SourceRejected, "login refused"),
        ({"folder": "Thư rác"}, SourceRejected, "`folder`"),
        ({"port": 1}, SourceUnavailable, "address refused"),
    ],
)
async def test_a_refusal_says_its_mend_and_no_secret(
    server: MailServer, wrong: dict[str, Any], error: type[SourceError], words: str
) -> None:
    with pytest.raises(error) as caught:
        await look(server, **wrong)
    assert words in caught.value.reason
    told = "".join(traceback.format_exception(caught.value)) + repr(caught.value.__context__) + repr(caught.value.__cause__)
    assert SECRET not in told
    assert "chìa" not in told


async def test_a_login_that_cannot_be_taken_now_is_tried_again(server: MailServer) -> None:
    server.login_answer = b"NO [UNAVAILABLE] directory down"
    with pytest.raises(SourceUnavailable):
        await look(server, password="other")


async def test_a_server_inside_the_network_is_refused_unless_allowed(server: MailServer) -> None:
    with pytest.raises(SourceUnavailable, match="allow_private_hosts"):
        await look(server, allow=False)


async def test_a_place_that_does_not_speak_imap_is_unreadable(server: MailServer) -> None:
    server.greeting = b"HTTP/1.1 400 Bad Request"
    with pytest.raises(SourceUnreadable):
        await look(server)


async def test_a_literal_without_measure_is_refused(server: MailServer) -> None:
    server.deliver(letter("một"))
    server.literal = 2_000_000_000
    with pytest.raises(SourceUnreadable, match="at once"):
        await look(server)


async def test_a_server_that_hangs_is_left(server: MailServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.mailbox.TURN_S", 0.3)
    server.deliver(letter("một"))
    server.hangs_at = b"UID FETCH"
    with pytest.raises(SourceUnavailable, match="in time"):
        await look(server)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.mark.parametrize("security", ["tls", "starttls"])
@pytest.mark.parametrize("name", ["localhost", "other.example"])
async def test_the_certificate_is_checked_against_the_name(
    server: MailServer, authority: trustme.CA, tmp_path: Path, security: str, name: str
) -> None:
    server.tls, server.tls_at_once = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), security == "tls"
    authority.issue_cert(name).configure_cert(server.tls)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    server.deliver(letter("một"))
    asked = look(server, host="localhost", security=security, ca_file=tmp_path / "ca.pem")
    if name == "localhost":
        assert len((await asked)[0].mentions) == 1
        return
    with pytest.raises(SourceUnavailable, match="certificate"):
        await asked
    assert not [command for command in server.asked if command.startswith(b"LOGIN")]


@pytest.mark.parametrize(("given", "port"), [({}, 993), ({"security": "starttls"}, 143), ({"port": 1993}, 1993)])
def test_the_port_follows_from_the_security(given: dict[str, Any], port: int) -> None:
    assert Options(host="mail.example.org", user="care", password=SECRET, **given).port == port


@pytest.mark.parametrize(
    "wrong", [{"password": "hunter2\r\nA1 LOGOUT"}, {"user": ""}, {"from_allowed": ["lan"]}, {"port": 70000}, {"folder": "a\nb"}]
)
def test_an_option_that_cannot_be_is_refused_and_no_secret_shown(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as caught:
        Options(**{"host": "mail.example.org", "user": "care", "password": SECRET, **wrong})
    assert "hunter2" not in str(caught.value)
