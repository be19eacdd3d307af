"""The evidence pack as a file: HTML to print, Markdown, JSON to check, and a ZIP with everything that belongs to it. In both languages at once."""

from __future__ import annotations

import hashlib
import io
import zipfile
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec
from jinja2 import Environment

from alerting.pack import MOST, Exhibit, Pack, as_document, pack_of
from alerting.proof import DOCUMENT
from console.config import Config
from console.web.templating import STATIC, environment
from core.errors import NotFound
from core.messages import Translator, translator
from core.records import Words
from playbooks.markdown import inline, link, quoted
from store import audit, evidence, flags, incidents
from store.database import Tx

FORMATS: Final = ("html", "md", "json", "zip")
TYPES: Final = {"html": "text/html", "md": "text/markdown", "json": "application/json", "zip": "application/zip"}
VIETNAM: Final = ZoneInfo("Asia/Ho_Chi_Minh")
COUNTERS: Final = ("likes", "replies", "reposts", "views", "reach", "followers")
_EXTENSIONS: Final = {"image/jpeg": "jpg", "image/png": "png", "image/gif": "gif", "image/webp": "webp"}
_LONG_AGO: Final = (1980, 1, 1, 0, 0, 0)  # the same pack is the same file


class Both:
    """Says things in Vietnamese and English at once, and tells times in UTC and in Vietnam's."""

    def __init__(self) -> None:
        self._vi: Translator = translator("vi", zone=VIETNAM)
        self._en: Translator = translator("en", zone=VIETNAM)

    def __call__(self, key: str, **args: Any) -> str:
        """Vietnamese, a slash, English; once where both say the same."""
        return self._joined(self._vi(key, **args), self._en(key, **args))

    def render(self, words: Words) -> str:
        """The same of a stored message."""
        return self._joined(self._vi.render(words), self._en.render(words))

    def utc(self, at: datetime | None) -> str:
        """As 2026-11-21 05:00:00 UTC; unknown where there is none."""
        return self("unknown") if at is None else f"{at.astimezone(ZoneInfo('UTC')):%Y-%m-%d %H:%M:%S} UTC"

    def vietnam(self, at: datetime | None) -> str:
        """As 12:00:00 21/11/2026 (giờ Việt Nam, UTC+7); unknown where there is none."""
        return self("unknown") if at is None else f"{at.astimezone(VIETNAM):%H:%M:%S %d/%m/%Y} ({self._vi('evidence.zone')})"

    def counters(self, exhibit: Exhibit) -> list[tuple[str, str]]:
        """The counters with their names; what is unknown is said to be."""
        return [(self(f"evidence.{name}"), self._number(exhibit.counters.get(name))) for name in COUNTERS]

    def _number(self, value: int | None) -> str:
        return self("unknown") if value is None else self._vi("number.plain", n=value)

    @staticmethod
    def _joined(vi: str, en: str) -> str:
        return vi if vi == en else f"{vi} / {en}"


def export(tx: Tx, config: Config, incident_id: int, form: str, *, by: str, channel: str, now: datetime) -> bytes:
    """The pack of an incident as a file of one of `FORMATS`; who took it out stands in the audit chain.

    Raises:
        NotFound: there is no such incident.
    """
    pack = pack_for(tx, config, incident_id, by=by, now=now)
    data = _made(tx, pack, form)
    told = {"format": form, "exhibits": len(pack.exhibits), "sha256": hashlib.sha256(data).hexdigest()}
    audit.add(tx, now, by, channel, "evidence exported", f"incident:{incident_id}", told)
    return data


def pack_for(tx: Tx, config: Config, incident_id: int, *, by: str, now: datetime) -> Pack:
    """The pack of an incident, to be shown.

    Raises:
        NotFound: there is no such incident.
    """
    incident = incidents.get(tx, incident_id)
    if incident is None:
        raise NotFound(f"there is no incident {incident_id}")
    names = {person.id: person.display_name for person in config.alerting.people}
    return pack_of(tx, incident, by=names.get(by, by), now=now, site=config.name)


