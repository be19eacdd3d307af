"""The kind `apprise`: an alert through one of the services behind Apprise (https://github.com/caronc/apprise/wiki), named by one URL.

For the long tail: where Tocsin has a notifier of its own, take that. Apprise answers a failure without its reason, and can call a message
delivered that nobody received (`xmpp://` without encryption), so every failure here is ambiguous and every new channel wants a test that
a human confirms. One URL for one `Apprise` object, so that the result is the URL's own; the text goes as plain text, so that nothing in
it is read as markup; redirects are not followed; `optional=yes`, which turns a failure into a success, is overruled. Apprise opens its own
connections; each is judged as it connects, so a service inside one's own network has to be named in `listener.allow_private_hosts`. Limits: a
text longer than the service takes is shortened with its link kept; a service that asks us to slow down is a plain failure.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import unquote

import apprise
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from alerting.base import Limits, Message, Receipt, fitted
from alerting.inert import inert
from core.durations import Duration
from core.errors import ConfigError, DeliveryFailed
from core.guard import guarded_sockets
from core.http import Fetcher
from core.records import Severity

LIMITS = Limits()

DEFAULT_TIMEOUT = timedelta(seconds=30)
SHORTEST = 80  # characters; a service that takes fewer cannot carry a link
TYPES: dict[Severity | None, apprise.NotifyType] = {
    "critical": apprise.NotifyType.FAILURE,
    "major": apprise.NotifyType.FAILURE,
    "minor": apprise.NotifyType.WARNING,
}
# What Apprise says comes back with each result and is scrubbed there; it must not reach the program's log by a way of its own.
_WORDS = logging.getLogger("apprise")
_WORDS.setLevel(logging.INFO)
_WORDS.propagate = False
_WORDS.addHandler(logging.NullHandler())
logging.getLogger("urllib3").setLevel(logging.CRITICAL)  # it logs paths, and many services take their token in the path
_SECRET_PARTS = re.compile(r"[:/@?&=#,+]+")
_SHORTEST_SECRET = 4


class Options(BaseModel):
    """`url` as Apprise writes it ("tgram://TOKEN/CHAT"); it holds the credentials. `timeout` is for the whole delivery."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    url: SecretStr
    timeout: Duration = Field(default=DEFAULT_TIMEOUT)


class Notifier:
    """Sends one alert through one service, in a thread, since Apprise blocks."""

    def __init__(self, options: Options, *, http: Fetcher, now: Callable[[], datetime]) -> None:
        del now
        self._allow = http.allow
        self._url = options.url
        self._timeout_s = options.timeout.total_seconds()
        if re.match(r"xmpps?:.*[?&]mode=none\b", options.url.get_secret_value(), re.IGNORECASE):
            raise ConfigError("apprise: xmpp without encryption reports success and delivers nothing; leave mode=none out")
        self._name = f"apprise {self._service().service_name}"

    async def send(self, message: Message) -> Receipt:
        """Send it.

        Raises:
            DeliveryFailed: whenever Apprise does not call it a success; always ambiguous, never permanent, but where the address is forbidden.
        """
        try:
            async with asyncio.timeout(self._timeout_s + 1):  # the thread goes on: what it sends may still arrive
                with guarded_sockets(self._allow) as guard:
                    result = await asyncio.to_thread(self._notify, message)
        except TimeoutError:
            raise DeliveryFailed(f"{self._name}: no answer within {self._timeout_s:.0f} s", ambiguous=True) from None
        if guard.refused is not None:
            raise DeliveryFailed(f"{self._name}: the address is not allowed (see listener.allow_private_hosts)", permanent=True)
        said = self._scrubbed(" | ".join(entry.message for entry in result.logs()))
        if result.status is not apprise.AppriseResultStatus.SUCCESS:
            raise DeliveryFailed(f"{self._name}: {result.status.name.lower()}{': ' + said if said else ''}", ambiguous=True)
        return Receipt(detail=f"{self._name}: accepted{': ' + said if said else ''}")

    def _notify(self, message: Message) -> Any:
        """Runs in a thread, with an object of its own: Apprise's objects keep the time of their last message and wait on it."""
        service = self._service()
        one = apprise.Apprise(asset=service.asset)
        one.add(service)
        room = max(SHORTEST, service.body_maxlen - len(message.subject) - 2)
        return one.notify(
            title=message.subject,
            body=fitted(message, room),
            notify_type=TYPES.get(message.severity, apprise.NotifyType.INFO),
            body_format=apprise.NotifyFormat.TEXT,
            interpret_escapes=False,
            timeout=self._timeout_s,
            log_level=logging.INFO,  # at which services say what they accepted
        )

    def _service(self) -> Any:
        asset = apprise.AppriseAsset(
            app_id="Tocsin",
            app_desc="Tocsin",
            http_redirects=False,
            secure_logging=True,
            storage_mode="memory",
            service_timeout=self._timeout_s,
        )
        service = apprise.Apprise.instantiate(self._url.get_secret_value(), asset=asset, suppress_exceptions=True)
        if service is None:
            raise ConfigError("apprise: the url is of no service that Apprise knows, or lacks a part; see its wiki for how to write it")
        service.optional = False
        return service

    def _scrubbed(self, text: str) -> str:
        """One line without any part of the URL that could be a credential, as written or decoded."""
        url = self._url.get_secret_value()
        parts = {part for written in (url, unquote(url)) for part in _SECRET_PARTS.split(written)[1:] if len(part) >= _SHORTEST_SECRET}
        for part in sorted(parts, key=len, reverse=True):
            text = text.replace(part, "***")
        return inert(text, 300)
