"""The evidence pack as a file: safe whatever strangers wrote, the same each time, and it can be checked."""

from __future__ import annotations

import hashlib
import io
import zipfile

import msgspec
import pytest

from console.evidence import FORMATS, as_html, as_markdown, export, pack_for
from core.records import Author
from store import audit, evidence, mentions
from tests import make
from tests.console.conftest import Room

HOSTILE = '=HYPERLINK("https://evil.example") <script>alert(1)</script> [x](https://evil.example) @everyone'


@pytest.fixture
def filled(room: Room) -> Room:
    room.incident()
    posts = [
        make.mention("Ấm Acme nổ, con tôi bị bỏng", url="https://forum.example/1"),
        make.mention(HOSTILE, url="javascript:alert(1)", author="x"),
    ]
    posts[1] = type(posts[1])(
        **{**{name: getattr(posts[1], name) for name in posts[1].__struct_fields__}, "author": Author(key="k", name="<b>Đỗ</b>")}
    )
    ids = room.use(mentions.add, posts).new
    room.use(lambda tx: evidence.freeze(tx, 1, mentions.get(tx, ids), room.now, signal_id=None, salt=lambda: b"a grain of salt."))
    return room


def made(room: Room, form: str) -> bytes:
    return room.use(export, room.config, 1, form, by="ana", channel="cli", now=room.now)


def test_the_printed_page_says_both_languages_both_times_and_that_it_is_no_vi_bang(filled: Room) -> None:
    page = as_html(filled.use(pack_for, filled.config, 1, by="ana", now=filled.now))
    for words in (
        "Hồ sơ chứng cứ sự cố #1 / Evidence pack of incident #1",
        "Đây chưa phải là vi bằng",
        "This is not a vi bằng",
        "2026-11-21 05:00:00 UTC",
        "12:00:00 21/11/2026 (giờ Việt Nam, UTC+7)",
        "Người chứng kiến / Witness",
        "Thừa phát lại",
        "https://forum.example/1",
        "bình luận / comments: chưa rõ / unknown",
    ):
        assert words in page, words


def test_what_strangers_wrote_is_text_and_nothing_else(filled: Room) -> None:
    pack = filled.use(pack_for, filled.config, 1, by="ana", now=filled.now)
    page, text = as_html(pack), as_markdown(pack)
    assert "<script>alert" not in page
    assert "<b>Đỗ" not in page
    assert 'href="javascript' not in page
    assert "<script" not in text
    assert "](https://evil" not in text
    assert "\\@everyone" in text


@pytest.mark.parametrize("form", FORMATS)
def test_the_same_pack_is_the_same_file_and_each_that_is_taken_out_is_audited(filled: Room, form: str) -> None:
    first = made(filled, form)
    assert made(filled, form) == first
    rows = filled.use(lambda tx: tx.exec_driver_sql("SELECT action, actor, data FROM audit ORDER BY id").all())
    assert [row[:2] for row in rows[-2:]] == [("evidence exported", "ana")] * 2
    assert hashlib.sha256(first).hexdigest() in rows[-1][2]
    assert filled.use(audit.first_broken) is None


def test_the_zip_holds_the_page_the_document_and_the_sums(filled: Room) -> None:
    with zipfile.ZipFile(io.BytesIO(made(filled, "zip"))) as archive:
        names = archive.namelist()
        assert names == ["SHA256SUMS", "evidence.html", "evidence.json"]
        sums = dict(reversed(line.split("  ")) for line in archive.read("SHA256SUMS").decode().splitlines())
        assert all(hashlib.sha256(archive.read(name)).hexdigest() == digest for name, digest in sums.items())


def test_on_the_command_line_it_is_written_and_checked(filled: Room) -> None:
    for form in ("json", "zip"):
        file = filled.folder / f"pack.{form}"
        assert filled.tocsin("evidence", "1", file, "--as", "ana").status == 0
        said = filled.tocsin("evidence", "verify", file)
        assert (said.status, "NO" in said.out) == (0, False)
        assert "Exhibit 1: it is what was frozen in this installation: yes" in said.out
    file = filled.folder / "pack.json"
    told = msgspec.json.decode(file.read_bytes())
    told["exhibits"][0]["text"] += "!"
    file.write_bytes(msgspec.json.encode(told))
    said = filled.tocsin("evidence", "verify", file, "--json")
    assert said.status == 1
    assert {"check": "words", "exhibit": 1, "holds": False} in said.json


@pytest.mark.parametrize(
    "typed",
    [
        ("evidence", "x", "a.html"),
        ("evidence", "1", "a.docx"),
        ("evidence", "1", "no/such/folder/a.html"),
        ("evidence", "verify", "none.json"),
    ],
)
def test_what_was_typed_wrongly_is_told_in_one_line(filled: Room, typed: tuple[str, ...]) -> None:
    said = filled.tocsin(*typed, *(() if typed[1] == "verify" else ("--as", "ana")))
    assert (said.status, said.err.count("\n")) == (2, 1)
