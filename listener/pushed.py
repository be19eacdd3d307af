"""Kinds that are pushed to, by `POST /hooks/SOURCE`: what their module may define, and how it says no.

- `receive(headers, body, options, *, source_id, now) -> Page`: judge who sent it, then read it. Raises `WebhookRefused` or `SourceUnreadable`.
- `message_id(headers) -> str`: what tells a message from its repetition, after `receive` was content; the body's hash where there is none.
- `challenge(query, options) -> str`: the answer to a platform's GET that asks whether the address is ours. Raises `WebhookRefused`.
- `TAKEN`: the status that says "taken", where the platform takes no other for success; 202 where there is none.
- `WAITS`: True for a kind that waits for people or programs to come, so that its silence says nothing; a kind that is pushed to and not polled does.
- `POLLED`: True for a kind that is polled too; what is pushed before its first look is asked for again, or its history would look like news.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

from pydantic import BaseModel

from core.errors import TocsinError
from core.http import Fetcher
from listener.base import Now, Page

Receive = Callable[..., Page]
Headers = Mapping[str, str]
Challenge = Callable[[Mapping[str, str], Any], str]
MessageId = Callable[[Headers], str]


class WebhookRefused(TocsinError):
    """A message that was not signed by someone who holds the secret, or not now. The caller answers 401 and stores nothing."""


class PushedCollector:
    """A source that is pushed to, and never asked. Takes what every collector takes, so that the shelf builds all kinds alike."""

    def __init__(self, options: BaseModel, *, source_id: str, http: Fetcher | None = None, now: Now | None = None) -> None:  # noqa: ARG002
        self.options = options
        self.source_id = source_id

    async def listen(self, cursor: str | None) -> AsyncIterator[Page]:  # noqa: ARG002
        """Nothing: the web server hears for such a kind, by its `receive`."""
        return
        yield Page()


def receives(module: object, options: BaseModel) -> bool:
    """Whether a kind with these options takes what is pushed: some need a secret for that, and say so by `is_pushed`."""
    return callable(getattr(module, "receive", None)) and bool(getattr(options, "is_pushed", True))


def waits(module: object) -> bool:
    """Whether a kind waits for others to come: that nothing comes is no sign of anything."""
    is_pushed_alone = callable(getattr(module, "receive", None)) and not getattr(module, "POLLED", False)
    return bool(getattr(module, "WAITS", is_pushed_alone))
