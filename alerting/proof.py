"""Checks an exported evidence pack: nothing in it was changed, and what it says fits what was frozen here. Reads the file's bytes as data, in bounded memory."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Iterator
from typing import Any, Final

import msgspec

from alerting.pack import FORMAT, seal, sha256_of
from core.errors import Refused
from core.records import Record
from store import evidence
from store.database import Tx
from store.evidence import digest_of

MOST_BYTES: Final = 64 * 1024 * 1024
DOCUMENT: Final = "evidence.json"


class Finding(Record, frozen=True, kw_only=True, gc=False):
    """One check: what (`proof.<name>`), of which exhibit (0: the pack), and whether it holds; None: it cannot be told here."""

    name: str
    number: int
    holds: bool | None


def document_in(data: bytes) -> tuple[dict[str, Any], dict[str, bytes]]:
    """The document of a pack (.json or .zip) and the files beside it.

    Raises:
        Refused: it is too large, or no evidence pack.
    """
    if len(data) > MOST_BYTES:
        raise Refused(f"larger than {MOST_BYTES // 1024 // 1024} MB: no evidence pack")
    beside: dict[str, bytes] = {}
    if zipfile.is_zipfile(io.BytesIO(data)):
        beside = _unpacked(data)
        data = beside.pop(DOCUMENT, b"")
    try:
        document = msgspec.json.decode(data, type=dict[str, Any])
    except (msgspec.DecodeError, msgspec.ValidationError, RecursionError) as error:
        raise Refused("no evidence pack: give the .json or the .zip that was exported") from error
    if document.get("format") != FORMAT or not isinstance(document.get("exhibits"), list):
        raise Refused("no evidence pack of this version")
    return document, beside


def proofs(tx: Tx, document: dict[str, Any], beside: dict[str, bytes]) -> list[Finding]:
    """Every check of a pack.

    Raises:
        Refused: an exhibit is not as this program writes it.
    """
    here = {piece.mention_id: piece.digest for piece in evidence.of_incident(tx, int(document.get("incident_id", 0)))}
    found = [Finding(name="seal", number=0, holds=document.get("pack_sha256") == seal(document))]
    try:
        for exhibit in document["exhibits"]:
            found += _of_exhibit(exhibit, here.get(exhibit["mention_id"]), beside)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Refused("an exhibit in it is not as this program writes it") from error
    return found


def _of_exhibit(exhibit: dict[str, Any], frozen: str | None, beside: dict[str, bytes]) -> Iterator[Finding]:
    number = int(exhibit["number"])
    if exhibit.get("text") is not None and exhibit.get("salt"):
        title, text, salt = exhibit.get("title") or "", exhibit["text"], bytes.fromhex(exhibit["salt"])
        yield Finding(name="words", number=number, holds=digest_of(exhibit.get("url"), title, text, salt) == exhibit["digest"])
        yield Finding(name="sha256", number=number, holds=sha256_of(title, text) == exhibit.get("sha256"))
    else:
        yield Finding(name="words", number=number, holds=None)
    yield Finding(name="frozen_here", number=number, holds=None if frozen is None else frozen == exhibit["digest"])
    sent = beside.get(f"payloads/{number:02d}.bin")
    if sent is not None:
        yield Finding(name="payload", number=number, holds=hashlib.sha256(sent).hexdigest() == exhibit.get("payload_sha256"))


def _unpacked(data: bytes) -> dict[str, bytes]:
    found, room = {}, MOST_BYTES
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for info in archive.infolist():
                with archive.open(info) as opened:
                    content = opened.read(room + 1)  # never what the header claims: it may be a bomb
                room -= len(content)
                if room < 0:
                    raise Refused("it unpacks to more than an evidence pack holds")
                found[info.filename] = content
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise Refused("this .zip cannot be read") from error
    return found
