from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from console.config import parse
from tests.console.conftest import Room
from tests.make import config

LIST = """<opml version="1.0"><body>
<outline text="Báo"><outline type="rss" text="Tuổi Trẻ" xmlUrl="https://tuoitre.vn/rss/tin-moi-nhat.rss" language="vi"/>
<outline type="rss" text="Tuổi Trẻ" xmlUrl="https://tuoitre.vn/rss/the-gioi.rss"/></outline>
<outline type="rss" text="Lạ: # {&quot;x&quot;}&#10;- id: evil" xmlUrl="https://a.example/?q=${DB_PASSWORD}&quot;"/>
<outline type="rss" text="Đã có" xmlUrl="https://old.example/feed?utm_source=x"/>
</body></opml>"""


@pytest.fixture
def exported(tmp_path: Path) -> Path:
    path = tmp_path / "feeds.opml"
    path.write_text(LIST, "utf-8")
    return path


def test_what_is_printed_can_be_pasted(room: Room, exported: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DB_PASSWORD", "hunter2")
    room.configure(listener={"sources": [{"id": "tuoi-tre", "kind": "rss", "url": "https://old.example/feed"}]})
    said = room.tocsin("sources", "import", str(exported))
    assert said.status == 0
    assert said.out.splitlines()[0] == "    # Báo"
    assert "3 to paste" in said.err
    assert "1 configured already" in said.err
    pasted = yaml.safe_load("sources:\n" + said.out)["sources"]
    assert [entry["id"] for entry in pasted] == ["tuoi-tre-2", "tuoi-tre-3", "la-x-id-evil"]
    assert [entry["tier"] for entry in pasted] == ["press", "press", "page"]
    assert pasted[0]["lang"] == "vi"
    assert pasted[2]["url"] == 'https://a.example/?q=%24{DB_PASSWORD}"'
    parse(config(listener={"sources": pasted}))


def test_it_needs_no_configuration(room: Room, exported: Path, tmp_path: Path) -> None:
    said = room.tocsin("--config", str(tmp_path / "none.yaml"), "sources", "import", str(exported), "--json")
    assert (said.status, len(said.json)) == (0, 4)


@pytest.mark.parametrize(("body", "told"), [(b"<rss/>", "not OPML"), (None, "No such file"), (b"<!DOCTYPE opml><opml/>", "document type")])
def test_what_is_no_opml_is_told_in_one_line(room: Room, tmp_path: Path, body: bytes | None, told: str) -> None:
    path = tmp_path / "x.opml"
    if body is not None:
        path.write_bytes(body)
    said = room.tocsin("sources", "import", str(path))
    assert (said.status, said.out) == (2, "")
    assert told in said.err
    assert len(said.err.splitlines()) == 1


def test_a_file_must_be_named_and_a_list_without_feeds_is_a_failure(room: Room, tmp_path: Path) -> None:
    assert room.tocsin("sources", "import").status == 2
    (tmp_path / "x.opml").write_bytes(b"<opml><body/></opml>")
    assert room.tocsin("sources", "import", str(tmp_path / "x.opml")).status == 1
    assert room.tocsin("sources").status == 0
