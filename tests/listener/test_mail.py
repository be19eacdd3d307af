"""Mails as they come, of Vietnamese and English mail programs."""

from __future__ import annotations

import contextlib
import hashlib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.mime import decoded
from core.records import Mention
from core.text import mention_key
from listener.mail import Letter, LetterError, mention, read

DATA = Path(__file__).parents[1] / "data" / "imap"
NOW = datetime(2026, 11, 21, 4, tzinfo=UTC)


def letter(name: str) -> Letter:
    return read((DATA / f"{name}.eml").read_bytes())


def heard(name: str) -> Mention:
    return mention(letter(name), source_id="care", host="mail.example", seen_at=NOW)


def plain(body: str, **headers: str) -> bytes:
    head = {"From": "lan@example.org", "Subject": "Ấm", "Content-Type": "text/plain; charset=utf-8", **headers}
    return "".join(f"{name.replace('_', '-')}: {value}\n" for name, value in head.items()).encode() + b"\n" + body.encode()


def test_a_forwarded_post_is_its_authors_with_its_link() -> None:
    post = heard("forward_gmail")
    assert post.title == "Ấm Acme cháy!"
    assert post.url == "https://www.facebook.com/groups/123/posts/456/?utm_source=x"
    assert post.author is not None
    assert (post.author.key, post.author.name) == ("mail/lan@example.org", "Lan Nguyễn")
    assert post.text.startswith("Nhóm kín, đang lan nhanh.\nMọi người xem bài này")
    assert post.text.endswith("Ấm nhà tôi cũng bị.")
    assert post.published_at == datetime(2026, 11, 21, 2, 30, tzinfo=UTC), "the forwarded time has no zone, so the mail's own stands"
    assert post.key == mention_key("imap", "mail.example", "gmail-1@mail.example")


def test_a_mail_forwarded_whole_keeps_its_author_time_and_pictures_by_hash() -> None:
    post = heard("forward_attached")
    assert post.author is not None
    assert (post.title, post.author.name, post.url) == ("Ấm phát nổ", "Báo Minh", "https://zalo.me/s/bai/9")
    assert post.published_at == datetime(2026, 11, 20, 14, tzinfo=UTC)
    picture = hashlib.sha256(bytes.fromhex("ffd8ffe000104a464946")).hexdigest()
    assert post.text == f"Xem đính kèm.\nẤm điện phát nổ ở Hà Đông. Xem bài\n[picture: ấm.jpg, sha256 {picture}]"
    assert post.reply_to is None, "a forward begins a thread of its own"


def test_an_answer_is_its_own_words_and_knows_its_thread() -> None:
    answer = heard("answer")
    assert answer.text == "Tôi không đồng ý với cách giải quyết này.\n\nCòn tiền bồi thường thì sao?"
    assert answer.title == "Phản hồi của Acme"
    assert (answer.reply_to, answer.parent_key) == ("acme-1@acme.example", mention_key("imap", "mail.example", "acme-1@acme.example"))


def test_old_charsets_are_read() -> None:
    old = heard("windows_1258")
    assert (old.title, old.text) == ("Rò điện", "Ấm bị rò điện, tôi rất lo. Ai chịu trách nhiệm?")
    assert old.published_at == datetime(2026, 11, 21, 2, tzinfo=UTC)
    assert heard("iso_2022").text == "アクメのやかんが燃えた"


def test_a_letter_without_an_id_is_known_by_its_words() -> None:
    first, again, other = (mention(read(plain(body)), source_id="care", host="m", seen_at=NOW) for body in ("nổ", "nổ", "cháy"))
    assert first.native_id.startswith("sha256:")
    assert first.key == again.key != other.key


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied (vacation)"},
        {"Precedence": "auto_reply"},
        {"X_Autoreply": "yes"},
        {"Return_Path": "<>"},
        {"From": "Mail Delivery <Postmaster@example.org>"},
        {"Subject": "Trả lời tự động: tôi đang nghỉ"},
    ],
)
def test_what_machines_answer_is_told_apart(headers: dict[str, str]) -> None:
    assert read(plain("x", **headers)).by_machine
    assert letter("bounce").by_machine


def test_a_form_that_a_program_sends_is_somebodys_words() -> None:
    assert not read(plain("Ấm nổ", Auto_Submitted="auto-generated")).by_machine


def test_a_link_to_a_post_is_its_address_even_where_it_is_not_forwarded() -> None:
    body = "https://acme.example/bao-hanh và https://m.facebook.com/story?id=1."
    told = mention(read(plain(body)), source_id="care", host="m", seen_at=NOW)
    assert told.url == "https://m.facebook.com/story?id=1"
    assert mention(read(plain("https://acme.example/")), source_id="care", host="m", seen_at=NOW).url is None


@pytest.mark.parametrize(
    ("data", "charset", "text"),
    [
        ("ấm".encode(), None, "ấm"),
        ("ấm".encode(), "us-ascii", "ấm"),
        ("ấm".encode(), "no-such", "ấm"),
        (b"\xe2\xecm", "utf-8", "â\u0301m"),
        (b"+AGE-", "utf-7", "a"),
        (b"\xff\xfe", "idna", "ÿ₫"),
    ],
)
def test_bytes_are_read_by_what_fits(data: bytes, charset: str | None, text: str) -> None:
    assert decoded(data, charset) == text


@pytest.mark.parametrize("data", [b"", b"\r\n\r\n", b"\x00\xff\xfe", b"no header\nat all"])
def test_what_is_no_mail_is_said_without_its_words(data: bytes) -> None:
    with pytest.raises(LetterError) as caught:
        read(data)
    assert "header" not in str(caught.value)


@pytest.mark.parametrize(
    "data",
    [
        b"Content-Type: multipart/mixed; boundary=x\n\n" + b"--x\nContent-Type: multipart/mixed; boundary=x\n\n" * 2_000,
        b"Subject: =?utf-8?B?" + b"A" * 100_000 + b"?=\n\nx",
        b"Subject: =?bogus?Q?=FF?= =?utf-8?Q?\n\nx",
        b"From: " + b"<" * 50_000 + b"\n\nx",
        b"Date: Sat, 99 Nov 99999 99:99:99 +9999\nSubject: x\n\nx",
        b'Content-Type: text/plain; charset="\xff\xff"\nContent-Transfer-Encoding: base64\n\n!!!!',
        b"Content-Type: message/rfc822\n\n\n\n",
        b"Content-Type: text/html\n\n" + b"<div>" * 50_000,
        plain("On 1 2 3 4 5 wrote:\n" * 20_000 + "> x"),
        plain("From: a\nDate: b\nTo: c\n" * 10_000),
    ],
)
def test_a_hostile_mail_ends_soon_in_a_letter_or_an_error(data: bytes) -> None:
    with contextlib.suppress(LetterError):
        mention(read(data), source_id="care", host="m", seen_at=NOW)
