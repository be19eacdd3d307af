"""A text message through each gateway that we know, held to what the gateway documents, and through one that an operator describes."""

from __future__ import annotations

import base64
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from msgspec.structs import replace
from pydantic import ValidationError

from alerting.base import Message, Receipt
from alerting.gsm import is_gsm, segments
from alerting.notifiers.sms import Notifier, Options, fitted
from core.errors import DeliveryFailed
from tests.alerting.strict import AT, Strict, only, running, said

LINK = "http://127.0.0.1:8765/i/abc.def"
LINE = "[NGHIÊM TRỌNG] SỰ CỐ #12 Acme: ấm nổ"
MESSAGE = Message(
    kind="page", subject=LINE, body="B", short=f"{LINE} {LINK} K7P2", language="vi", idempotency_key="0123456789abcdef" * 4, thread_key="t",
    link=LINK, ack_code="K7P2", incident_id=12, severity="major",
)  # fmt: skip
SID, TOKEN = "AC0123456789abcdef0123456789abcdef", "twilio-auth-token"


class Twilio(Strict):
    """The message resource: a form with To, From and Body; basic authentication; 201 and a SID."""

    secrets = (TOKEN, SID, "+84901234567")

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[dict[str, str]] = []
        self.status, self.says = 201, {}

    @property
    def options(self) -> dict[str, Any]:
        return {"number": "0901 234 567", "gateway": "twilio", "key": SID, "secret": TOKEN, "sender": "+12025550123", "url": self.url}

    async def answer(self, request: web.Request) -> web.Response:
        assert (request.method, request.path) == ("POST", f"/2010-04-01/Accounts/{SID}/Messages.json")
        assert said(request, "authorization") == "Basic " + base64.b64encode(f"{SID}:{TOKEN}".encode()).decode()
        assert request.content_type == "application/x-www-form-urlencoded"
        form = {name: str(value) for name, value in (await request.post()).items()}
        only(form, "To", "From", "MessagingServiceSid", "Body")
        assert ("From" in form) != ("MessagingServiceSid" in form)
        assert re.fullmatch(r"\+[1-9]\d{6,14}", form["To"])
        assert 0 < len(form["Body"]) <= 1600
        if self.status == 201:
            self.forms.append(form)
            return web.json_response({"sid": "SM0123456789abcdef", "status": "queued", "to": form["To"]}, status=201)
        return web.json_response(self.says, status=self.status)

    def received(self) -> list[dict[str, str]]:
        return [{"subject": form["Body"].replace(LINK_OF_SUITE, ""), "text": "", "whole": form["Body"]} for form in self.forms]

    async def refuse(self) -> None:
        self.status, self.says = 400, {"code": 21211, "message": "The 'To' number +84901234567 is not a valid phone number.", "status": 400}


LINK_OF_SUITE = "http://127.0.0.1:8765/i/WyJhYmMi.sig-nature"


@asynccontextmanager
async def bench(folder: Path) -> AsyncIterator[Twilio]:
    async with running(Twilio()) as found:
        yield found


async def sent(place: Strict, options: dict[str, Any], message: Message = MESSAGE) -> Receipt:
    return await Notifier(Options.model_validate(options), http=place.http, now=lambda: AT).send(message)


async def test_twilio_takes_it_and_gives_its_id(tmp_path: Path) -> None:
    async with bench(tmp_path) as place:
        receipt = await sent(place, place.options)
        await sent(place, place.options | {"sender": "MG0123456789abcdef"})
    assert receipt == Receipt(id="SM0123456789abcdef", detail="sms twilio took it (status 201)", ref={"id": "SM0123456789abcdef"})
    assert place.forms[0] == {"To": "+84901234567", "From": "+12025550123", "Body": MESSAGE.short}
    assert place.forms[1]["MessagingServiceSid"] == "MG0123456789abcdef"