def as_html(pack: Pack, templates: Environment | None = None) -> str:
    """One page that stands by itself, to be printed."""
    style = (STATIC / "evidence.css").read_text(encoding="utf-8")
    sealed = as_document(pack)["pack_sha256"]
    return (templates or environment()).get_template("evidence_file.html").render(pack=pack, both=Both(), style_text=style, sealed=sealed)


def as_markdown(pack: Pack) -> str:
    """The same as text; what strangers wrote is quoted, and means nothing but itself."""
    both = Both()
    head = [f"# {both('evidence.title', id=pack.incident_id)}", inline(both.render(pack.words)), f"**{both('evidence.no_vi_bang')}**"]
    if pack.drill:
        head.insert(1, f"**{both('console.drill_banner')}**")
    about = [
        f"- {both('evidence.site')}: {inline(pack.site)}",
        f"- {both('evidence.made_by')}: {inline(pack.made_by)}",
        f"- {both('evidence.made_at')}: {both.utc(pack.made_at)}; {both.vietnam(pack.made_at)}",
        *(f"- {both.render(words)}" for words in pack.why),
        f"- {both('evidence.sealed')}: `{as_document(pack)['pack_sha256']}`",
    ]
    parts = [*head, "\n".join(about), both("evidence.how"), *(_exhibit_lines(both, one) for one in pack.exhibits)]
    return "\n\n".join(parts) + "\n"


def _exhibit_lines(both: Both, one: Exhibit) -> str:
    facts = [
        (both("evidence.author"), inline(one.author or both("unknown"))),
        (both("evidence.url"), link(one.url, one.url) or inline(one.url) if one.url else both("unknown")),
        (both("evidence.source"), inline(one.source_id)),
        (both("evidence.published_at"), f"{both.utc(one.published_at)}; {both.vietnam(one.published_at)}"),
        (both("evidence.frozen_at"), f"{both.utc(one.frozen_at)}; {both.vietnam(one.frozen_at)}"),
        *both.counters(one),
        ("SHA-256", f"`{one.sha256}`" if one.sha256 else both("unknown")),
        (both("evidence.payload_sha256"), f"`{one.payload_sha256}`" if one.payload_sha256 else both("evidence.no_payload")),
        (both("evidence.digest"), f"`{one.digest}`"),
    ]
    words = both("evidence.gone") if one.text is None else quoted("\n".join(filter(None, (one.title, one.text))))
    said = [f"## {both('evidence.exhibit', n=one.number)}", words]
    if one.edited:
        said.append(both("evidence.edited"))
    return "\n\n".join([*said, "\n".join(f"- {name}: {value}" for name, value in facts)])


def _made(tx: Tx, pack: Pack, form: str) -> bytes:
    match form:
        case "html":
            return as_html(pack).encode()
        case "md":
            return as_markdown(pack).encode()
        case "json":
            return _json(pack)
        case _:
            return _zipped(tx, pack)


def _json(pack: Pack) -> bytes:
    return msgspec.json.format(msgspec.json.encode(as_document(pack)), indent=2)


def _zipped(tx: Tx, pack: Pack) -> bytes:
    """The page, the document, what the platforms sent, the pictures, and the sums of them all."""
    files = {"evidence.html": as_html(pack).encode(), DOCUMENT: _json(pack)}
    sent = {piece.mention_id: piece.sent for piece in evidence.pieces(tx, pack.incident_id, MOST)}
    for one in pack.exhibits:
        came = sent.get(one.mention_id)
        if one.text is not None and came is not None:
            files[f"payloads/{one.number:02d}.bin"] = came[0]
        for place, sha256 in enumerate(one.pictures, start=1):
            shown = flags.picture(tx, sha256)
            if shown is not None and shown.data:
                files[f"pictures/{one.number:02d}-{place}.{_EXTENSIONS.get(shown.media_type, 'bin')}"] = shown.data
    sums = "".join(f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in sorted(files.items()))
    files["SHA256SUMS"] = sums.encode()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in sorted(files.items()):
            archive.writestr(zipfile.ZipInfo(name, _LONG_AGO), data, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()
