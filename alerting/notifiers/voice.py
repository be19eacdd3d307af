"""The kind `voice`: a phone rings, and a voice says what it is about, through a gateway known by name (`alerting/gateways.py`) or described.

What is said: that this is an alert, how grave, which incident of which topic, and to open the alert and take it; twice, with a pause. Only pages and tests
ring; news of an incident that somebody has in hand, or that is closed, wakes nobody. Limits: nobody can take an incident by pressing a key, for that a gateway
would have to reach us; a gateway's yes is no proof that somebody picked up.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Final, Literal, Self

from pydantic import Field, model_validator

from alerting.base import Limits, Message, Receipt
from alerting.gateways import CALLS, Gateway, GatewayOptions, check_gateway
from alerting.inert import shorten
from core.http import Fetcher
from core.messages import translator

MAX_SAID: Final = 300  # characters of what it is about; some twenty seconds
LIMITS = Limits(chars=MAX_SAID, rings=True)

_LOCALES: Final = {"vi": "vi-VN", "en": "en-US"}
_DEAD_LINK: Final = re.compile(r"\S*(?:hxxp|\[[:.]\])\S*")
_NUMBER: Final = re.compile(r"#(?=[0-9])")
_UNSAID: Final = re.compile(r"[^\w\s.,:;?!%+/-]+")
_BLANKS: Final = re.compile(r"\s+")


class Options(GatewayOptions):
    """`number`; `gateway` with `key`, `secret` and `sender` (the number that calls), or a `request` of one's own and what means yes (`ok`).

    `voice`: who reads, as the gateway names it; one that speaks the person's language unless given.
    """

    gateway: Literal["twilio", "stringee"] | None = None
    voice: str = Field(default="", max_length=60)

    @model_validator(mode="after")
    def _one_gateway(self) -> Self:
        check_gateway(self, CALLS)
        return self


class Notifier:
    """Rings a phone for one alert."""

    def __init__(self, options: Options, *, http: Fetcher, now: Callable[[], datetime]) -> None:
        self._gateway = Gateway("voice", options, CALLS, http=http, now=now)
        self._voice = options.voice

    async def send(self, message: Message) -> Receipt:
        """Ask the gateway to call.

        Raises:
            DeliveryFailed: permanent where the gateway says that this can never go; ambiguous after a 5xx or a connection that broke.
        """
        if message.kind not in ("page", "test"):
            return Receipt(detail=f"not called: only a page rings a phone, this is of kind {message.kind}")
        text = spoken(message)
        told = {"text": text, "locale": _LOCALES.get(message.language, "en-US"), "voice": self._voice, "unicode": "1"}
        return await self._gateway.hand_over(message, told)


def spoken(message: Message) -> str:
    """What the voice says, once: no sign or dead link that it would spell out, and nothing in capitals, which voices spell letter by letter."""
    say = translator(message.language)
    about = _NUMBER.sub(say("voice.number") + " ", _DEAD_LINK.sub(" ", message.subject))
    about = _BLANKS.sub(" ", _UNSAID.sub(" ", about)).strip().lower()
    return say(f"voice.{message.kind}", about=shorten(about, MAX_SAID))
