"""The kind `sms`: an alert as a text message, through a gateway that is known by name (`alerting/gateways.py`) or described in the configuration.

The line of the alert, its link and its code, in at most `segments` messages (`alerting/gsm.py`); link and code always stand whole. With `fold_diacritics`
Vietnamese goes without marks: what brand names and old phones take, and more than twice as much to a message. Limits: a gateway's yes is no proof that a
phone got it; nothing comes back by it; of the gateways that we know only eSMS has a key against repeats.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Literal, Self

from pydantic import Field, model_validator

from alerting.base import Limits, Message, Receipt
from alerting.gateways import SMS, Gateway, GatewayOptions, check_gateway
from alerting.gsm import UCS_MANY, is_gsm, segments, without_marks
from alerting.inert import shorten
from core.http import Fetcher

MAX_SEGMENTS = 3  # of a single alert, where the channel does not say
LIMITS = Limits(chars=MAX_SEGMENTS * UCS_MANY)


class Options(GatewayOptions):
    """`number`; `gateway` with `key`, `secret` and `sender`, or a `request` of one's own and what means yes (`ok`).

    `fold_diacritics` takes the marks off. `segments`: the most messages that one alert may take.
    """

    gateway: Literal["twilio", "esms", "speedsms"] | None = None
    fold_diacritics: bool = False
    segments: int = Field(default=MAX_SEGMENTS, ge=1, le=10)

    @model_validator(mode="after")
    def _one_gateway(self) -> Self:
        check_gateway(self, SMS)
        return self


class Notifier:
    """Sends one alert as one text message."""

    def __init__(self, options: Options, *, http: Fetcher, now: Callable[[], datetime]) -> None:
        self._gateway = Gateway("sms", options, SMS, http=http, now=now)
        self._segments = options.segments
        self._fold = options.fold_diacritics

    async def send(self, message: Message) -> Receipt:
        """Hand it to the gateway.

        Raises:
            DeliveryFailed: permanent where the gateway says that this can never go; ambiguous after a 5xx or a connection that broke.
        """
        text = fitted(message, self._segments, fold=self._fold)
        return await self._gateway.hand_over(message, {"text": text, "unicode": "0" if is_gsm(text) else "1"})


def fitted(message: Message, most: int, *, fold: bool) -> str:
    """The alert's line in at most so many segments, link and code whole; where not even those fit, the link goes and the code stays."""

    def written(text: str) -> str:
        return without_marks(text) if fold else text.replace("…", "...")  # the one character would halve what a message holds

    whole = " ".join(filter(None, (message.link, message.ack_code)))
    end = whole if segments(whole) <= most else message.ack_code
    line = message.short.removesuffix(whole).rstrip()
    cut = shorten(line, most, lambda text: segments(f"{written(text)} {end}"))
    return f"{written(cut)} {end}".strip()