@pytest.mark.parametrize(
    ("status", "code", "permanent", "ambiguous", "says"),
    [
        (400, 21211, True, False, "status 400: the number is no valid one"),
        (401, 20003, True, False, "status 401: the account or its token is wrong"),
        (400, 99999, True, False, "status 400: it says 99999"),
        (429, 20429, False, False, "status 429: too many requests"),
        (503, 20500, False, True, "status 503"),
    ],
)
async def test_twilio_says_why_not(tmp_path: Path, status: int, code: int, permanent: bool, ambiguous: bool, says: str) -> None:
    async with bench(tmp_path) as place:
        place.status, place.says = status, {"code": code, "message": "+84901234567", "status": status}
        with pytest.raises(DeliveryFailed, match=says) as caught:
            await sent(place, place.options)
    assert (caught.value.permanent, caught.value.ambiguous) == (permanent, ambiguous)
    assert "+8490" not in str(caught.value)


class Esms(Strict):
    """eSMS's `SendMultipleMessage_V4_post_json`: 200 whatever happens, `CodeResult` says what did."""

    def __init__(self) -> None:
        super().__init__()
        self.result = "100"
        self.bodies: list[dict[str, Any]] = []

    async def answer(self, request: web.Request) -> web.Response:
        assert (request.method, request.path) == ("POST", "/MainService.svc/json/SendMultipleMessage_V4_post_json/")
        body = await request.json()
        only(
            body,
            "ApiKey",
            "SecretKey",
            "Phone",
            "Content",
            "Brandname",
            "SmsType",
            "IsUnicode",
            "Sandbox",
            "RequestId",
            "campaignid",
            "CallbackUrl",
        )
        assert body["SmsType"] == ("2" if body.get("Brandname") else "8")
        assert body["IsUnicode"] == ("0" if is_gsm(body["Content"]) else "1"), "letters with marks are lost otherwise"
        assert re.fullmatch(r"0\d{9}", body["Phone"])
        self.bodies.append(body)
        return web.json_response({"CodeResult": self.result, "CountRegenerate": 0, "SMSID": "d5334", "ErrorMessage": "x"})


async def test_esms_is_asked_as_it_documents_with_and_without_marks() -> None:
    options = {"number": "+84901234567", "gateway": "esms", "key": "api-key", "secret": "secret-key"}
    async with running(Esms()) as place:
        receipt = await sent(place, options | {"url": place.url, "sender": "ACME", "fold_diacritics": True})
        await sent(place, options | {"url": place.url})
    assert receipt.id == "d5334"
    assert place.bodies[0] == {
        "ApiKey": "api-key", "SecretKey": "secret-key", "Phone": "0901234567", "Content": f"[NGHIEM TRONG] SU CO #12 Acme: am no {LINK} K7P2",
        "SmsType": "2", "Brandname": "ACME", "IsUnicode": "0", "Sandbox": "0", "RequestId": MESSAGE.idempotency_key[:32],
    }  # fmt: skip
    assert place.bodies[1]["Content"] == MESSAGE.short


@pytest.mark.parametrize(
    ("result", "permanent", "ambiguous", "says"),
    [
        ("101", True, False, "ApiKey or SecretKey is wrong"),
        ("103", False, False, "not enough money"),
        ("124", True, True, "it had this message already"),
        ("9999", False, False, "it says 9999"),
    ],
)
async def test_esms_says_why_not(result: str, permanent: bool, ambiguous: bool, says: str) -> None:
    async with running(Esms()) as place:
        place.result = result
        with pytest.raises(DeliveryFailed, match=says) as caught:
            await sent(place, {"number": "0901234567", "gateway": "esms", "key": "k", "secret": "s", "url": place.url})
    assert (caught.value.permanent, caught.value.ambiguous) == (permanent, ambiguous)


class SpeedSms(Strict):
    """SpeedSMS's `/sms/send`: the token as a user name, `to` a list, `status` success or error."""

    def __init__(self) -> None:
        super().__init__()
        self.says: dict[str, Any] = {"status": "success", "code": "00", "data": {"tranId": 123456, "totalSMS": 1, "invalidPhone": []}}
        self.bodies: list[dict[str, Any]] = []

    async def answer(self, request: web.Request) -> web.Response:
        assert (request.method, request.path) == ("POST", "/index.php/sms/send")
        assert said(request, "authorization") == "Basic " + base64.b64encode(b"access-token:x").decode()
        body = await request.json()
        only(body, "to", "content", "sms_type", "sender")
        assert body["sms_type"] in (2, 3, 4, 5)
        self.bodies.append(body)
        return web.json_response(self.says)


