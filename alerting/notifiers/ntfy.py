"""The kind `ntfy`: an alert as a push message through ntfy, the public service or a server of one's own.

The API is that of https://docs.ntfy.sh/publish/ ("Publish as JSON", "Attach local file", "Updating notifications", "Limitations"): a JSON object posted to the
server's root; a message of at most 4,096 bytes, a title of 1,024. A sequence id makes of a repeat or an update the same notification on the phone, where the
server knows it (2.16 and later; before, it is a second one). The button opens our own page and sends nothing: an `http` action would have to carry a key in the
clear, through a server and a phone that keep messages. Limits: who knows the topic reads it, so choose one that nobody guesses, or a server with access control;
nobody can answer.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Final, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, SecretStr, model_validator

from alerting.base import Limits, Message, Receipt, fitted
from alerting.buttons import link_label
from alerting.inert import shorten
from alerting.posting import is_fine, post, refused, told
from core.errors import DeliveryFailed
from core.http import Fetcher
from core.records import Severity

MAX_BYTES: Final = 4096
MAX_TITLE: Final = 1024  # bytes
LIMITS = Limits(chars=MAX_BYTES, pictures=True, edits=True)

PRIORITIES: Final[dict[Severity | None, int]] = {"critical": 5, "major": 4, "minor": 3, "watch": 2}
TAGS: Final[dict[Severity | None, str]] = {
    "critical": "rotating_light",
    "major": "warning",
    "minor": "large_orange_diamond",
    "watch": "eyes",
}
_CALM: Final = 3  # of what is no page


def _server(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/") or parts.query or parts.username:
        raise ValueError("write the server's address, such as https://ntfy.sh; the topic goes into `topic`")
    return url.rstrip("/")


def _topic(topic: SecretStr) -> SecretStr:
    if not re.fullmatch(r"[-_A-Za-z0-9]{1,64}", topic.get_secret_value()):
        raise ValueError("a topic is of letters, digits, - and _, at most 64 of them")
    return topic


class Options(BaseModel):
    """`topic` on `server`; `token`, or `username` and `password`, where the server asks for them."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    topic: Annotated[SecretStr, AfterValidator(_topic)]  # on an open server it is as good as a password
    server: Annotated[str, AfterValidator(_server)] = "https://ntfy.sh"
    token: SecretStr | None = None
    username: str | None = None
    password: SecretStr | None = None

    @model_validator(mode="after")
    def _one_login(self) -> Self:
        if (self.username is None) != (self.password is None):
            raise ValueError("username and password come together")
        if self.token is not None and self.username is not None:
            raise ValueError("give a token, or username and password, not both")
        return self


class Notifier:
    """Publishes one alert as one message."""

    def __init__(self, options: Options, *, http: Fetcher, now: Callable[[], datetime]) -> None:
        del now
        self._options = options
        self._place = f"ntfy {urlsplit(options.server).hostname}"
        self._http = http

    async def send(self, message: Message) -> Receipt:
        """Publish it.

        Raises:
            DeliveryFailed: permanent where the server refuses it (4xx but 429); ambiguous after a 5xx or a connection that broke.
        """
        sequence = _sequence(message.idempotency_key)
        receipt = await self._publish(message, sequence)
        if message.picture is None:
            return receipt
        return Receipt(id=receipt.id, detail=receipt.detail + await self._show(message, message.picture), ref=receipt.ref)

    async def edit(self, message: Message, ref: dict[str, Any]) -> Receipt:
        """Publish it under the same sequence id, which replaces the notification on the phone.

        Raises:
            DeliveryFailed: as `send`.
        """
        return await self._publish(message, str(ref.get("sequence", "")))

    async def _publish(self, message: Message, sequence: str) -> Receipt:
        payload = {
            "topic": self._options.topic.get_secret_value(),
            "title": shorten(message.subject, MAX_TITLE, _bytes),
            "message": fitted(message, MAX_BYTES, _bytes),
            "priority": PRIORITIES.get(message.severity, _CALM) if message.kind == "page" else _CALM,
            "tags": [TAGS.get(message.severity, "information_source")] if message.kind == "page" else ["white_check_mark"],
            "sequence_id": sequence,
        }
        if message.link is not None:
            label = link_label(message)
            payload |= {"click": message.link, "actions": [{"action": "view", "label": label, "url": message.link, "clear": False}]}
        answer = await post(self._http, self._options.server, place=self._place, payload=payload, headers=self._login())
        if not is_fine(answer):
            raise refused(self._place, answer.status, wait_s=answer.retry_after_s, says=_error(told(answer)))
        return Receipt(id=str(told(answer).get("id", "")), detail=f"{self._place} took it", ref={"sequence": sequence})

    async def _show(self, message: Message, picture: bytes) -> str:
        """Upload the picture as a message of its own; the page went out already, so a failure is only told."""
        url = f"{self._options.server}/{self._options.topic.get_secret_value()}"
        headers = self._login() | {"filename": "chart.png", "message": _header(message.picture_says or message.subject), "priority": "2"}
        headers["sequence-id"] = f"{_sequence(message.idempotency_key)}p"
        try:
            answer = await post(self._http, url, place=self._place, body=picture, headers=headers, method="PUT")
        except DeliveryFailed as error:
            return f"; without its picture ({error.reason})"
        return "" if is_fine(answer) else f"; without its picture (status {answer.status})"

    def _login(self) -> dict[str, str]:
        options = self._options
        if options.token is not None:
            return {"authorization": f"Bearer {options.token.get_secret_value()}"}
        if options.username is not None and options.password is not None:
            pair = f"{options.username}:{options.password.get_secret_value()}"
            return {"authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
        return {}


def _sequence(key: str) -> str:
    """The name of the notification on the phone: letters and digits, at most 64."""
    return f"t{hashlib.sha256(key.encode()).hexdigest()[:32]}"


def _header(text: str) -> str:
    """A text in a header, as RFC 2047 writes it."""
    line = shorten(" ".join(text.split()), 500, _bytes)
    return f"=?UTF-8?B?{base64.b64encode(line.encode()).decode()}?="


def _error(found: dict[str, Any]) -> str:
    """The server's own number of an error (https://docs.ntfy.sh/publish/), without its words."""
    code = found.get("code")
    return f"error {code}" if isinstance(code, int) else ""


def _bytes(text: str) -> int:
    return len(text.encode())
