"""A phone rings through each gateway that we know, held to what it documents; what the voice says; and what rings nobody."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from xml.dom.minidom import parseString

import pytest
from aiohttp import web
from msgspec.structs import replace
from pydantic import ValidationError

from alerting.base import Message, Receipt
from alerting.notifiers.voice import LIMITS, Notifier, Options, spoken
from core.errors import DeliveryFailed
from tests.alerting.strict import AT, Strict, only, running, said

MESSAGE = Message(
    kind="page", subject="[KHẨN CẤP] SỰ CỐ #12 Acme: “ấm nổ” hxxps[:]//evil[.]example ＠all", body="B", short="s", language="vi",
    idempotency_key="k" * 64, thread_key="t", incident_id=12, severity="critical",
)  # fmt: skip
SAYS = "Cảnh báo từ Tocsin: khẩn cấp sự cố số 12 acme: ấm nổ all. Mời mở cảnh báo và nhận xử lý ngay."
SID, TOKEN = "AC0123456789abcdef0123456789abcdef", "twilio-auth-token"
VOICES = {"vi-VN": "Google.vi-VN-Standard-A", "en-US": "Polly.Joanna"}


class Twilio(Strict):
    """The call resource: To, From and TwiML of at most 4,000 characters; 201 and a SID."""

    secrets = (TOKEN, SID, "+84901234567")
    begins = "cảnh báo từ tocsin: nghiêm trọng sự cố số 12 acme"

    def __init__(self) -> None:
        super().__init__()
        self.spoken: list[str] = []
        self.status = 201

    @property
    def options(self) -> dict[str, Any]:
        return {"number": "0901234567", "gateway": "twilio", "key": SID, "secret": TOKEN, "sender": "+12025550123", "url": self.url}

    async def answer(self, request: web.Request) -> web.Response:
        assert (request.method, request.path) == ("POST", f"/2010-04-01/Accounts/{SID}/Calls.json")
        assert said(request, "authorization") == "Basic " + base64.b64encode(f"{SID}:{TOKEN}".encode()).decode()
        form = {name: str(value) for name, value in (await request.post()).items()}
        assert set(form) == {"To", "From", "Twiml"}
        assert form["To"] == "+84901234567"
        assert len(form["Twiml"]) <= 4000
        root = parseString(form["Twiml"]).documentElement
        assert root is not None
        assert [verb.nodeName for verb in root.childNodes] == ["Pause", "Say", "Pause", "Say"]
        first, second = root.getElementsByTagName("Say")
        assert first.getAttribute("voice") == VOICES[first.getAttribute("language")], "the default voice speaks no Vietnamese"
        assert first.toxml() == second.toxml(), "it is said twice"
        if self.status == 201:
            self.spoken.append("".join(node.data for node in first.childNodes))
            return web.json_response({"sid": "CA0123", "status": "queued"}, status=201)
        return web.json_response({"code": 21211, "message": "x", "status": 400}, status=self.status)

    def received(self) -> list[dict[str, str]]:
        return [{"subject": text.lower(), "text": ""} for text in self.spoken]

    async def refuse(self) -> None:
        self.status = 400


@asynccontextmanager
async def bench(folder: Path) -> AsyncIterator[Twilio]:
    async with running(Twilio()) as found:
        yield found


async def sent(place: Strict, options: dict[str, Any], message: Message = MESSAGE) -> Receipt:
    return await Notifier(Options.model_validate(options), http=place.http, now=lambda: AT).send(message)


async def test_a_page_rings_and_says_how_grave_what_and_what_to_do(tmp_path: Path) -> None:
    async with bench(tmp_path) as place:
        receipt = await sent(place, place.options)
        await sent(place, place.options | {"voice": "Google.vi-VN-Standard-A"})
        await sent(place, place.options, replace(MESSAGE, language="en"))
    assert (receipt.id, receipt.detail) == ("CA0123", "voice twilio took it (status 201)")
    assert place.spoken[0] == SAYS
    assert place.spoken[2].endswith("Please open the alert and take it now.")


@pytest.mark.parametrize("kind", ["update", "resolved", "digest"])
async def test_what_is_no_page_rings_nobody_and_says_so(tmp_path: Path, kind: Any) -> None:
    async with bench(tmp_path) as place:
        receipt = await sent(place, place.options, replace(MESSAGE, kind=kind))
    assert place.calls == []
    assert receipt.detail.startswith("not called: only a page rings a phone")


async def test_a_test_call_says_that_nothing_has_happened(tmp_path: Path) -> None:
    async with bench(tmp_path) as place:
        await sent(place, place.options, replace(MESSAGE, kind="test"))
    assert place.spoken == ["Đây là cuộc gọi thử của Tocsin, không có sự cố nào. Nghe được câu này là kênh gọi hoạt động."]


def test_a_long_subject_is_cut_and_the_end_is_still_said() -> None:
    said_of = spoken(replace(MESSAGE, subject="ấm nổ " * 200))
    assert len(said_of) < 400
    assert said_of.endswith("nhận xử lý ngay.")


class Stringee(Strict):
    """Stringee's `call2/callout`: a token of HS256 in a header, numbers without plus, two `talk` actions; `r` is 0 for yes."""

    secrets = ("stringee-secret",)

    def __init__(self) -> None:
        super().__init__()
        self.r = 0
        self.texts: list[str] = []

    async def answer(self, request: web.Request) -> web.Response:
        assert (request.method, request.path) == ("POST", "/v1/call2/callout")
        head, claims, signature = said(request, "x-stringee-auth").split(".")
        signed = hmac.new(b"stringee-secret", f"{head}.{claims}".encode(), hashlib.sha256).digest()
        assert base64.urlsafe_b64decode(signature + "==") == signed
        assert _part(head) == {"typ": "JWT", "alg": "HS256", "cty": "stringee-api;v=1"}
        assert _part(claims) == {"jti": _part(claims)["jti"], "iss": "SKkey", "exp": int(AT.timestamp()) + 300, "rest_api": True}
        body = await request.json()
        only(body, "from", "to", "actions")
        assert body["from"] == {"type": "external", "number": "842471081234", "alias": "842471081234"}
        assert body["to"] == [{"type": "external", "number": "84901234567", "alias": "84901234567"}]
        assert [action["action"] for action in body["actions"]] == ["talk", "talk"]
        self.texts.append(body["actions"][0]["text"])
        return web.json_response({"r": self.r, "message": "x", "call_id": "call-vn-1"})


def _part(encoded: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(encoded + "=="))
    return found


async def test_stringee_is_asked_as_it_documents() -> None:
    options = {"number": "0901234567", "gateway": "stringee", "key": "SKkey", "secret": "stringee-secret", "sender": "842471081234"}
    async with running(Stringee()) as place:
        receipt = await sent(place, options | {"url": place.url})
        place.r = 2
        with pytest.raises(DeliveryFailed, match="did not take it: it says 2") as caught:
            await sent(place, options | {"url": place.url})
    assert receipt.id == "call-vn-1"
    assert place.texts[0] == SAYS
    assert not caught.value.permanent


def test_it_says_that_it_wakes_somebody_and_that_nothing_comes_back() -> None:
    assert (LIMITS.rings, LIMITS.answers, LIMITS.edits) == (True, False, False)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({}, "one of the two"),
        ({"gateway": "esms"}, "'twilio' or 'stringee'"),
        ({"gateway": "stringee", "key": "k"}, "needs secret, sender"),
    ],
)
def test_wrong_options_say_how_to_mend_them(options: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        Options.model_validate({"number": "0901234567"} | options)
