"""The kind `teams`: an alert as an Adaptive Card in a channel or chat of Microsoft Teams, through a flow of the app Workflows (Power Automate).

The flow is made from the template "Post to a channel when a webhook request is received" and takes a message with a
card as its attachment (https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using). The card is of version 1.4; its
text stands in text runs, in which nothing is Markdown (https://learn.microsoft.com/adaptive-cards/schema-explorer/text-run). Limits: 28 KB a message
(https://learn.microsoft.com/connectors/teams/); 202 says only that the flow began, so have a test confirmed; nothing can be edited or answered; no chart.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

import msgspec
from pydantic import AfterValidator, BaseModel, ConfigDict, SecretStr

from alerting.base import Limits, Message, Receipt, fitted
from alerting.buttons import link_label
from alerting.posting import is_fine, post, refused
from core.http import Fetcher
from core.records import Severity

ROOM: Final = 24_000  # bytes of the 28,000 of a message that the lines of the text may take, with all around them
LIMITS = Limits(chars=ROOM)

COLOURS: Final[dict[Severity | None, str]] = {"critical": "Attention", "major": "Warning", "minor": "Accent"}
_CARD: Final = "application/vnd.microsoft.card.adaptive"
_LINE: Final = 90  # bytes of a block and its run beside the text
_SCHEMA: Final = "http://adaptivecards.io/schemas/adaptive-card.json"


def _https_url(url: SecretStr) -> SecretStr:
    parts = urlsplit(url.get_secret_value())
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("write the whole address that the flow shows, beginning with https://")
    if parts.hostname.endswith(".webhook.office.com"):
        raise ValueError("this is an address of the old connectors, which Microsoft has retired; make a flow in the app Workflows")
    return url


class Options(BaseModel):
    """`url` is what the flow shows after "HTTP POST URL"; it holds its key."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    url: Annotated[SecretStr, AfterValidator(_https_url)]


class Notifier:
    """Posts one alert as one card."""

    def __init__(self, options: Options, *, http: Fetcher, now: Callable[[], datetime]) -> None:
        del now
        self._url = options.url
        self._place = f"teams {urlsplit(options.url.get_secret_value()).hostname}"
        self._http = http

    async def send(self, message: Message) -> Receipt:
        """Post it.

        Raises:
            DeliveryFailed: permanent where the flow refuses it or is gone (4xx but 429); ambiguous after a 5xx or a connection that broke.
        """
        answer = await post(self._http, self._url.get_secret_value(), place=self._place, payload=_payload(message))
        if not is_fine(answer):
            raise refused(self._place, answer.status, wait_s=answer.retry_after_s)
        return Receipt(detail=f"{self._place}: the flow began (status {answer.status})")


def _payload(message: Message) -> dict[str, Any]:
    return {"type": "message", "attachments": [{"contentType": _CARD, "contentUrl": None, "content": _card(message)}]}


def _bytes(text: str) -> int:
    """What the lines of a text take in a card."""
    return len(msgspec.json.encode(text)) + _LINE * text.count("\n")


def _card(message: Message) -> dict[str, Any]:
    title = _run(message.subject, weight="Bolder", size="Medium", color=COLOURS.get(message.severity, "Default"))
    lines = fitted(message, ROOM, _bytes).split("\n")
    # A text run knows no paragraphs: each line is a block, an empty one the room above the next.
    gaps = [False, *(not line for line in lines[:-1])]
    body = [_block(_run(line), "Medium" if gap else "None") for line, gap in zip(lines, gaps, strict=True) if line]
    card = {
        "$schema": _SCHEMA,
        "type": "AdaptiveCard",
        "version": "1.4",
        "msteams": {"width": "Full"},
        "body": [_block(title, "None"), *body],
    }
    if message.link is not None:
        card["actions"] = [{"type": "Action.OpenUrl", "title": link_label(message), "url": message.link}]
    return card | {"fallbackText": message.short, "lang": message.language}


def _block(run: dict[str, Any], spacing: str) -> dict[str, Any]:
    return {"type": "RichTextBlock", "spacing": spacing, "inlines": [run]}


def _run(text: str, **style: str) -> dict[str, Any]:
    """A run of text; the braces by which a card would write a date of its own are parted."""
    return {"type": "TextRun", "text": text.replace("{{", "{ {"), **style}
