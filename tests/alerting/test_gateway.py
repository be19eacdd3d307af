"""A gateway as the operator describes it: fields that cannot break out, and answers that mean what they say."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs
from xml.dom.minidom import parseString

import pytest
from aiohttp import web
from pydantic import SecretStr, ValidationError

from alerting.gateway import RequestSettings, Yes, YesSettings, ask, filled, numbers
from alerting.notifiers.sms import Options
from core.errors import DeliveryFailed
from tests.alerting.strict import Strict, running

EVIL = "\"}],'&to=+1900<x>{code}{to}\\n\r\nx: y ấm"
FIELDS = {**numbers("+84901234567"), "text": EVIL, "code": "K7P2", "link": "http://a.example/i/x", "key": "k1", "unicode": "1"}


def request(**given: Any) -> RequestSettings:
    return RequestSettings.model_validate({"url": "https://gw.example/send"} | given)


def test_no_value_breaks_out_of_a_mapping_sent_as_json() -> None:
    call = filled(request(body={"to": ["{digits}"], "deep": {"say": "<{text}>", "n": 3, "flag": True}, "{to}": "x"}), FIELDS)
    assert json.loads(call.body or b"") == {"to": ["84901234567"], "deep": {"say": f"<{EVIL}>", "n": 3, "flag": True}, "{to}": "x"}
    assert call.headers == {"content-type": "application/json"}


def test_no_value_breaks_out_of_a_form() -> None:
    call = filled(request(headers={"Content-Type": "application/x-www-form-urlencoded"}, body={"phone": "{local}", "m": "{text}"}), FIELDS)
    assert parse_qs((call.body or b"").decode(), strict_parsing=True) == {"phone": ["0901234567"], "m": [EVIL]}


def test_no_value_breaks_out_of_a_text_of_xml_json_or_a_form() -> None:
    xml = filled(request(headers={"content-type": "text/xml; charset=utf-8"}, body='<sms to="{to}"><m>{text}</m></sms>'), FIELDS)
    tree = parseString((xml.body or b"").decode()).documentElement  # our own words, not a stranger's document
    assert tree is not None
    assert [child.nodeName for child in tree.childNodes] == ["m"]
    told = json.loads(filled(request(body='{"a": "{text}", "b": "{to}"}'), FIELDS).body or b"")
    assert told == {"a": EVIL, "b": "+84901234567"}
    form = filled(request(headers={"content-type": "application/x-www-form-urlencoded"}, body="to={to}&m={text}"), FIELDS)
    assert parse_qs((form.body or b"").decode()) == {"to": ["+84901234567"], "m": [EVIL]}


def test_no_value_breaks_out_of_an_address_or_a_header() -> None:
    call = filled(request(method="GET", url="https://gw.example/send?to={to}&m={text}", headers={"X-Key": "a{key}\r\nb"}), FIELDS)
    assert call.url.startswith("https://gw.example/send?to=%2B84901234567&m=%22%7D%5D")
    assert " " not in call.url
    assert parse_qs(call.url.partition("?")[2], strict_parsing=True)["m"] == [EVIL]
    assert call.headers == {"x-key": "ak1b"}
    assert call.body is None


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"body": {"m": "{text}"}}, "whom and what"),
        ({"body": {"to": "{to}"}}, "whom and what"),
        ({"body": {"to": "{to}", "m": "{text} {secret}"}}, "unknown field {secret}"),
        ({"url": "ftp://gw.example/{to}", "body": {"m": "{text}"}}, "begins with http"),
        ({"url": "https://{to}.example/", "body": {"m": "{text}"}}, "no field in its host"),
        ({"headers": {"x": "{text}"}, "body": {"m": "{text}{to}"}}, "no {text} in it"),
        ({"headers": {"content-type": "application/yaml"}, "body": "{to}: {text}"}, "safely"),
        ({"headers": {"content-type": "text/xml"}, "body": {"to": "{to}", "m": "{text}"}}, "a mapping goes out as"),
    ],
)
def test_a_request_that_cannot_work_is_refused_at_the_start(given: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        request(**given)


@pytest.mark.parametrize(
    ("written", "means"),
    [
        ("+84 901 234 567", "+84901234567"),
        ("0901.234.567", "+84901234567"),
        ("(028) 3822-1234", "+842838221234"),
        ("+12025550123", "+12025550123"),
    ],
)
def test_a_number_is_read_as_people_write_it(written: str, means: str) -> None:
    options = Options.model_validate({"number": written, "gateway": "speedsms", "key": "k"})
    assert options.number == SecretStr(means)
    assert "901" not in repr(options)


@pytest.mark.parametrize("written", ["84911222333", "0911", "+0911222333", "lan", "+84911222333;+8490"])
def test_a_number_that_cannot_be_read_says_how_to_write_it(written: str) -> None:
    with pytest.raises(ValidationError, match=r"\+84901234567") as caught:
        Options.model_validate({"number": written, "gateway": "speedsms", "key": "k"})
    assert written not in str(caught.value)


def test_a_pointer_without_values_is_no_condition() -> None:
    with pytest.raises(ValidationError, match="come together"):
        YesSettings.model_validate({"pointer": "/code"})


class Answers(Strict):
    """A gateway that answers as it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.says: Any = {}
        self.status = 200

    async def answer(self, request: web.Request) -> web.Response:
        return web.json_response(self.says, status=self.status)


@pytest.mark.parametrize(
    ("status", "says", "permanent", "ambiguous", "told"),
    [
        (200, {"r": 0}, None, None, ""),
        (200, {"r": 1}, False, False, "did not take it: it says 1"),
        (200, {"r": 7}, True, False, "did not take it: no such number"),
        (200, {"r": 9}, True, True, "had it already"),
        (200, [], False, False, "its answer says no"),
        (404, {"r": 1}, True, False, "status 404"),
        (429, {}, False, False, "status 429"),
        (500, {"r": 7}, True, True, "status 500"),
        (200, {"r": 0, "bad": ["84901"]}, True, False, "did not take the number"),
    ],
)
async def test_an_answer_means_what_the_condition_says(
    status: int, says: Any, permanent: bool | None, ambiguous: bool | None, told: str
) -> None:
    yes = Yes(
        pointer="/r",
        equals=("0",),
        refused=("7",),
        uncertain=("9",),
        reasons={"7": "no such number", "9": "had it already"},
        none_at="/bad",
    )
    async with running(Answers()) as place:
        place.status, place.says = status, says
        call = filled(request(url=place.url, body={"to": "{to}", "m": "{text}"}), FIELDS)
        if permanent is None:
            assert (await ask(place.http, call, yes, place="sms gw")).detail == "sms gw took it (status 200)"
            return
        with pytest.raises(DeliveryFailed, match=told) as caught:
            await ask(place.http, call, yes, place="sms gw")
    assert (caught.value.permanent, caught.value.ambiguous) == (permanent, ambiguous)