async def test_speedsms_is_asked_as_it_documents() -> None:
    options = {"number": "+84901234567", "gateway": "speedsms", "key": "access-token"}
    async with running(SpeedSms()) as place:
        receipt = await sent(place, options | {"url": place.url})
        await sent(place, options | {"url": place.url, "sender": "ACME"})
    assert receipt.id == "123456"
    assert place.bodies[0] == {"to": ["84901234567"], "content": MESSAGE.short, "sms_type": 2, "sender": ""}
    assert (place.bodies[1]["sms_type"], place.bodies[1]["sender"]) == (3, "ACME")


@pytest.mark.parametrize(
    ("says", "permanent", "why"),
    [
        ({"status": "error", "code": "105", "message": "x"}, True, "the number is no valid one"),
        ({"status": "error", "code": "300", "message": "x"}, False, "not enough money"),
        ({"status": "success", "code": "00", "data": {"tranId": 1, "invalidPhone": ["84901234567"]}}, True, "did not take the number"),
    ],
)
async def test_speedsms_says_why_not(says: dict[str, Any], permanent: bool, why: str) -> None:
    async with running(SpeedSms()) as place:
        place.says = says
        with pytest.raises(DeliveryFailed, match=why) as caught:
            await sent(place, {"number": "0901234567", "gateway": "speedsms", "key": "access-token", "url": place.url})
    assert caught.value.permanent is permanent


class Modem(Strict):
    """A GSM modem behind a small HTTP server of one's own."""

    async def answer(self, request: web.Request) -> web.Response:
        assert dict(request.query) == {"to": "0901234567", "m": MESSAGE.short}
        assert said(request, "x-key") == "modem-key"
        return web.json_response({"queue": [{"state": "ok", "nr": 7}]})


async def test_a_gateway_of_ones_own_is_described_in_the_configuration() -> None:
    async with running(Modem()) as place:
        described = {"method": "GET", "url": f"{place.url}/send?to={{local}}&m={{text}}", "headers": {"X-Key": "modem-key"}}
        options = {"number": "0901234567", "request": described, "ok": {"pointer": "/queue/0/state", "equals": ["ok"], "id": "/queue/0/nr"}}
        assert (await sent(place, options)).id == "7"
    assert "modem-key" not in repr(Options.model_validate(options))


def test_link_and_code_stand_whole_in_as_many_messages_as_are_allowed() -> None:
    long = replace(MESSAGE, short=f"{LINE} {'ấm nổ ở Quận 1, ' * 40}{LINK} K7P2")
    for most in (1, 2, 3, 5):
        for fold in (False, True):
            text = fitted(long, most, fold=fold)
            assert segments(text) <= most
            assert text.endswith(f"{LINK} K7P2")
    assert len(fitted(long, 3, fold=True)) > 2 * len(fitted(long, 3, fold=False)) - 10


def test_where_the_link_does_not_fit_the_code_still_does() -> None:
    link = f"https://tocsin.example/i/{'x' * 150}"
    text = fitted(replace(MESSAGE, link=link, short=f"{LINE} {link} K7P2"), 1, fold=False)
    assert (segments(text), text.endswith(" K7P2"), link in text) == (1, True, False)


def test_english_is_not_made_longer_by_a_single_character() -> None:
    text = fitted(replace(MESSAGE, short=f"{'kettle on fire ' * 40}{LINK} K7P2"), 2, fold=False)
    assert is_gsm(text)
    assert len(text) > 290


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({}, "one of the two"),
        ({"gateway": "twilio", "key": "k", "secret": "s"}, "twilio needs sender"),
        ({"gateway": "esms", "key": "k"}, "esms needs secret"),
        ({"gateway": "stringee", "key": "k", "secret": "s", "sender": "1"}, "'twilio', 'esms' or 'speedsms'"),
        ({"gateway": "speedsms", "key": "k", "request": {"url": "https://a.example/{to}/{text}"}}, "one of the two"),
    ],
)
def test_wrong_options_say_how_to_mend_them(options: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        Options.model_validate({"number": "0901234567"} | options)
