"""The gateways that we know by name: Twilio (text messages, calls), eSMS.vn and SpeedSMS.vn (text messages), Stringee (calls).

After their own pages, read in November 2026: https://www.twilio.com/docs/messaging/api/message-resource, .../docs/voice/api/call-resource and
.../docs/voice/twiml/say; https://developers.esms.vn/en/esms-api/send-sms-api/send-otp-customer-care-message and .../table-of-error-codes;
https://speedsms.vn/sms-api/; https://developer.stringee.com/docs/rest-api-reference/call-rest-api-make-outbound-call and .../docs/make-outbound-call.
That a gateway took a message does not say that a phone got it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import quote, urlencode, urlsplit
from xml.sax.saxutils import escape, quoteattr

import msgspec
from pydantic import Field, SecretStr

from alerting.base import Message, Receipt
from alerting.gateway import FORM, Call, Phone, RequestSettings, Section, Yes, YesSettings, ask, filled, numbers
from core.http import Fetcher
from core.records import Record

STRINGEE_LIVES: Final = timedelta(minutes=5)  # of the token that a call carries
TWICE_APART_S: Final = 2
_JSON: Final = {"content-type": "application/json"}


class Account(Record, frozen=True, kw_only=True, gc=False):
    """Whose account it is, in the gateway's own terms. Holds secrets.

    `key`: Twilio's account SID, eSMS's ApiKey, SpeedSMS's access token, Stringee's API key SID. `secret`: Twilio's auth token, eSMS's SecretKey, Stringee's
    API key secret. `sender`: a number, a messaging service of Twilio (MG...) or a brand name.
    """

    base: str
    key: str
    secret: str = ""
    sender: str = ""


class Preset(Record, frozen=True, kw_only=True, gc=False):
    """A gateway: where it is, what it needs, how to ask it, and how it says yes."""

    base: str
    needs: tuple[str, ...]
    call: Callable[[Account, Mapping[str, str], datetime], Call]
    yes: Yes


class GatewayOptions(Section):
    """A number, and the gateway on the way to it: `gateway` with `key`, `secret`, `sender`, or a `request` of one's own with what means yes (`ok`).

    `url` is another address of the same API. A kind adds which gateways it knows.
    """

    number: Phone
    gateway: str | None = None
    key: SecretStr | None = None
    secret: SecretStr | None = None
    sender: str = Field(default="", max_length=40)
    url: SecretStr | None = None
    request: RequestSettings | None = None
    ok: YesSettings = YesSettings()


class Gateway:
    """The way to one number.

    Args:
        kind: of the channel, for errors.
        options: of the channel.
        presets: the gateways that the kind knows.

    Raises:
        ValueError: no gateway, two, or one that lacks something.
    """

    def __init__(
        self, kind: str, options: GatewayOptions, presets: Mapping[str, Preset], *, http: Fetcher, now: Callable[[], datetime]
    ) -> None:
        check_gateway(options, presets)
        self._options = options
        self._preset = None if options.gateway is None else presets[options.gateway]
        host = options.gateway if options.request is None else urlsplit(options.request.url.get_secret_value()).hostname
        self._place = f"{kind} {host}"
        self._http = http
        self._now = now

    async def hand_over(self, message: Message, fields: Mapping[str, str]) -> Receipt:
        """Ask the gateway to carry it: `fields` has at least text and unicode, of a call locale and voice.

        Raises:
            DeliveryFailed: it did not take it, or may not have.
        """
        options = self._options
        told = {"code": message.ack_code, "link": message.link or "", "key": message.idempotency_key[:32]}
        told |= numbers(options.number.get_secret_value()) | dict(fields)
        if self._preset is None and options.request is not None:
            return await ask(self._http, filled(options.request, told), Yes(**options.ok.model_dump()), place=self._place)
        assert self._preset is not None
        call = self._preset.call(_account(options, self._preset), told, self._now())
        return await ask(self._http, call, self._preset.yes, place=self._place)


def check_gateway(options: GatewayOptions, presets: Mapping[str, Preset]) -> None:
    """Raise `ValueError` unless one gateway, and only one, is named or described with all that it needs."""
    if (options.gateway is None) == (options.request is None):
        raise ValueError("name a gateway, or describe one by `request`; one of the two")
    if options.gateway is None:
        return
    if missing := [need for need in presets[options.gateway].needs if not getattr(options, need)]:
        raise ValueError(f"{options.gateway} needs {', '.join(missing)}")


def _account(options: GatewayOptions, preset: Preset) -> Account:
    url, key, secret = ("" if one is None else one.get_secret_value() for one in (options.url, options.key, options.secret))
    return Account(base=(url or preset.base).rstrip("/"), key=key, secret=secret, sender=options.sender)


def _twilio_sms(account: Account, fields: Mapping[str, str], now: datetime) -> Call:
    del now
    sender = {"MessagingServiceSid" if account.sender.startswith("MG") else "From": account.sender}
    return _twilio(account, "Messages", {"To": fields["to"], **sender, "Body": fields["text"]})


def _twilio_call(account: Account, fields: Mapping[str, str], now: datetime) -> Call:
    del now
    say = f"<Say language={quoteattr(fields['locale'])} voice={quoteattr(fields['voice'] or VOICES[fields['locale']])}>{escape(fields['text'])}</Say>"
    spoken = f'<Response><Pause length="1"/>{say}<Pause length="{TWICE_APART_S}"/>{say}</Response>'
    return _twilio(account, "Calls", {"To": fields["to"], "From": account.sender, "Twiml": spoken})


def _twilio(account: Account, what: str, form: dict[str, str]) -> Call:
    return Call(
        url=f"{account.base}/2010-04-01/Accounts/{quote(account.key, safe='')}/{what}.json",
        headers={"content-type": FORM, "authorization": _basic(account.key, account.secret)},
        body=urlencode(form).encode(),
    )


def _esms(account: Account, fields: Mapping[str, str], now: datetime) -> Call:
    del now
    brand = {"SmsType": "2", "Brandname": account.sender} if account.sender else {"SmsType": "8"}
    body = {"ApiKey": account.key, "SecretKey": account.secret, "Phone": fields["local"], "Content": fields["text"], **brand}
    body |= {"IsUnicode": fields["unicode"], "Sandbox": "0", "RequestId": fields["key"]}
    return Call(url=f"{account.base}/MainService.svc/json/SendMultipleMessage_V4_post_json/", headers=_JSON, body=msgspec.json.encode(body))


def _speedsms(account: Account, fields: Mapping[str, str], now: datetime) -> Call:
    del now
    body = {"to": [fields["digits"]], "content": fields["text"], "sms_type": 3 if account.sender else 2, "sender": account.sender}
    return Call(
        url=f"{account.base}/index.php/sms/send",
        headers=_JSON | {"authorization": _basic(account.key, "x")},
        body=msgspec.json.encode(body),
    )


def _stringee(account: Account, fields: Mapping[str, str], now: datetime) -> Call:
    talk = {"action": "talk", "text": fields["text"]} | ({"voice": fields["voice"]} if fields["voice"] else {})
    ours, theirs = (
        {"type": "external", "number": number, "alias": number} for number in (account.sender.removeprefix("+"), fields["digits"])
    )
    return Call(
        url=f"{account.base}/v1/call2/callout",
        headers=_JSON | {"accept": "application/json", "x-stringee-auth": _stringee_token(account, now)},
        body=msgspec.json.encode({"from": ours, "to": [theirs], "actions": [talk, talk]}),
    )


def _stringee_token(account: Account, now: datetime) -> str:
    """A JSON web token of HS256 that says who calls; it lives for some minutes."""
    head = {"typ": "JWT", "alg": "HS256", "cty": "stringee-api;v=1"}
    claims = {
        "jti": f"{account.key}-{int(now.timestamp() * 1000)}", "iss": account.key, "exp": int((now + STRINGEE_LIVES).timestamp()), "rest_api": True,
    }  # fmt: skip
    said = b".".join(_base64(msgspec.json.encode(part)) for part in (head, claims))
    return (said + b"." + _base64(hmac.new(account.secret.encode(), said, hashlib.sha256).digest())).decode()


def _base64(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def _basic(name: str, password: str) -> str:
    return f"Basic {base64.b64encode(f'{name}:{password}'.encode()).decode()}"


VOICES: Final = {"vi-VN": "Google.vi-VN-Standard-A", "en-US": "Polly.Joanna"}
_TWILIO_YES: Final = Yes(
    status=(200, 201),
    id="/sid",
    code="/code",
    reasons={
        "20003": "the account or its token is wrong", "20429": "too many requests", "21211": "the number is no valid one",
        "21608": "a trial account sends only to numbers that were verified", "21610": "this number has unsubscribed", "21614": "no mobile number",
        "21408": "the account may not send to this country",
    },
)  # fmt: skip
_ESMS_YES: Final = Yes(
    pointer="/CodeResult",
    equals=("100",),
    refused=("99", "101", "104", "108", "118", "140", "146", "177"),
    uncertain=("124",),
    id="/SMSID",
    reasons={
        "99": "the number is blocked", "101": "ApiKey or SecretKey is wrong", "103": "not enough money in the account", "104": "no such brand name",
        "108": "the number is no valid one", "118": "this type of message is not supported", "124": "it had this message already",
        "140": "our address is not on its list", "146": "the text follows no template registered for this brand name",
        "177": "the brand name is not registered with this network",
    },
)  # fmt: skip
_SPEEDSMS_YES: Final = Yes(
    pointer="/status",
    equals=("success",),
    code="/code",
    refused=("007", "008", "009", "101", "105", "110", "113"),
    id="/data/tranId",
    none_at="/data/invalidPhone",
    reasons={
        "007": "our address is locked", "008": "the account is blocked", "009": "the account may not use the API", "101": "a parameter is wrong",
        "105": "the number is no valid one", "110": "letters of this text are not supported; set fold_diacritics", "113": "the text is too long",
        "300": "not enough money in the account", "500": "its own error",
    },
)  # fmt: skip
_STRINGEE_YES: Final = Yes(pointer="/r", equals=("0",), id="/call_id")

SMS: Final = {
    "twilio": Preset(base="https://api.twilio.com", needs=("key", "secret", "sender"), call=_twilio_sms, yes=_TWILIO_YES),
    "esms": Preset(base="https://rest.esms.vn", needs=("key", "secret"), call=_esms, yes=_ESMS_YES),
    "speedsms": Preset(base="https://api.speedsms.vn", needs=("key",), call=_speedsms, yes=_SPEEDSMS_YES),
}
CALLS: Final = {
    "twilio": Preset(base="https://api.twilio.com", needs=("key", "secret", "sender"), call=_twilio_call, yes=_TWILIO_YES),
    "stringee": Preset(base="https://api.stringee.com", needs=("key", "secret", "sender"), call=_stringee, yes=_STRINGEE_YES),
}
